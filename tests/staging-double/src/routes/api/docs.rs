//! What the backend tells of its own API: an OpenAPI document for programs, and a page for people. Both for anybody.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use axum::response::{Html, IntoResponse};
use serde_json::{Map, Value, json};

use super::{Shared, not_found};
use crate::change::{Change, DocsFault, Unsound};
use crate::routes::answering::success;
use crate::service::Service;

const PAGE: &str = "<!doctype html>
<html lang=\"en\">
<head><meta charset=\"utf-8\"><title>Netra API</title></head>
<body><h1>Netra API</h1><p><a href=\"/openapi.json\">openapi.json</a></p></body>
</html>
";

/// A method and the status of its good answer.
type Operations = &'static [(&'static str, u16)];

/// Those that need a user.
const OF_USERS: &[(&str, Operations)] = &[
    ("/api/me", &[("get", 200)]),
    ("/api/agents", &[("get", 200), ("post", 201)]),
    ("/api/agents/{id}", &[("get", 200), ("delete", 200)]),
    ("/api/agents/{id}/run", &[("post", 200)]),
    ("/api/state/{key}", &[("get", 200), ("put", 200)]),
    ("/api/counter", &[("get", 200), ("post", 200)]),
    ("/api/pots", &[("get", 200)]),
    ("/api/pots/transfers", &[("post", 201)]),
    ("/api/files", &[("post", 201)]),
    ("/api/files/{id}", &[("get", 200), ("delete", 200)]),
];
const OF_ANYBODY: &[(&str, Operations)] =
    &[("/health", &[("get", 200)]), ("/health/ready", &[("get", 200)]), ("/metrics", &[("get", 200)])];

/// What some of them want as their body: method, path, and the texts that its object has.
const BODIES: &[(&str, &str, &[&str])] =
    &[("post", "/api/agents", &["name", "prompt"]), ("put", "/api/state/{key}", &["value"])];

/// What is described though nothing answers there.
const STALE: (&str, Operations) = ("/api/agents/archive/{year}", &[("post", 200)]);
/// What a fault leaves out.
const LEFT_OUT: &str = "/api/files";

pub(super) async fn description(State(shared): State<Arc<Shared>>) -> Response<Body> {
    match fault(&shared) {
        Some(DocsFault::Gone) => not_found(),
        Some(DocsFault::Invalid(Unsound::Page)) => Html(PAGE).into_response(),
        fault => success(document(fault)),
    }
}

pub(super) async fn page(State(shared): State<Arc<Shared>>) -> Response<Body> {
    if fault(&shared) == Some(DocsFault::Gone) { not_found() } else { Html(PAGE).into_response() }
}

fn fault(shared: &Shared) -> Option<DocsFault> {
    shared.switchboard.changes(Service::Backend).iter().find_map(|change| match change {
        Change::Docs(fault) => Some(*fault),
        _ => None,
    })
}

fn document(fault: Option<DocsFault>) -> Value {
    let mut paths = Map::new();
    for (path, operations) in OF_USERS {
        paths.insert((*path).to_owned(), described(path, operations, true));
    }
    for (path, operations) in OF_ANYBODY {
        paths.insert((*path).to_owned(), described(path, operations, false));
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": "Netra", "version": "1.0.0" },
        "components": {
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer" } },
            "responses": { "Refused": { "description": "a bearer token is needed" } },
        },
    });
    match fault {
        Some(DocsFault::Invalid(Unsound::NoVersion)) => document["openapi"] = Value::Null,
        Some(DocsFault::Invalid(Unsound::NoPaths)) => paths.clear(),
        Some(DocsFault::Invalid(Unsound::Reference)) => document["components"]["responses"] = json!({}),
        Some(DocsFault::Stale) => {
            let (path, operations) = STALE;
            paths.insert(path.to_owned(), described(path, operations, true));
        }
        Some(DocsFault::Incomplete) => {
            paths.remove(LEFT_OUT);
        }
        Some(DocsFault::Gone | DocsFault::Invalid(Unsound::Page)) | None => {}
    }
    document["paths"] = paths.into();
    document
}

/// A path with its parameters and operations.
fn described(path: &str, operations: Operations, of_users: bool) -> Value {
    let mut item = Map::new();
    let parameters: Vec<Value> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "example": "note" } }))
        .collect();
    if !parameters.is_empty() {
        item.insert("parameters".to_owned(), parameters.into());
    }
    for (method, status) in operations {
        let mut responses = Map::new();
        responses.insert(status.to_string(), json!({ "description": "as asked" }));
        let mut operation = json!({ "operationId": format!("{method} {path}") });
        if let Some((.., texts)) = BODIES.iter().find(|(known, at, _)| known == method && *at == path) {
            operation["requestBody"] = body(texts);
        }
        if of_users {
            responses.insert("401".to_owned(), json!({ "$ref": "#/components/responses/Refused" }));
            operation["security"] = json!([{ "bearer": [] }]);
        }
        operation["responses"] = responses.into();
        item.insert((*method).to_owned(), operation);
    }
    item.into()
}

/// An object that has these texts and nothing else.
fn body(texts: &[&str]) -> Value {
    let properties: Map<String, Value> =
        texts.iter().map(|text| ((*text).to_owned(), json!({ "type": "string" }))).collect();
    let schema =
        json!({ "type": "object", "required": texts, "additionalProperties": false, "properties": properties });
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

#[cfg(test)]
mod tests {
    use super::{DocsFault, OF_ANYBODY, OF_USERS, STALE, Unsound, document};

    #[test]
    fn each_fault_changes_what_it_says() {
        let well = document(None);
        let paths = |document: &serde_json::Value| document["paths"].as_object().map_or(0, serde_json::Map::len);
        assert_eq!(paths(&well), OF_USERS.len() + OF_ANYBODY.len());
        assert_eq!(well["paths"]["/api/files/{id}"]["parameters"][0]["name"], "id");
        assert_eq!(paths(&document(Some(DocsFault::Incomplete))), paths(&well) - 1);
        assert!(document(Some(DocsFault::Stale))["paths"][STALE.0].is_object());
        for unsound in [Unsound::NoVersion, Unsound::NoPaths, Unsound::Reference] {
            assert_ne!(document(Some(DocsFault::Invalid(unsound))), well, "{unsound:?}");
        }
    }
}

//! A description of an API, as far as it says which paths are served and how they answer. Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::operation::Operation;
use crate::reference::broken;

/// The most paths of a document.
const MOST_PATHS: usize = 2_000;

/// What stands in the item of a path beside its operations.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// A document that is sound.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) version: String,
    /// What stands before every path.
    pub(crate) base: String,
    pub(crate) paths: Vec<Path>,
}

/// A described path.
#[derive(Debug)]
pub(crate) struct Path {
    /// With its parameters in braces, without the base.
    pub(crate) template: String,
    pub(crate) operations: Vec<Operation>,
}

impl Document {
    /// Reads a document, or says all that is wrong with it.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Vec<String>> {
        let document: Value = serde_json::from_slice(text).map_err(|error| vec![format!("no JSON: {error}")])?;
        let mut wrong = Vec::new();
        let version = version(&document, &mut wrong);
        for field in ["title", "version"] {
            if document["info"][field].as_str().is_none_or(|text| text.trim().is_empty()) {
                wrong.push(format!("no info.{field}"));
            }
        }
        let paths = paths(&document, &mut wrong);
        wrong.extend(broken(&document));
        wrong.extend(repeated(&paths));
        if wrong.is_empty() { Ok(Self { version, base: base(&document), paths }) } else { Err(wrong) }
    }
}

/// Ids of more than one operation.
fn repeated(paths: &[Path]) -> Vec<String> {
    let mut known = BTreeSet::new();
    let ids = paths.iter().flat_map(|path| &path.operations).filter_map(|operation| operation.id.as_deref());
    ids.filter(|id| !known.insert(*id)).map(|id| format!("two operations have the id {id}")).collect()
}

fn version(document: &Value, wrong: &mut Vec<String>) -> String {
    let (new, old) = (document["openapi"].as_str(), document["swagger"].as_str());
    let version = new.filter(|new| new.starts_with("3.")).or(old.filter(|old| *old == "2.0"));
    match version {
        Some(version) => version.to_owned(),
        None => {
            wrong.push("neither openapi of version 3 nor swagger of version 2.0 is said".to_owned());
            String::new()
        }
    }
}

/// The path of the first server, which is where paths begin.
fn base(document: &Value) -> String {
    let url = document["servers"][0]["url"].as_str().or(document["basePath"].as_str()).unwrap_or_default();
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("", |at| &rest[at..]),
        None => url,
    };
    // What is a variable of the server is not guessed.
    let path = if path.contains('{') { "" } else { path.trim_end_matches('/') };
    if path.is_empty() || path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

fn paths(document: &Value, wrong: &mut Vec<String>) -> Vec<Path> {
    let Some(described) = document["paths"].as_object().filter(|paths| !paths.is_empty()) else {
        wrong.push("no paths".to_owned());
        return Vec::new();
    };
    if described.len() > MOST_PATHS {
        wrong.push(format!("{} paths, of at most {MOST_PATHS}", described.len()));
        return Vec::new();
    }
    let mut paths = Vec::with_capacity(described.len());
    for (template, item) in described.iter().filter(|(name, _)| !name.starts_with("x-")) {
        if !template.starts_with('/') {
            wrong.push(format!("the path {template} does not begin with /"));
        }
        match item.as_object() {
            Some(item) => {
                let operations = operations(document, template, item, wrong);
                paths.push(Path { template: template.clone(), operations });
            }
            None => wrong.push(format!("{template} is no object")),
        }
    }
    paths
}

fn operations(document: &Value, template: &str, item: &Map<String, Value>, wrong: &mut Vec<String>) -> Vec<Operation> {
    let shared = item.get("parameters");
    let described = METHODS.iter().filter_map(|method| Some((*method, item.get(*method)?)));
    described
        .filter_map(|(method, operation)| match Operation::read(document, (template, method), shared, operation) {
            Ok(operation) => Some(operation),
            Err(why) => {
                wrong.push(format!("{method} {template}: {why}"));
                None
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sound() -> Value {
        json!({
            "openapi": "3.1.0", "info": { "title": "t", "version": "1" },
            "paths": { "/a/{id}": {
                "parameters": [{ "name": "id", "in": "path" }],
                "get": { "operationId": "a", "responses": { "200": {} } },
            } },
        })
    }

    fn parse(document: &Value) -> Result<Document, Vec<String>> {
        Document::parse(document.to_string().as_bytes())
    }

    #[test]
    fn a_sound_document_is_read() {
        let document = parse(&sound()).unwrap();
        assert_eq!((document.version.as_str(), document.base.as_str(), document.paths.len()), ("3.1.0", "", 1));
        let mut old = sound();
        old.as_object_mut().unwrap().remove("openapi");
        old["swagger"] = json!("2.0");
        old["basePath"] = json!("/v1/");
        assert_eq!(parse(&old).unwrap().base, "/v1");
    }

    #[test]
    fn a_base_is_that_of_the_first_server() {
        for (url, base) in [
            ("https://api.example.com/v2/", "/v2"),
            ("https://api.example.com", ""),
            ("/v3", "/v3"),
            ("v4", "/v4"),
            ("https://{host}/{version}", ""),
        ] {
            let mut document = sound();
            document["servers"] = json!([{ "url": url }]);
            assert_eq!(parse(&document).unwrap().base, base, "{url}");
        }
    }

    #[test]
    fn each_mistake_is_told() {
        let cases: [(&str, Value, &str); 9] = [
            ("/openapi", Value::Null, "neither openapi of version 3 nor swagger"),
            ("/openapi", json!("4.0.0"), "neither openapi of version 3 nor swagger"),
            ("/info/title", json!(" "), "no info.title"),
            ("/paths", json!({}), "no paths"),
            ("/paths", json!({ "a": {} }), "the path a does not begin with /"),
            ("/paths/~1a~1{id}", json!([]), "/a/{id} is no object"),
            ("/paths/~1a~1{id}/get/responses", json!({}), "get /a/{id}: no responses"),
            ("/paths/~1a~1{id}/parameters", json!([]), "get /a/{id}: no parameter for {id}"),
            ("/paths/~1a~1{id}/get/responses/200", json!({ "$ref": "#/x" }), "refers to #/x"),
        ];
        for (place, value, says) in cases {
            let mut document = sound();
            *document.pointer_mut(place).unwrap() = value;
            let wrong = parse(&document).unwrap_err();
            assert!(wrong.iter().any(|wrong| wrong.contains(says)), "{says}: {wrong:?}");
        }
        assert!(Document::parse(b"<html>").unwrap_err()[0].starts_with("no JSON"));
        let mut twice = sound();
        twice["paths"]["/b"] = json!({ "get": { "operationId": "a", "responses": { "default": {} } } });
        assert_eq!(parse(&twice).unwrap_err(), ["two operations have the id a"]);
    }

    #[test]
    fn there_are_no_more_paths_than_so_many() {
        let mut many = sound();
        for number in 0..MOST_PATHS {
            many["paths"][format!("/p{number}")] = json!({});
        }
        assert!(parse(&many).unwrap_err()[0].contains("2001 paths, of at most 2000"));
    }
}

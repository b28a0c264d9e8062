//! The operations of an OpenAPI document, as far as they take something that can be malformed. Pure.

use holdpoint::prelude::*;
use url::Url;

use crate::schema::Schema;

/// Methods whose operations are tried. What takes away is not.
const METHODS: [&str; 4] = ["get", "post", "put", "patch"];
const JSON: &str = "application/json";

/// Something that a service does with what it is given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Operation {
    pub(crate) method: String,
    /// As the document names it, with its places in braces.
    pub(crate) name: String,
    /// With an example in each place.
    pub(crate) path: String,
    /// Of a body that is JSON.
    pub(crate) body: Option<Schema>,
    /// The media type that such a body is sent as.
    pub(crate) media: String,
    /// All media types of bodies, as the document has them.
    pub(crate) offered: Vec<String>,
    /// A body as it should be.
    pub(crate) example: Value,
    /// Parameters of path and query, whose place is `{name}` in the path, or the query.
    pub(crate) parameters: Vec<Parameter>,
    /// The path with its places.
    pub(crate) template: String,
}

/// What stands in a path or a query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: String,
    pub(crate) in_path: bool,
    pub(crate) schema: Schema,
    required: bool,
}

impl Operation {
    /// One whose body is known by an example alone.
    pub(crate) fn by_example(method: &str, path: &str, example: Option<&Value>) -> Self {
        Self {
            method: method.to_owned(),
            name: format!("{method} {path}"),
            path: path.to_owned(),
            body: example.map(Schema::of_example),
            media: JSON.to_owned(),
            offered: Vec::new(),
            example: example.cloned().unwrap_or_default(),
            parameters: Vec::new(),
            template: path.to_owned(),
        }
    }

    /// Whether 404 may say that nothing of this name is there. Otherwise it says that the path itself is not.
    pub(crate) fn names_something(&self) -> bool {
        self.body.is_none() && self.parameters.iter().any(|parameter| parameter.in_path)
    }

    /// The path with a value, escaped already, in the place of a parameter.
    pub(crate) fn path_with(&self, parameter: &str, value: &str) -> String {
        filled(&self.template, &self.parameters, Some((parameter, value)))
    }
}

/// The operations of a document, or why they can't be told.
pub(crate) fn operations(document: &Value) -> Result<Vec<Operation>, String> {
    let version = document["openapi"].as_str().or(document["swagger"].as_str()).unwrap_or_default();
    if !version.starts_with("3.") && !is_swagger(document) {
        return Err(format!("no OpenAPI document: its version is `{version}`, and 3 and 2 are read"));
    }
    let Some(paths) = document["paths"].as_object() else { return Err("it has no paths".to_owned()) };
    let base = base(document);
    let mut operations = Vec::new();
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with('/')) {
        for method in METHODS {
            let operation = &item[method];
            if operation.is_object() {
                operations.push(read(document, &base, path, item, method));
            }
        }
    }
    // A place that no parameter fills leads nowhere.
    operations.retain(|operation: &Operation| !operation.path.contains(['{', '}']));
    Ok(operations)
}

/// Whether it is of version 2, as Swagger wrote it.
fn is_swagger(document: &Value) -> bool {
    document["swagger"].as_str().is_some_and(|version| version.starts_with("2."))
}

/// The path of the first server, which all paths are below.
fn base(document: &Value) -> String {
    let url = if is_swagger(document) { &document["basePath"] } else { &document["servers"][0]["url"] };
    let url = url.as_str().unwrap_or_default();
    let path = match Url::parse(url) {
        Ok(url) => url.path().to_owned(),
        Err(_) => url.to_owned(),
    };
    let path = path.trim_end_matches('/');
    if path.starts_with('/') { path.to_owned() } else { String::new() }
}

fn read(document: &Value, base: &str, path: &str, item: &Value, method: &str) -> Operation {
    let operation = &item[method];
    let contents = contents(document, item, operation);
    let taken = contents.iter().filter(|(_, content)| content["schema"].is_object());
    let taken: Vec<(String, &Value)> = taken.filter_map(|(media, content)| Some((sent_as(media)?, *content))).collect();
    let chosen = taken.iter().find(|(media, _)| media == JSON).or(taken.first());
    let body = chosen.map(|(_, content)| Schema::read(document, &content["schema"]));
    let given = chosen.and_then(|(_, content)| {
        [&content["example"], &content["schema"]["example"]].into_iter().find(|given| !given.is_null())
    });
    let example = given.cloned().or_else(|| body.as_ref().map(Schema::example)).unwrap_or_default();
    let media = chosen.map_or_else(|| JSON.to_owned(), |(media, _)| media.clone());
    let offered = contents.iter().map(|(media, _)| (*media).to_owned()).collect();
    // Those of the operation go before those of the path.
    let mut parameters: Vec<Parameter> = Vec::new();
    for list in [&operation["parameters"], &item["parameters"]] {
        for parameter in list.as_array().into_iter().flatten() {
            let parameter = resolved(document, parameter);
            let (Some(name), Some(place)) = (parameter["name"].as_str(), parameter["in"].as_str()) else { continue };
            let is_known = parameters.iter().any(|known| known.name == name);
            if matches!(place, "path" | "query") && !is_known {
                parameters.push(Parameter {
                    name: name.to_owned(),
                    in_path: place == "path",
                    // In version 2 a parameter is its own schema.
                    schema: Schema::read(document, if is_swagger(document) { parameter } else { &parameter["schema"] }),
                    required: parameter["required"] == true,
                });
            }
        }
    }
    let template = format!("{base}{path}");
    let method = method.to_uppercase();
    let path_filled = filled(&template, &parameters, None);
    let name = format!("{method} {path}");
    Operation { method, name, path: path_filled, body, media, offered, example, parameters, template }
}

/// The bodies of an operation by their media types, each with a `schema`. In version 2 the body is a parameter, and the media types stand beside it.
fn contents<'a>(document: &'a Value, item: &'a Value, operation: &'a Value) -> Vec<(&'a str, &'a Value)> {
    if !is_swagger(document) {
        let contents = resolved(document, &operation["requestBody"])["content"].as_object();
        return contents.into_iter().flatten().map(|(media, content)| (media.as_str(), content)).collect();
    }
    let mut parameters = [operation, item].into_iter().flat_map(|of| of["parameters"].as_array().into_iter().flatten());
    let body = parameters.find_map(|one| Some(resolved(document, one)).filter(|one| one["in"] == "body"));
    let Some(body) = body else { return Vec::new() };
    let media = [&operation["consumes"], &document["consumes"]].into_iter().find_map(Value::as_array);
    match media {
        Some(media) => media.iter().filter_map(Value::as_str).map(|media| (media, body)).collect(),
        None => vec![(JSON, body)],
    }
}

/// The media type that JSON is sent as where this one is taken; none where JSON is not.
fn sent_as(media: &str) -> Option<String> {
    let plain = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // It stands in a header as it is.
    let is_plain = plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/+-._".contains(&byte));
    match plain.as_str() {
        "application/json" | "application/*" | "application/*+json" | "*/*" => Some(JSON.to_owned()),
        // JSON of a kind of its own, as application/merge-patch+json.
        own if is_plain && own.starts_with("application/") && own.ends_with("+json") => Some(own.to_owned()),
        _ => None,
    }
}

/// What a reference leads to, once; a value without one is itself.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let pointer = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    pointer.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// The path with examples of what has to be there, and this value in the place of one.
fn filled(template: &str, parameters: &[Parameter], instead: Option<(&str, &str)>) -> String {
    let mut path = template.to_owned();
    let mut query = Vec::new();
    for Parameter { name, in_path, schema, required } in parameters {
        let chosen = instead.filter(|(parameter, _)| parameter == name).map(|(_, value)| value.to_owned());
        let value = match chosen {
            Some(value) => value,
            None if *required || *in_path => escaped(&plain(&schema.example())),
            None => continue,
        };
        if *in_path {
            path = path.replace(&format!("{{{name}}}"), &value);
        } else {
            query.push(format!("{}={value}", escaped(name)));
        }
    }
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

/// A value as it stands in a path: a text without its quotation marks.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whatever could have a meaning in a URL is written with `%`.
pub(crate) fn escaped(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_read_with_their_parameters_and_bodies() {
        let document = json!({
            "openapi": "3.1.0",
            "servers": [{ "url": "https://example.com/v1/" }],
            "paths": {
                "/items/{id}": {
                    "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } }],
                    "get": { "parameters": [{ "name": "q", "in": "query", "schema": { "type": "string" } }] },
                    "put": { "requestBody": { "$ref": "#/components/requestBodies/Item" } },
                    "delete": {},
                },
                "x-not-a-path": { "get": {} },
            },
            "components": { "requestBodies": { "Item": { "content": { "application/json": {
                "schema": { "type": "object", "required": ["a"], "properties": { "a": { "type": "boolean" } } },
            } } } } },
        });
        let operations = operations(&document).unwrap();
        let shown: Vec<&str> = operations.iter().map(|operation| operation.name.as_str()).collect();
        assert_eq!(shown, ["GET /items/{id}", "PUT /items/{id}"]);
        assert_eq!(operations[0].path, "/v1/items/1");
        assert_eq!(operations[0].path_with("q", "%00"), "/v1/items/1?q=%00");
        assert_eq!(operations[1].path_with("id", "word"), "/v1/items/word");
        assert_eq!(operations[1].example, json!({ "a": false }));
        assert_eq!(operations[0].body, None);
    }

    #[test]
    fn json_is_known_by_every_name_that_documents_give_it() {
        for (media, sent) in [
            ("application/json", Some(JSON)),
            ("Application/JSON; charset=utf-8", Some(JSON)),
            ("*/*", Some(JSON)),
            ("application/*", Some(JSON)),
            ("application/*+json", Some(JSON)),
            ("application/merge-patch+json", Some("application/merge-patch+json")),
            ("application/x y+json", None),
            ("application/xml", None),
            ("text/plain", None),
            ("multipart/form-data", None),
            ("json", None),
            ("*", None),
        ] {
            assert_eq!(sent_as(media).as_deref(), sent, "{media}");
        }
    }

    #[test]
    fn version_2_is_read_as_swagger_wrote_it() {
        let document = json!({
            "swagger": "2.0",
            "basePath": "/v1",
            "paths": { "/items/{id}": {
                "parameters": [{ "name": "id", "in": "path", "required": true, "type": "integer" }],
                "get": {},
                "put": { "parameters": [{ "name": "body", "in": "body", "schema": { "$ref": "#/definitions/Item" } }] },
                "patch": {
                    "consumes": ["application/json-patch+json", "text/plain"],
                    "parameters": [{ "name": "body", "in": "body", "schema": { "type": "array" } }],
                },
            } },
            "definitions": { "Item": { "required": ["a"], "properties": { "a": { "type": "boolean" } } } },
        });
        let operations = operations(&document).unwrap();
        let shown: Vec<&str> = operations.iter().map(|operation| operation.name.as_str()).collect();
        assert_eq!(shown, ["GET /items/{id}", "PUT /items/{id}", "PATCH /items/{id}"]);
        assert_eq!(operations[0].path, "/v1/items/1");
        assert_eq!(operations[0].body, None);
        assert_eq!((&operations[1].example, operations[1].media.as_str()), (&json!({ "a": false }), JSON));
        assert_eq!(operations[2].media, "application/json-patch+json");
        assert_eq!(operations[2].offered, ["application/json-patch+json", "text/plain"]);
    }

    #[test]
    fn what_an_operation_takes_is_told_and_json_goes_first() {
        let schema = json!({ "type": "object" });
        let document = json!({ "openapi": "3.0.0", "paths": { "/a": {
            "post": { "requestBody": { "content": {
                "application/hal+json": { "schema": schema }, "application/json; charset=utf-8": { "schema": schema },
            } } },
            "put": { "requestBody": { "content": { "multipart/form-data": { "schema": schema } } } },
        } } });
        let operations = operations(&document).unwrap();
        assert!(operations[0].body.is_some());
        assert_eq!(operations[0].media, "application/json");
        assert_eq!((&operations[1].body, &operations[1].offered), (&None, &vec!["multipart/form-data".to_owned()]));
    }

    #[test]
    fn what_is_no_document_says_why() {
        for (document, why) in [
            (json!({ "swagger": "1.2" }), "no OpenAPI document: its version is `1.2`"),
            (json!({ "openapi": "3.0.3" }), "it has no paths"),
            (json!({ "swagger": "2.0" }), "it has no paths"),
            (json!("<html>"), "no OpenAPI document"),
        ] {
            assert!(operations(&document).unwrap_err().contains(why), "{document}");
        }
    }
}

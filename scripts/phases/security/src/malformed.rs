//! What is sent to an operation that it must refuse, and what it must only survive. Pure.

use holdpoint::prelude::*;

use crate::document::{Operation, Parameter, escaped};
use crate::schema::Schema;

/// The most fields of one body that are tried.
const MOST_FIELDS: usize = 10;

/// What an operation must make of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Must {
    /// 400 to 499.
    Reject,
    /// Anything but 500 or no answer.
    Survive,
}

/// One request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Case {
    pub(crate) must: Must,
    /// What is wrong or odd about it.
    pub(crate) what: String,
    pub(crate) path: String,
    /// A media type and bytes.
    pub(crate) body: Option<(String, Vec<u8>)>,
}

/// The cases of an operation. `too_large` is a size in bytes that it must not take, `nested` how deep a body is that it must survive.
pub(crate) fn cases(operation: &Operation, too_large: Option<usize>, nested: usize) -> Vec<Case> {
    let mut cases = Vec::new();
    let json = operation.media.as_str();
    if let Some(schema) = &operation.body {
        let mut add = |must, what: String, media: &str, bytes: Vec<u8>| {
            cases.push(Case { must, what, path: operation.path.clone(), body: Some((media.to_owned(), bytes)) });
        };
        for (what, bytes) in broken(&operation.example) {
            add(Must::Reject, what.to_owned(), json, bytes);
        }
        for (what, value) in schema.wrong() {
            add(Must::Reject, what, json, value.to_string().into_bytes());
        }
        for (what, value) in wrong_fields(schema, &operation.example) {
            add(Must::Reject, what, json, value.to_string().into_bytes());
        }
        if let Some(size) = too_large {
            add(Must::Reject, format!("a body of {size} bytes"), json, large(size));
        }
        for (what, bytes) in odd(schema, &operation.example) {
            add(Must::Survive, what.to_owned(), json, bytes);
        }
        let lists = [vec![b'['; nested], vec![b']'; nested]].concat();
        add(Must::Survive, format!("{nested} lists in each other"), json, lists);
        add(Must::Survive, "another media type".to_owned(), "text/plain", operation.example.to_string().into_bytes());
    }
    for parameter in &operation.parameters {
        cases.extend(of_parameter(operation, parameter));
    }
    cases
}

/// Texts that are no JSON.
fn broken(example: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let whole = match example {
        Value::Object(_) | Value::Array(_) => example.to_string(),
        _ => "{\"holdpoint\":1}".to_owned(),
    };
    vec![
        ("JSON that ends too early", whole.as_bytes()[..whole.len() - 1].to_vec()),
        ("JSON with a comma too many", format!("{},}}", &whole[..whole.len() - 1]).into_bytes()),
        ("no JSON at all", b"holdpoint=1&not=json".to_vec()),
    ]
}

/// The example with one field that is missing, is what it must not be, or is nobody's.
fn wrong_fields(schema: &Schema, example: &Value) -> Vec<(String, Value)> {
    let (Schema::Object { fields, closed }, Value::Object(whole)) = (schema, example) else { return Vec::new() };
    let mut wrong = Vec::new();
    for (name, field) in fields.iter().take(MOST_FIELDS) {
        if field.required {
            let mut without = whole.clone();
            without.remove(name);
            wrong.push((format!("no {name}"), Value::Object(without)));
        }
        for (what, value) in field.schema.wrong() {
            let mut with = whole.clone();
            with.insert(name.clone(), value);
            wrong.push((format!("{name}: {what}"), Value::Object(with)));
        }
    }
    if *closed {
        let mut with = whole.clone();
        with.insert("holdpoint_unknown_field".to_owned(), json!(1));
        wrong.push(("a field that is not named".to_owned(), Value::Object(with)));
    }
    wrong
}

fn large(size: usize) -> Vec<u8> {
    let (start, end) = ("{\"holdpoint\":\"", "\"}");
    let padding = "a".repeat(size.saturating_sub(start.len() + end.len()));
    format!("{start}{padding}{end}").into_bytes()
}

/// Bodies that are valid, or nearly, and that careless code falls over.
fn odd(schema: &Schema, example: &Value) -> Vec<(&'static str, Vec<u8>)> {
    let name = text_field(schema).unwrap_or("holdpoint");
    let key = json!(name);
    let with = |value: &str| {
        // By hand, because some of it is what no serializer writes.
        let others = example.as_object().into_iter().flatten().filter(|(known, _)| known.as_str() != name);
        let others: String = others.map(|(known, value)| format!(",{}:{value}", json!(known))).collect();
        format!("{{{key}:{value}{others}}}").into_bytes()
    };
    let mut bytes_outside = format!("{{{key}:\"").into_bytes();
    bytes_outside.extend([0xff, 0xfe, 0xc3, b'"', b'}']);
    vec![
        ("no body", Vec::new()),
        ("letters of many scripts", with("\"Ω≈ç√ 漢字 \u{202e}עברית 😀\"")),
        ("a zero character", with("\"a\\u0000b\"")),
        ("half of a surrogate pair", with("\"\\ud800\"")),
        ("bytes outside of UTF-8", bytes_outside),
        ("a key that stands there twice", with(&format!("\"first\",{key}:\"second\""))),
        ("the key __proto__", with("\"a\",\"__proto__\":{\"admin\":true}")),
        ("a number beyond all bounds", with("1e999")),
    ]
}

fn text_field(schema: &Schema) -> Option<&str> {
    let Schema::Object { fields, .. } = schema else { return None };
    let text = fields.iter().find(|(_, field)| matches!(field.schema, Schema::Text { .. }));
    text.map(|(name, _)| name.as_str())
}

fn of_parameter(operation: &Operation, parameter: &Parameter) -> Vec<Case> {
    let place = if parameter.in_path { "path" } else { "query" };
    let case = |must, what: &str, value: &str| Case {
        must,
        what: format!("{} in the {place}: {what}", parameter.name),
        path: operation.path_with(&parameter.name, value),
        // As it should be, so that only the parameter is odd.
        body: operation.body.is_some().then(|| (operation.media.clone(), operation.example.to_string().into_bytes())),
    };
    let mut cases = vec![
        case(Must::Survive, "an emoji", &escaped("😀")),
        case(Must::Survive, "quotation marks and brackets", &escaped("'\"<>{}();--")),
        case(Must::Survive, "3,000 characters", &"a".repeat(3_000)),
        case(Must::Survive, "bytes outside of UTF-8", "%ff%fe"),
    ];
    // In a path the host sends no control character.
    if !parameter.in_path {
        cases.push(case(Must::Survive, "a zero byte", "%00"));
    }
    if matches!(parameter.schema, Schema::Number { .. } | Schema::Bool) {
        cases.push(case(Must::Reject, "a word", "holdpoint"));
    }
    cases
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(example: &Value) -> Vec<Case> {
        cases(&Operation::by_example("POST", "/api/agents", Some(example)), Some(100), 7)
    }

    fn bodies(cases: &[Case], must: Must) -> Vec<&[u8]> {
        let such = cases.iter().filter(|case| case.must == must);
        such.map(|case| case.body.as_ref().unwrap().1.as_slice()).collect()
    }

    #[test]
    fn what_must_be_rejected_is_no_json_or_has_another_type_or_is_too_large() {
        let example = json!({ "name": "n", "count": 1 });
        let cases = of(&example);
        let rejected = bodies(&cases, Must::Reject);
        assert_eq!(rejected.len(), 3 + 2 + 2 + 1);
        for body in &rejected {
            match serde_json::from_slice::<Value>(body) {
                Ok(value) => assert!(value != example && !(value["name"].is_string() && value["count"].is_number())),
                Err(_) => assert!(!body.is_empty()),
            }
        }
        assert_eq!(rejected.last().unwrap().len(), 100);
    }

    #[test]
    fn what_must_be_survived_is_told_apart_and_keeps_the_other_fields() {
        let cases = of(&json!({ "name": "n", "count": 1 }));
        let survived = bodies(&cases, Must::Survive);
        assert_eq!(survived.len(), 10);
        let twice = cases.iter().find(|case| case.what.contains("twice")).unwrap();
        let (_, body) = twice.body.as_ref().unwrap();
        assert_eq!(String::from_utf8_lossy(body), "{\"name\":\"first\",\"name\":\"second\",\"count\":1}");
        assert!(survived.iter().any(|body| *body == b"[[[[[[[]]]]]]]"));
    }

    #[test]
    fn an_operation_without_a_body_and_parameters_has_no_case() {
        assert_eq!(cases(&Operation::by_example("GET", "/api/me", None), Some(100), 7), []);
    }
}

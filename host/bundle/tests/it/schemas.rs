//! The schemas and the readers say the same of every file, every case, and every small change of a whole example.

use std::path::{Path, PathBuf};

use crate::support::{component, operator, sources};
use holdpoint_bundle::{ModuleError, Operator, Resolved, Text, parse_checklist, schema};
use jsonschema::Validator;
use serde_json::{Value, json};
use toml_span::value::ValueInner;

fn validator(schema: &str) -> Validator {
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
}

/// TOML as the schemas see it. None if it has no syntax.
fn parsed(text: &str) -> Option<Value> {
    toml_span::parse(text).ok().map(|mut value| json_of(value.take()))
}

fn json_of(value: ValueInner<'_>) -> Value {
    match value {
        ValueInner::String(text) => text.into(),
        ValueInner::Integer(number) => number.into(),
        ValueInner::Float(number) => number.into(),
        ValueInner::Boolean(truth) => truth.into(),
        ValueInner::Array(items) => items.into_iter().map(|mut item| json_of(item.take())).collect(),
        ValueInner::Table(table) => Value::Object(
            table.into_iter().map(|(key, mut value)| (key.name.into_owned(), json_of(value.take()))).collect(),
        ),
    }
}

fn toml_of(value: &Value) -> String {
    match value {
        Value::Object(object) => {
            let fields =
                object.iter().map(|(key, value)| format!("{} = {}", Value::from(key.as_str()), toml_of(value)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(toml_of).collect::<Vec<_>>().join(", ")),
        plain => plain.to_string(),
    }
}

/// A whole file: the entries of the topmost table, one a line.
fn file_of(value: &Value) -> String {
    value.as_object().unwrap().iter().map(|(key, value)| format!("{key} = {}\n", toml_of(value))).collect()
}

fn complaints_of_bundle(text: &str) -> Vec<String> {
    let any = |_: &str| Ok::<_, ModuleError>(component(&["holdpoint:report/report@0.1.0"]));
    let mut sources = sources(text);
    sources.inputs.insert("config".to_owned(), "/srv/config".to_owned());
    complaints(Resolved::from_sources(&sources, &any))
}

fn complaints_of_operator(text: &str) -> Vec<String> {
    complaints(Operator::parse(&operator(text)))
}

fn complaints_of_checklist(text: &str) -> Vec<String> {
    complaints(parse_checklist(&Text { label: "checklist.toml".to_owned(), text: text.to_owned() }))
}

fn complaints<T>(result: Result<T, holdpoint_bundle::Diagnostics>) -> Vec<String> {
    result.err().iter().flat_map(|e| e.iter()).map(|d| d.message.clone()).collect()
}

/// Whether a complaint is about the shape of a file, which a schema can see too: names of fields, kinds of values, what is missing.
fn is_of_shape(complaint: &str) -> bool {
    let says = |words: &[&str]| words.iter().any(|word| complaint.contains(word));
    let kind = [" is a string, not", " is a list, not", " is a table, not", " is true or false, not"];
    complaint.starts_with("unknown field")
        || says(&kind)
        || says(&["is not supported by this version", " lacks `", " holds strings, not", " is a whole number from"])
}

/// The texts of the project with one of some names. Templates are not among them: they are filled before they are whole.
fn files(names: &[&str]) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut folders: Vec<PathBuf> =
        ["host", "scripts", "tests", "xtask"].iter().map(|folder| root.join(folder)).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && name != "target" && name != "node_modules" {
                folders.push(path);
            } else if names.contains(&name.as_str()) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_file_of_the_project_is_valid() {
    let kinds = [
        (schema::BUNDLE, &["bundle.toml"][..], 2),
        (schema::CHECKLIST, &["checklist.toml"], 2),
        (schema::OPERATOR, &["holdpoint.toml", "operator.toml"], 2),
    ];
    for (schema, names, least) in kinds {
        let validator = validator(schema);
        let files = files(names);
        assert!(files.len() >= least, "{names:?} are gone: {files:?}");
        for path in files {
            let value = parsed(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", path.display());
        }
    }
}

#[test]
fn what_is_refused_for_its_shape_is_refused_by_the_schema() {
    let validator = validator(schema::BUNDLE);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut refused = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let Some(value) = parsed(&std::fs::read_to_string(&path).unwrap()) else { continue };
        let expected = std::fs::read_to_string(path.with_extension("expected")).unwrap_or_default();
        let messages = expected.lines().filter_map(|line| line.split_once("  ")).map(|(_, message)| message);
        if messages.into_iter().any(is_of_shape) {
            assert!(!validator.is_valid(&value), "{}: the schema takes it", path.display());
            refused += 1;
        }
    }
    assert!(refused >= 6, "only {refused} cases are about shapes");
}

#[test]
fn schemas_are_schemas_and_their_examples_valid() {
    for text in [schema::BUNDLE, schema::CHECKLIST, schema::OPERATOR] {
        let whole: Value = serde_json::from_str(text).unwrap();
        assert!(jsonschema::meta::is_valid(&whole), "{}", whole["title"]);
        let examples = whole["examples"].as_array().unwrap();
        let validator = validator(text);
        for example in examples {
            let errors: Vec<String> = validator.iter_errors(example).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
        each_field(&whole, &whole, &mut |name, field| {
            assert!(field["description"].is_string(), "`{name}` has no description");
            let of_field = json!({ "$defs": whole["$defs"], "allOf": [field] });
            let validator = jsonschema::validator_for(&of_field).unwrap();
            let examples = field["examples"].as_array().into_iter().flatten().chain(field.get("default"));
            for example in examples {
                assert!(validator.is_valid(example), "`{name}` does not take {example}");
            }
        });
    }
}

/// Every field of every table; one that only refers is followed.
fn each_field(schema: &Value, whole: &Value, visit: &mut impl FnMut(&str, &Value)) {
    match schema {
        Value::Object(object) => {
            for (name, field) in object.get("properties").and_then(Value::as_object).into_iter().flatten() {
                let target = match field["$ref"].as_str() {
                    Some(reference) if field.get("description").is_none() => {
                        whole.pointer(reference.trim_start_matches('#')).unwrap()
                    }
                    _ => field,
                };
                visit(name, target);
            }
            object.iter().filter(|(key, _)| *key != "examples").for_each(|(_, value)| each_field(value, whole, visit));
        }
        Value::Array(items) => items.iter().for_each(|item| each_field(item, whole, visit)),
        _ => {}
    }
}

/// Every place of a value, as pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(object) => object.iter().for_each(|(key, value)| {
            places(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), found)
        }),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, item)| places(item, &format!("{at}/{place}"), found));
        }
        _ => {}
    }
}

/// The example with one thing changed: another value at a place, a field that nobody knows, a field less.
fn changes(example: &Value) -> Vec<(String, Value)> {
    let others =
        [json!(5), json!(-1), json!(true), json!(""), json!("Ä b"), json!([]), json!([5]), json!({}), json!("x")];
    let mut all = Vec::new();
    let mut found = Vec::new();
    places(example, "", &mut found);
    for place in found.iter().filter(|place| !place.is_empty()) {
        for other in &others {
            let mut changed = example.clone();
            *changed.pointer_mut(place).unwrap() = other.clone();
            all.push((format!("{place} is {other}"), changed));
        }
        let (above, key) = place.rsplit_once('/').unwrap();
        let mut changed = example.clone();
        if let Some(Value::Object(object)) = changed.pointer_mut(above) {
            object.remove(&key.replace("~1", "/").replace("~0", "~"));
            all.push((format!("{place} is gone"), changed));
        }
    }
    for place in found {
        let mut changed = example.clone();
        if let Some(Value::Object(object)) = changed.pointer_mut(&place) {
            object.insert("zz".to_owned(), json!(1));
            all.push((format!("{place} has zz"), changed));
        }
    }
    all
}

/// A schema never refuses what the reader takes, and sees every mistake of shape that the reader sees.
fn agree(schema: &str, complaints: impl Fn(&str) -> Vec<String>) {
    let whole: Value = serde_json::from_str(schema).unwrap();
    let validator = validator(schema);
    let mut wrong = Vec::new();
    let mut seen = (0, 0);
    for (what, changed) in changes(&whole["examples"][0]) {
        let complaints = complaints(&file_of(&changed));
        match validator.iter_errors(&changed).next() {
            Some(error) if complaints.is_empty() => wrong.push(format!("{what}: only the schema refuses it: {error}")),
            Some(_) => seen.0 += 1,
            None => {
                seen.1 += 1;
                let shape = complaints.iter().filter(|complaint| is_of_shape(complaint));
                wrong.extend(shape.map(|complaint| format!("{what}: the schema does not see: {complaint}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.0 > 10 && seen.1 > 3, "{seen:?}");
}

#[test]
fn schema_and_reader_agree_on_every_change_of_a_bundle() {
    agree(schema::BUNDLE, complaints_of_bundle);
}

#[test]
fn schema_and_reader_agree_on_every_change_of_an_operators_file() {
    agree(schema::OPERATOR, complaints_of_operator);
}

#[test]
fn schema_and_reader_agree_on_every_change_of_a_checklist() {
    agree(schema::CHECKLIST, complaints_of_checklist);
}

//! References within a document: `{ "$ref": "#/components/…" }`. Those to other documents are not followed. Pure.

use serde_json::Value;

/// The deepest place of a document that is looked at, and the most references in a row.
const DEEPEST: usize = 64;

/// What a value stands for: itself, or what it refers to.
pub(crate) fn resolved<'d>(document: &'d Value, mut value: &'d Value) -> Option<&'d Value> {
    for _ in 0..DEEPEST {
        match value.get("$ref").and_then(Value::as_str) {
            None => return Some(value),
            Some(reference) => value = target(document, reference)?,
        }
    }
    None
}

/// References of a document that lead nowhere, by where they stand.
pub(crate) fn broken(document: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    search(document, document, "", 0, &mut broken);
    broken
}

fn target<'d>(document: &'d Value, reference: &str) -> Option<&'d Value> {
    document.pointer(reference.strip_prefix('#')?)
}

fn search(document: &Value, value: &Value, place: &str, depth: usize, broken: &mut Vec<String>) {
    if depth > DEEPEST {
        return;
    }
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                // What these hold is somebody's data, which may say anything.
                if matches!(name.as_str(), "example" | "examples" | "default" | "enum" | "const") {
                    continue;
                }
                match field.as_str().filter(|text| name == "$ref" && text.starts_with('#')) {
                    Some(reference) if target(document, reference).is_none() => {
                        broken.push(format!("{place} refers to {reference}, which is not there"));
                    }
                    Some(_) => {}
                    None => search(document, field, &format!("{place}/{name}"), depth + 1, broken),
                }
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                search(document, item, &format!("{place}/{at}"), depth + 1, broken);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_leads_nowhere_is_told_with_its_place() {
        let document = json!({
            "components": { "a": { "$ref": "#/components/b" }, "b": { "type": "string", "example": { "$ref": "#/x" } } },
            "paths": { "/x": [{ "$ref": "#/components/c" }, { "$ref": "other.json#/y" }] },
        });
        assert_eq!(broken(&document), ["/paths//x/0 refers to #/components/c, which is not there"]);
        let one = resolved(&document, &document["components"]["a"]);
        assert_eq!(one.map(|one| &one["type"]), Some(&json!("string")));
    }

    #[test]
    fn a_circle_and_a_well_have_an_end() {
        let circle = json!({ "a": { "$ref": "#/b" }, "b": { "$ref": "#/a" } });
        assert_eq!(resolved(&circle, &circle["a"]), None);
        let mut deep = json!({ "$ref": "#/nowhere" });
        for _ in 0..100 {
            deep = json!({ "d": deep });
        }
        assert!(broken(&deep).is_empty(), "so deep nobody looks");
    }
}

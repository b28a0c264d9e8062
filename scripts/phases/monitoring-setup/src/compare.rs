//! What of a definition is not so in what was read back. Fields that only the platform has are not looked at: it adds names, versions and
//! defaults. Lists are compared whole, so that a tile or a condition more is a difference.

use serde_json::Value;

/// The longest value that is shown.
const LONGEST: usize = 80;

/// The differences, each with its place, in the order of the definition.
pub(crate) fn differences(wanted: &Value, found: &Value) -> Vec<String> {
    let mut list = Vec::new();
    compare("", wanted, found, &mut list);
    list
}

fn compare(at: &str, wanted: &Value, found: &Value, list: &mut Vec<String>) {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => {
            for (key, wanted) in wanted {
                let at = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                match found.get(key) {
                    Some(found) => compare(&at, wanted, found, list),
                    // What is at its default is not told.
                    None if is_default(wanted) => {}
                    None => list.push(format!("{at}: nothing, not {}", shown(wanted))),
                }
            }
        }
        (Value::Array(wanted), Value::Array(found)) if wanted.len() == found.len() => {
            for (index, (wanted, found)) in wanted.iter().zip(found).enumerate() {
                compare(&format!("{at}[{index}]"), wanted, found, list);
            }
        }
        (Value::Array(wanted), Value::Array(found)) => {
            list.push(format!("{at}: {} entries, not {}", found.len(), wanted.len()));
        }
        _ if same(wanted, found) => {}
        _ => list.push(format!("{at}: {}, not {}", shown(found), shown(wanted))),
    }
}

/// Whether two values say the same: long numbers come back as text, and durations with another number of digits.
fn same(wanted: &Value, found: &Value) -> bool {
    let numbers = |left: Option<f64>, right: Option<f64>| left.is_some() && left == right;
    wanted == found || numbers(number(wanted), number(found)) || numbers(seconds(wanted), seconds(found))
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

fn seconds(value: &Value) -> Option<f64> {
    value.as_str()?.strip_suffix('s')?.parse().ok()
}

fn is_default(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.values().all(is_default),
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    let cut: String = text.chars().take(LONGEST).collect();
    if cut.len() < text.len() { format!("{cut}…") } else { cut }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_platform_adds_or_writes_otherwise_is_no_difference() {
        let wanted = json!({ "displayName": "a", "gridLayout": { "columns": 2, "widgets": [{ "title": "t", "xPos": 0 }] }, "duration": "60s" });
        let found = json!({ "displayName": "a", "name": "projects/1/dashboards/x", "etag": "e", "duration": "60.0s",
            "gridLayout": { "columns": "2", "widgets": [{ "title": "t", "id": "made" }] } });
        assert_eq!(differences(&wanted, &found), Vec::<String>::new());
    }

    #[test]
    fn what_is_not_as_it_was_written_is_told_with_its_place() {
        let wanted = json!({ "conditions": [{ "threshold": { "value": 2, "filter": "f" } }], "combiner": "OR" });
        let found = json!({ "conditions": [{ "threshold": { "value": 5 } }], "combiner": "AND" });
        let told = differences(&wanted, &found);
        assert!(told.contains(&"conditions[0].threshold.value: 5, not 2".to_owned()), "{told:?}");
        assert!(told.contains(&"conditions[0].threshold.filter: nothing, not \"f\"".to_owned()), "{told:?}");
        assert!(told.contains(&"combiner: \"AND\", not \"OR\"".to_owned()), "{told:?}");
        assert_eq!(differences(&json!({ "a": [1] }), &json!({ "a": [1, 2] })), ["a: 2 entries, not 1"]);
        assert_eq!(differences(&json!({ "a": { "b": 1 } }), &json!({ "a": 1 })), ["a: 1, not {\"b\":1}"]);
        assert_eq!(differences(&json!({ "enabled": true }), &json!({})), ["enabled: nothing, not true"]);
    }
}

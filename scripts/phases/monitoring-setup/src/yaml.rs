//! YAML as JSON has it: the plain scalars of YAML 1.2. Tags, merge keys, and keys that are no text or stand there twice are refused, since
//! readers differ on them. Several documents in one file are all read.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Number, Value};

/// The most values of one file; aliases count as what they stand for.
const MOST: usize = 50_000;
const DEEPEST: usize = 64;

enum Open {
    Mapping { fields: Map<String, Value>, key: Option<String>, anchor: usize },
    Sequence { items: Vec<Value>, anchor: usize },
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    anchors: HashMap<usize, (Value, usize)>,
    documents: Vec<Value>,
    values: usize,
}

/// The documents of a text that are not empty. An error has its place.
pub(crate) fn documents(text: &str) -> Result<Vec<Value>, String> {
    let mut reader = Reader::default();
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            format!("line {}, column {}: {}", error.marker().line(), error.marker().col() + 1, error.info())
        })?;
        let place = span.start;
        reader.take(event).map_err(|why| format!("line {}, column {}: {why}", place.line(), place.col() + 1))?;
    }
    reader.documents.retain(|document| !document.is_null());
    Ok(reader.documents)
}

impl Reader {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                refuse_tag(tag.is_some())?;
                let value = if style == ScalarStyle::Plain { plain(&text) } else { Value::String(text.to_string()) };
                let is_key = matches!(self.open.last(), Some(Open::Mapping { key: None, .. }));
                if is_key { self.key(&text) } else { self.close(value, anchor, 1) }
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let (value, size) = known.ok_or("an alias stands for something that is not complete yet")?;
                self.close(value, 0, size)
            }
            Event::MappingStart(anchor, tag) => {
                refuse_tag(tag.is_some())?;
                self.descend(Open::Mapping { fields: Map::new(), key: None, anchor })
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_tag(tag.is_some())?;
                self.descend(Open::Sequence { items: Vec::new(), anchor })
            }
            Event::MappingEnd | Event::SequenceEnd => match self.open.pop() {
                Some(Open::Mapping { fields, anchor, .. }) => self.close(Value::Object(fields), anchor, 1),
                Some(Open::Sequence { items, anchor }) => self.close(Value::Array(items), anchor, 1),
                None => Ok(()),
            },
            Event::DocumentStart(_) | Event::DocumentEnd => {
                self.open.clear();
                self.anchors.clear();
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd => Ok(()),
        }
    }

    fn descend(&mut self, open: Open) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err(format!("it is nested deeper than {DEEPEST}"));
        }
        if matches!(self.open.last(), Some(Open::Mapping { key: None, .. })) {
            return Err("a key is no text".to_owned());
        }
        self.open.push(open);
        Ok(())
    }

    fn key(&mut self, text: &str) -> Result<(), String> {
        if text == "<<" {
            return Err("the merge key `<<` is not read".to_owned());
        }
        if let Some(Open::Mapping { fields, key, .. }) = self.open.last_mut() {
            if fields.contains_key(text) {
                return Err(format!("the key `{text}` stands there twice"));
            }
            *key = Some(text.to_owned());
        }
        Ok(())
    }

    /// A value is complete.
    fn close(&mut self, value: Value, anchor: usize, size: usize) -> Result<(), String> {
        self.values += size;
        if self.values > MOST {
            return Err(format!("it has more than {MOST} values"));
        }
        if anchor > 0 {
            let size = if value.is_object() || value.is_array() { count(&value) } else { 1 };
            self.anchors.insert(anchor, (value.clone(), size));
        }
        match self.open.last_mut() {
            Some(Open::Mapping { fields, key, .. }) => {
                let key = key.take().ok_or("a key is no text")?;
                fields.insert(key, value);
            }
            Some(Open::Sequence { items, .. }) => items.push(value),
            None => self.documents.push(value),
        }
        Ok(())
    }
}

fn refuse_tag(is_there: bool) -> Result<(), String> {
    if is_there { Err("tags are not read".to_owned()) } else { Ok(()) }
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// A scalar without quotation marks.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    // Others take 010 for eight or ten, and the writer for one of both.
    let digits = text.trim_start_matches(['-', '+']);
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let numeric = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') && !leading_zero;
    let whole = || text.trim_start_matches('+').parse::<i64>().ok().map(Number::from);
    let broken = || text.parse::<f64>().ok().and_then(Number::from_f64);
    let number = numeric.then(|| whole().or_else(broken)).flatten();
    number.map_or_else(|| Value::String(text.to_owned()), Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_what_json_could_say() {
        let text = "displayName: High errors\nenabled: true\nlabel: \"5\"\nid: 010\nlist: &l\n- {value: 0.02, for: 300s}\n- -3\nagain: *l\nnothing:\n";
        let list = json!([{ "value": 0.02, "for": "300s" }, -3]);
        let whole = json!({ "displayName": "High errors", "enabled": true, "label": "5", "id": "010",
            "list": list, "again": list, "nothing": null });
        assert_eq!(documents(text).unwrap(), [whole]);
        assert_eq!(
            documents("a: 1\n---\nb: |\n  two\n  lines\n").unwrap(),
            [json!({ "a": 1 }), json!({ "b": "two\nlines\n" })]
        );
        assert_eq!(documents("# nothing\n").unwrap(), Vec::<Value>::new());
        assert_eq!(documents("{\"a\": [1.5, \"x\"]}").unwrap(), [json!({ "a": [1.5, "x"] })]);
    }

    #[test]
    fn refuses_what_readers_differ_on_with_its_place() {
        for (text, says) in [
            ("a: 1\na: 2\n", "line 2, column 1: the key `a` stands there twice"),
            ("a: &x {b: 1}\nc:\n  <<: *x\n", "merge key"),
            ("a: !secret b\n", "tags"),
            ("? [1]\n: 2\n", "a key is no text"),
            ("a: [1\n", "line "),
        ] {
            let error = documents(text).unwrap_err();
            assert!(error.contains(says), "{text:?}: {error}");
        }
        let bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\n\
                    d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]\ne: [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]\n";
        assert!(documents(bomb).unwrap_err().contains("values"));
        assert!(documents(&"[".repeat(100)).is_err());
    }
}

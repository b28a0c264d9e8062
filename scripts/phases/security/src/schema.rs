//! What a value may be, as far as a document or an example tells. Pure.

use std::cell::Cell;
use std::collections::BTreeMap;

use holdpoint::prelude::*;

/// How deep references and values are followed; what lies deeper is not known.
const DEEPEST: usize = 10;
/// How many schemas are read for one; references multiply what a short document says.
const MOST: u32 = 2_000;
/// The longest text that is made to be too long.
const LONGEST: usize = 100_000;

/// What a value may be.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Schema {
    Object { fields: BTreeMap<String, Field>, closed: bool },
    Array(Box<Schema>),
    Text { shortest: usize, longest: Option<usize>, choices: Vec<String>, format: String },
    Number { whole: bool, least: Option<f64>, most: Option<f64> },
    Bool,
    Unknown,
}

/// A field of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) schema: Schema,
    pub(crate) required: bool,
    example: Option<Value>,
}

impl Schema {
    /// Reads a schema of an OpenAPI document, following its references within that document.
    pub(crate) fn read(document: &Value, schema: &Value) -> Self {
        read(&Reader { document, room: Cell::new(MOST) }, schema, DEEPEST)
    }

    /// What an example shows: its types, and nothing that must be there.
    pub(crate) fn of_example(example: &Value) -> Self {
        of_example(example, DEEPEST)
    }

    /// A value that it allows.
    pub(crate) fn example(&self) -> Value {
        match self {
            Self::Object { fields, .. } => {
                let needed = fields.iter().filter(|(_, field)| field.required);
                needed.map(|(name, field)| (name.clone(), field.example())).collect()
            }
            Self::Array(item) => json!([item.example()]),
            Self::Text { choices, .. } if !choices.is_empty() => json!(choices[0]),
            Self::Text { shortest, longest, format, .. } => json!(text(*shortest, *longest, format)),
            Self::Number { whole, least, most } => number(*whole, *least, *most),
            Self::Bool => json!(false),
            Self::Unknown => json!("holdpoint"),
        }
    }

    /// Values that it does not allow, each with what is wrong about it.
    pub(crate) fn wrong(&self) -> Vec<(String, Value)> {
        let mut wrong = match self {
            Self::Unknown => Vec::new(),
            Self::Object { .. } => vec![
                ("a text in the place of an object".to_owned(), json!("holdpoint")),
                ("a list in the place of an object".to_owned(), json!(["holdpoint"])),
            ],
            Self::Array(_) => vec![("a text in the place of a list".to_owned(), json!("holdpoint"))],
            Self::Text { .. } => vec![("an object in the place of a text".to_owned(), json!({ "holdpoint": 1 }))],
            Self::Number { .. } => vec![("an object in the place of a number".to_owned(), json!({ "holdpoint": 1 }))],
            Self::Bool => vec![("an object in the place of true or false".to_owned(), json!({ "holdpoint": 1 }))],
        };
        match self {
            Self::Text { longest, choices, .. } => {
                if let Some(longest) = longest.filter(|longest| *longest < LONGEST) {
                    wrong.push((format!("a text longer than {longest}"), json!("a".repeat(longest + 1))));
                }
                if !choices.is_empty() {
                    wrong.push(("none of its choices".to_owned(), json!("holdpoint-no-such-choice")));
                }
            }
            Self::Number { least, most, .. } => {
                wrong.extend(least.map(|least| (format!("less than {least}"), json!(least - 1.0))));
                wrong.extend(most.map(|most| (format!("more than {most}"), json!(most + 1.0))));
            }
            _ => {}
        }
        wrong
    }
}

impl Field {
    /// The example that the document gives, or one that is made.
    pub(crate) fn example(&self) -> Value {
        self.example.clone().unwrap_or_else(|| self.schema.example())
    }
}

/// A document, and how many more schemas are read.
struct Reader<'a> {
    document: &'a Value,
    room: Cell<u32>,
}

fn read(reader: &Reader<'_>, schema: &Value, left: usize) -> Schema {
    let (Some(left), Some(room)) = (left.checked_sub(1), reader.room.get().checked_sub(1)) else {
        return Schema::Unknown;
    };
    reader.room.set(room);
    if let Some(reference) = schema["$ref"].as_str() {
        let found = reference.strip_prefix('#').and_then(|pointer| reader.document.pointer(pointer));
        return found.map_or(Schema::Unknown, |found| read(reader, found, left));
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return all_of(reader, parts, left);
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(parts) = schema[key].as_array() {
            // One that may be absent is what many frameworks write for an optional value.
            let mut meant = parts.iter().filter(|part| part["type"] != "null");
            return match (meant.next(), meant.next()) {
                (Some(only), None) => read(reader, only, left),
                _ => Schema::Unknown,
            };
        }
    }
    match kind(schema) {
        Some("object") => object(reader, schema, left),
        Some("array") => Schema::Array(Box::new(read(reader, &schema["items"], left))),
        Some("string") => {
            let choices = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
            Schema::Text {
                shortest: size(&schema["minLength"]).unwrap_or_default(),
                longest: size(&schema["maxLength"]),
                choices: choices.map(str::to_owned).collect(),
                format: schema["format"].as_str().unwrap_or_default().to_owned(),
            }
        }
        Some(kind @ ("integer" | "number")) => Schema::Number {
            whole: kind == "integer",
            least: schema["minimum"].as_f64(),
            most: schema["maximum"].as_f64(),
        },
        Some("boolean") => Schema::Bool,
        _ => Schema::Unknown,
    }
}

/// The one type that is not null. An object often does not say that it is one.
fn kind(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::String(kind) => Some(kind.as_str()),
        Value::Array(kinds) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            kinds.next().filter(|_| kinds.next().is_none())
        }
        _ => schema["properties"].is_object().then_some("object"),
    }
}

fn size(value: &Value) -> Option<usize> {
    usize::try_from(value.as_u64()?).ok()
}

fn object(reader: &Reader<'_>, schema: &Value, left: usize) -> Schema {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let fields = schema["properties"].as_object().into_iter().flatten();
    let fields = fields.map(|(name, value)| {
        let schema = read(reader, value, left);
        let example = [&value["example"], &value["default"]].into_iter().find(|example| !example.is_null());
        (name.clone(), Field { schema, required: required.contains(&name.as_str()), example: example.cloned() })
    });
    Schema::Object { fields: fields.collect(), closed: schema["additionalProperties"] == false }
}

/// Objects that hold together; of anything else nothing is known.
fn all_of(reader: &Reader<'_>, parts: &[Value], left: usize) -> Schema {
    let mut all = BTreeMap::new();
    for part in parts {
        match read(reader, part, left) {
            Schema::Object { fields, .. } => all.extend(fields),
            other if parts.len() == 1 => return other,
            _ => return Schema::Unknown,
        }
    }
    Schema::Object { fields: all, closed: false }
}

fn of_example(example: &Value, left: usize) -> Schema {
    let Some(left) = left.checked_sub(1) else { return Schema::Unknown };
    match example {
        Value::Null => Schema::Unknown,
        Value::Bool(_) => Schema::Bool,
        Value::Number(number) => Schema::Number { whole: number.is_i64() || number.is_u64(), least: None, most: None },
        Value::String(_) => Schema::Text { shortest: 0, longest: None, choices: Vec::new(), format: String::new() },
        Value::Array(items) => {
            Schema::Array(Box::new(items.first().map_or(Schema::Unknown, |item| of_example(item, left))))
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| {
                let schema = of_example(value, left);
                (name.clone(), Field { schema, required: false, example: Some(value.clone()) })
            });
            Schema::Object { fields: fields.collect(), closed: false }
        }
    }
}

/// A text of a known format, else one that is neither too short nor too long.
fn text(shortest: usize, longest: Option<usize>, format: &str) -> String {
    match format {
        "email" => return "holdpoint@example.com".to_owned(),
        "uuid" => return "00000000-0000-4000-8000-000000000000".to_owned(),
        "date" => return "2026-01-01".to_owned(),
        "date-time" => return "2026-01-01T00:00:00Z".to_owned(),
        "uri" => return "https://example.com/".to_owned(),
        _ => {}
    }
    let word = "holdpoint";
    let length = word.len().max(shortest.min(LONGEST)).min(longest.unwrap_or(usize::MAX));
    word.chars().cycle().take(length).collect()
}

fn number(whole: bool, least: Option<f64>, most: Option<f64>) -> Value {
    let number = match (least, most) {
        (Some(least), _) => least,
        (None, Some(most)) => most.min(1.0),
        (None, None) => 1.0,
    };
    if whole {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "`as` saturates, and the end of a range is as good an example"
        )]
        let whole = number.ceil() as i64;
        return json!(whole);
    }
    json!(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({ "components": { "schemas": {
            "Agent": {
                "type": "object", "required": ["name", "kind"], "additionalProperties": false,
                "properties": {
                    "name": { "type": "string", "maxLength": 5 },
                    "kind": { "enum": ["a", "b"], "type": "string" },
                    "depth": { "type": ["integer", "null"], "minimum": 2, "maximum": 9 },
                    "parent": { "anyOf": [{ "$ref": "#/components/schemas/Agent" }, { "type": "null" }] },
                },
            },
            "Endless": { "$ref": "#/components/schemas/Endless" },
        } } })
    }

    #[test]
    fn a_schema_is_read_through_its_references() {
        let document = document();
        let agent = Schema::read(&document, &json!({ "$ref": "#/components/schemas/Agent" }));
        assert_eq!(agent.example(), json!({ "name": "holdp", "kind": "a" }));
        let Schema::Object { fields, closed: true } = &agent else { panic!("{agent:?}") };
        assert_eq!(fields["depth"].schema, Schema::Number { whole: true, least: Some(2.0), most: Some(9.0) });
        assert!(matches!(fields["parent"].schema, Schema::Object { .. }), "{:?}", fields["parent"]);
        let wrong: Vec<String> = fields["name"].schema.wrong().into_iter().map(|(what, _)| what).collect();
        assert_eq!(wrong, ["an object in the place of a text", "a text longer than 5"]);
        assert_eq!(fields["kind"].schema.wrong().len(), 2);
        assert_eq!(fields["depth"].schema.wrong()[1].1, json!(1.0));
    }

    #[test]
    fn what_can_not_be_known_is_not_guessed() {
        let document = document();
        for schema in [
            json!({ "$ref": "#/components/schemas/Endless" }),
            json!({ "$ref": "#/components/schemas/Missing" }),
            json!({ "$ref": "https://example.com/schema.json" }),
            json!({ "oneOf": [{ "type": "string" }, { "type": "integer" }] }),
            json!({}),
            json!(true),
        ] {
            let read = Schema::read(&document, &schema);
            assert_eq!(read, Schema::Unknown, "{schema}");
            assert!(read.wrong().is_empty());
        }
    }

    #[test]
    fn references_that_multiply_are_read_to_a_bound() {
        let fields: Value =
            (0..100).map(|n| (format!("f{n}"), json!({ "$ref": "#/components/schemas/Wide" }))).collect();
        let document = json!({ "components": { "schemas": { "Wide": { "type": "object", "properties": fields } } } });
        let wide = Schema::read(&document, &json!({ "$ref": "#/components/schemas/Wide" }));
        let Schema::Object { fields, .. } = &wide else { panic!("it is an object") };
        assert!(fields.values().any(|field| field.schema == Schema::Unknown), "there is an end");
    }

    #[test]
    fn an_example_tells_the_types_of_its_fields_and_that_none_must_be_there() {
        let schema =
            Schema::of_example(&json!({ "name": "n", "count": 3, "tags": ["t"], "on": true, "of": { "a": 1.5 } }));
        let Schema::Object { fields, closed: false } = &schema else { panic!("{schema:?}") };
        assert!(fields.values().all(|field| !field.required));
        assert!(matches!(fields["tags"].schema, Schema::Array(_)));
        assert_eq!(fields["count"].example(), json!(3));
    }
}

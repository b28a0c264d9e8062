//! JSON Schemas of the files that people write, for editors and for other programs.
//!
//! They say what a field is called, which values it takes, and what it is for; the reference in docs/reference is made from them. They
//! do not decide: the readers of this crate do, and know more, for example that a phase exists. Tests hold both to the same fields.

/// Of `bundle.toml`.
pub const BUNDLE: &str = include_str!("../../../docs/schema/bundle.schema.json");
/// Of `checklist.toml`.
pub const CHECKLIST: &str = include_str!("../../../docs/schema/checklist.schema.json");
/// Of the operator's file.
pub const OPERATOR: &str = include_str!("../../../docs/schema/operator.schema.json");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::PathBuf;

    use serde_json::Value;

    use super::*;
    use crate::authored::Authored;
    use crate::diagnostic::Problems;
    use crate::operator::Operator;
    use crate::reading::asked::{self, Tables};
    use crate::sources::{OperatorSource, Text};

    /// The sets of fields of every table that a schema knows by its fields.
    fn tables(schema: &Value, found: &mut BTreeSet<BTreeSet<String>>) {
        match schema {
            Value::Object(object) => {
                if let Some(Value::Object(properties)) = object.get("properties") {
                    found.insert(properties.keys().cloned().collect());
                }
                object.iter().filter(|(key, _)| *key != "examples").for_each(|(_, value)| tables(value, found));
            }
            Value::Array(items) => items.iter().for_each(|item| tables(item, found)),
            _ => {}
        }
    }

    /// The first example of a schema as TOML. What JSON and TOML write differently is only the sign between a key and its value.
    fn example(schema: &str) -> String {
        let schema: Value = serde_json::from_str(schema).unwrap();
        let Value::Object(example) = &schema["examples"][0] else { panic!("a schema has a whole example") };
        example.iter().map(|(key, value)| format!("{key} = {}\n", inline(value))).collect()
    }

    fn inline(value: &Value) -> String {
        match value {
            Value::Object(object) => {
                let fields: Vec<String> = object
                    .iter()
                    .map(|(key, value)| format!("{} = {}", Value::from(key.as_str()), inline(value)))
                    .collect();
                format!("{{ {} }}", fields.join(", "))
            }
            Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
            plain => plain.to_string(),
        }
    }

    fn assert_same(schema: &str, asked: &Tables) {
        let mut known = BTreeSet::new();
        tables(&serde_json::from_str(schema).unwrap(), &mut known);
        let only_asked: Vec<_> = asked.iter().filter(|(fields, _)| !known.contains(*fields)).collect();
        let only_known: Vec<_> = known.iter().filter(|fields| !asked.contains_key(*fields)).collect();
        assert!(
            only_asked.is_empty() && only_known.is_empty(),
            "docs/schema and the reader know other fields, or the schema's example lacks a table\n\
             the reader asks for {only_asked:#?}\nthe schema knows {only_known:#?}"
        );
    }

    #[test]
    fn bundles_have_the_fields_of_their_schema() {
        let text = example(BUNDLE);
        let mut problems = Problems::new("bundle.toml", &text);
        assert_same(BUNDLE, &asked::during(|| drop(Authored::parse(&text, &mut problems))));
        assert_eq!(problems.into_found(), []);
    }

    #[test]
    fn checklists_have_the_fields_of_their_schema() {
        let file = Text { label: "checklist.toml".to_owned(), text: example(CHECKLIST) };
        assert_same(CHECKLIST, &asked::during(|| assert!(crate::parse_checklist(&file).is_ok())));
    }

    #[test]
    fn operators_files_have_the_fields_of_their_schema() {
        let file = Text { label: "holdpoint.toml".to_owned(), text: example(OPERATOR) };
        let source = OperatorSource { file, folder: PathBuf::from("/etc/holdpoint") };
        let read = || drop(Operator::parse(&source).unwrap_or_else(|e| panic!("{e}")));
        assert_same(OPERATOR, &asked::during(read));
    }
}

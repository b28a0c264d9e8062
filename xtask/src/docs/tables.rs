//! The fields of a file, table by table, from its schema.

use anyhow::{Context, Result};
use serde_json::Value;

use super::markdown::{cell, head, row};
use super::schema::Schema;

/// The page of a file.
pub(super) fn page(name: &str, schema: &str) -> Result<String> {
    let root: Schema = serde_json::from_str(schema).with_context(|| format!("read the schema of {name}"))?;
    let title = root.title.as_deref().unwrap_or(name);
    let source = format!("[its JSON Schema](../schema/{name}.schema.json), which `holdpoint schema {name}` prints");
    let mut page = head(&format!("`{title}`"), &source);
    page.push_str(&format!("\n{}\n\n{}", description(&root), fields(&root, &root)?));
    for section in sections(&root)? {
        let title = section.title.as_deref().unwrap_or_default();
        page.push_str(&format!("\n## `{title}`\n\n{}\n\n{}", description(section), fields(section, &root)?));
    }
    Ok(page)
}

fn description(schema: &Schema) -> &str {
    schema.description.as_deref().unwrap_or_default()
}

/// The tables below the topmost, each once, in the order in which a reader meets them.
fn sections(root: &Schema) -> Result<Vec<&Schema>> {
    let mut found: Vec<&Schema> = Vec::new();
    visit(root, root, &mut found)?;
    Ok(found)
}

fn visit<'s>(schema: &'s Schema, root: &'s Schema, found: &mut Vec<&'s Schema>) -> Result<()> {
    let schema = resolved(schema, root)?;
    let known = |found: &[&Schema]| found.iter().any(|other| std::ptr::eq(*other, schema));
    if known(found) {
        return Ok(());
    }
    if !schema.properties.is_empty() && !std::ptr::eq(schema, root) {
        found.push(schema);
    }
    let below = schema.properties.values().chain(&schema.any_of).chain(schema.items.as_deref()).chain(schema.free());
    // A group of inputs refers to itself; what has no fields of its own is not remembered, and must not be entered twice.
    for inner in below.filter(|inner| inner.reference.as_deref() != Some("#/$defs/input-group")) {
        visit(inner, root, found)?;
    }
    Ok(())
}

/// What a schema refers to, or itself.
fn resolved<'s>(schema: &'s Schema, root: &'s Schema) -> Result<&'s Schema> {
    match &schema.reference {
        None => Ok(schema),
        Some(reference) => reference
            .strip_prefix("#/$defs/")
            .and_then(|name| root.defs.get(name))
            .with_context(|| format!("`{reference}` leads nowhere")),
    }
}

fn fields(schema: &Schema, root: &Schema) -> Result<String> {
    let mut table = "| field | value | if absent | |\n|---|---|---|---|\n".to_owned();
    for (name, field) in &schema.properties {
        let target = resolved(field, root)?;
        let absent = match (&target.default, schema.required.contains(name)) {
            (Some(default), _) => literal(default),
            (None, true) => "required".to_owned(),
            (None, false) => String::new(),
        };
        let said = field.description.as_deref().unwrap_or_else(|| description(target));
        let example = target.examples.first().map(|e| format!(" Example: {}", literal(e))).unwrap_or_default();
        let said = cell(&format!("{said}{example}"));
        table.push_str(&row(&[&format!("`{name}`"), &cell(&value(field, root)?), &absent, &said]));
    }
    Ok(table)
}

/// What may stand there, in words.
fn value(schema: &Schema, root: &Schema) -> Result<String> {
    // It refers to itself, and its words would have no end.
    if schema.reference.as_deref() == Some("#/$defs/input-group") {
        return Ok("group of inputs".to_owned());
    }
    let schema = resolved(schema, root)?;
    if !schema.words.is_empty() {
        return Ok(schema.words.iter().map(literal).collect::<Vec<_>>().join(", "));
    }
    if !schema.any_of.is_empty() {
        let mut words: Vec<String> = schema.any_of.iter().map(|one| value(one, root)).collect::<Result<_>>()?;
        // Where strings are filled from variables, any string may stand there too.
        if words.len() > 1 && words[0].starts_with('`') {
            words.truncate(1);
        }
        return Ok(words.join(" or "));
    }
    Ok(match schema.kind.as_deref() {
        Some("array") => match &schema.items {
            Some(items) => plural(&value(items, root)?),
            None => "list".to_owned(),
        },
        Some("boolean") => "true or false".to_owned(),
        Some("integer") => match (schema.minimum, schema.maximum) {
            (Some(least), Some(most)) => format!("whole number from {least} to {most}"),
            _ => "whole number".to_owned(),
        },
        Some("object") if !schema.properties.is_empty() => table(schema),
        Some("object") => match schema.free() {
            Some(inner) if resolved(inner, root)?.kind.as_deref() == Some("string") => "table of strings".to_owned(),
            Some(inner) => format!("{} by name", plural(&value(inner, root)?).replacen("list of ", "", 1)),
            None => "table".to_owned(),
        },
        Some(kind) => kind.to_owned(),
        None => "anything".to_owned(),
    })
}

fn table(schema: &Schema) -> String {
    match &schema.title {
        Some(title) => format!("[table](#{})", anchor(title)),
        None => "table".to_owned(),
    }
}

fn plural(one: &str) -> String {
    match one.strip_prefix("[table]") {
        Some(link) => format!("list of [tables]{link}"),
        None if one.starts_with('`') => format!("list of {one}"),
        None => format!("list of {one}s"),
    }
}

/// How GitHub calls a heading.
fn anchor(title: &str) -> String {
    let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// A value as TOML.
fn literal(value: &Value) -> String {
    format!("`{}`", toml(value))
}

fn toml(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let bare = |key: &str| key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
            let key = |key: &str| if bare(key) { key.to_owned() } else { format!("\"{key}\"") };
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{} = {}", key(name), toml(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        plain => plain.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEMA: &str = r##"{
        "title": "x.toml", "description": "A file.", "required": ["b"],
        "properties": {
            "b": { "$ref": "#/$defs/b" },
            "a": { "type": "array", "description": "Some.", "items": { "type": "string" }, "examples": [["x|y"]] },
            "all": { "description": "Many.", "type": "object", "additionalProperties": { "$ref": "#/$defs/b" } }
        },
        "$defs": { "b": { "title": "[b]", "description": "One b.", "type": "object", "properties": {
            "n": { "description": "A number.", "type": "integer", "minimum": 1, "maximum": 64, "default": 16 }
        } } }
    }"##;

    #[test]
    fn every_field_has_a_row_in_the_order_of_the_schema() {
        let page = page("x", SCHEMA).unwrap();
        let wanted = r#"
A file.

| field | value | if absent | |
|---|---|---|---|
| `b` | [table](#b) | required | One b. |
| `a` | list of strings | | Some. Example: `["x\|y"]` |
| `all` | [tables](#b) by name | | Many. |

## `[b]`

One b.

| field | value | if absent | |
|---|---|---|---|
| `n` | whole number from 1 to 64 | `16` | A number. |
"#;
        assert!(page.ends_with(wanted), "{page}");
    }

    #[test]
    fn a_reference_that_leads_nowhere_is_named() {
        let error = page("x", r##"{ "properties": { "b": { "$ref": "#/$defs/c" } } }"##).unwrap_err();
        assert_eq!(error.to_string(), "`#/$defs/c` leads nowhere");
    }

    #[test]
    fn anchors_are_those_of_github() {
        assert_eq!(anchor("[[phase]]"), "phase");
        assert_eq!(anchor("http = [{ … }]"), "http----");
        assert_eq!(anchor("[bundles.NAME.ENVIRONMENT]"), "bundlesnameenvironment");
    }
}

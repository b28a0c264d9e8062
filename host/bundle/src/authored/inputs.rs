//! `[inputs]`: what whoever runs a bundle fills in. Tables may be nested: `image.backend = { … }` is the input `image.backend`.

use toml_span::value::Value;

use crate::diagnostic::Problems;
use crate::reading::{Fields, entries};

const KEYS: [&str; 4] = ["required", "pattern", "default", "description"];

/// One input.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) at: usize,
    pub(crate) required: bool,
    /// Text that a value contains; `*` stands for anything in between.
    pub(crate) pattern: Option<String>,
    pub(crate) default: Option<String>,
    /// What it is, for whoever fills it in.
    pub(crate) description: Option<String>,
}

impl Input {
    /// Whether a value has what the pattern wants.
    pub(crate) fn accepts(&self, value: &str) -> bool {
        let mut rest = value;
        self.pattern.as_deref().unwrap_or_default().split('*').all(|part| match rest.find(part) {
            Some(found) => {
                rest = &rest[found + part.len()..];
                true
            }
            None => false,
        })
    }
}

pub(crate) fn read(value: &Value<'_>, above: &str, inputs: &mut Vec<Input>, problems: &mut Problems<'_>) {
    for (key, value) in entries(value, "inputs", problems) {
        if !key.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') {
            problems.at(key.at, format!("`{}` is not the name of an input: use letters, digits, - and _", key.value));
            continue;
        }
        let name = if above.is_empty() { key.value.clone() } else { format!("{above}.{}", key.value) };
        // A table of tables is a group of inputs; one with a plain value in it is an input itself.
        let group = value.as_table().is_some_and(|table| {
            !table.is_empty()
                && table.iter().all(|(key, value)| value.as_table().is_some() && !KEYS.contains(&key.name.as_ref()))
        });
        if group {
            read(value, &name, inputs, problems);
            continue;
        }
        let Some(mut fields) = Fields::open(value, format!("input `{name}`"), problems) else { continue };
        let input = Input {
            at: key.at,
            required: fields.boolean("required", problems).unwrap_or(false),
            pattern: fields.string("pattern", problems).map(|p| p.value),
            default: fields.string("default", problems).map(|d| d.value),
            description: fields.string("description", problems).map(|d| d.value),
            name,
        };
        fields.close(problems);
        if let Some(default) = &input.default
            && !input.accepts(default)
        {
            problems.at(key.at, format!("the default of input `{}` does not have its pattern", input.name));
        }
        inputs.push(input);
    }
}

//! What a rule says, read as denials.

use holdpoint::policy::prelude::{Error, Result};
use regorus::Value;

use crate::config::{Answers, Config};

/// Denials of one answer.
const MOST_DENIALS: usize = 1_000;
/// Characters of a message; of a longer one the beginning is told.
const LONGEST_MESSAGE: usize = 500;

/// What is wrong, and with which row; with all of them if it names none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial {
    pub(crate) row: Option<String>,
    pub(crate) message: String,
}

/// What the value of a rule denies. `None`: it is undefined.
pub(crate) fn of(config: &Config, value: &Value) -> Result<Option<Vec<Denial>>> {
    let query = &config.query;
    match (config.answers, value) {
        (_, Value::Undefined) => Ok(None),
        (Answers::Allowed, Value::Bool(true)) => Ok(Some(Vec::new())),
        (Answers::Allowed, Value::Bool(false)) => {
            Ok(Some(vec![Denial { row: None, message: format!("{query} is false") }]))
        }
        (Answers::Denials, Value::Set(set)) => denials(config, set.len(), set.iter_sorted()).map(Some),
        (Answers::Denials, Value::Array(list)) => denials(config, list.len(), list.iter()).map(Some),
        (Answers::Denials, _) => Err(Error::new(format!(
            "query `{query}`: it is {}, and a set or a list of denials is wanted; where true is as it should be, say answers = \"allowed\"",
            kind(value)
        ))),
        (Answers::Allowed, _) => {
            Err(Error::new(format!("query `{query}`: it is {}, and true or false is wanted", kind(value))))
        }
    }
}

fn denials<'a>(config: &Config, count: usize, all: impl Iterator<Item = &'a Value>) -> Result<Vec<Denial>> {
    if count > MOST_DENIALS {
        let query = &config.query;
        return Err(Error::new(format!(
            "query `{query}`: there are {count} denials, and at most {MOST_DENIALS} are read"
        )));
    }
    all.map(|value| denial(config, value)).collect()
}

fn denial(config: &Config, value: &Value) -> Result<Denial> {
    let wrong = |why: &str| Error::new(format!("query `{}`: {why}", config.query));
    let fields = match value {
        Value::String(message) => return Ok(Denial { row: None, message: short(message) }),
        Value::Object(fields) => fields,
        _ => return Err(wrong(&format!("a denial is {}, and a text or an object with `msg` is wanted", kind(value)))),
    };
    let Some(Value::String(message)) = fields.get(&"msg".into()) else {
        return Err(wrong("a denial has no text `msg`"));
    };
    let row = match fields.get(&"row".into()) {
        None => None,
        Some(Value::String(row)) if config.rows.iter().any(|known| **known == **row) => Some(row.to_string()),
        Some(Value::String(row)) => {
            return Err(wrong(&format!("a denial names the row `{}`, which is none of `rows`", short(row))));
        }
        Some(row) => return Err(wrong(&format!("the `row` of a denial is {}, and a text is wanted", kind(row)))),
    };
    Ok(Denial { row, message: short(message) })
}

/// A text on one line, cut where it is too long.
pub(crate) fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<&str>>().join(" ");
    match line.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Set(_) => "a set",
        Value::Object(_) => "an object",
        Value::Undefined => "undefined",
    }
}

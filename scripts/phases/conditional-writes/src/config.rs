//! What the bundle says of the writes.

use holdpoint::prelude::*;

/// The most writers: so many requests go side by side.
const MOST_WRITERS: u32 = 64;
const MOST_REFUSALS: usize = 10;
const MARKER: &str = "{marker}";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) service: String,
    pub(crate) path: String,
    json: Value,
    pub(crate) token: String,
    #[serde(default = "ten")]
    pub(crate) writers: u32,
    #[serde(default = "precondition_failed")]
    pub(crate) refusals: Vec<u16>,
}

fn ten() -> u32 {
    10
}

fn precondition_failed() -> Vec<u16> {
    vec![412]
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        if !self.path.starts_with('/') {
            return Err(Error::new("config.path must begin with `/`: it is one below the service's url"));
        }
        if marked(&self.json, "") == self.json {
            return Err(Error::new("config.json has no `{marker}`, so nobody would know whose it is"));
        }
        if !(2..=MOST_WRITERS).contains(&self.writers) {
            return Err(Error::new(format!("config.writers is 2 to {MOST_WRITERS}, not {}", self.writers)));
        }
        if !(1..=MOST_REFUSALS).contains(&self.refusals.len()) {
            return Err(Error::new(format!("config.refusals names 1 to {MOST_REFUSALS} statuses")));
        }
        if let Some(status) = self.refusals.iter().find(|status| !(400..=499).contains(*status)) {
            return Err(Error::new(format!("config.refusals: {status} refuses nobody; write statuses of 400 to 499")));
        }
        Ok(())
    }

    /// What a writer writes, to be known by its marker.
    pub(crate) fn body(&self, marker: &str) -> Value {
        marked(&self.json, marker)
    }

    /// The refusals, for people.
    pub(crate) fn refused(&self) -> String {
        self.refusals.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
    }
}

fn marked(json: &Value, marker: &str) -> Value {
    match json {
        Value::String(text) => text.replace(MARKER, marker).into(),
        Value::Array(items) => items.iter().map(|item| marked(item, marker)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), marked(value, marker))).collect(),
        other => other.clone(),
    }
}

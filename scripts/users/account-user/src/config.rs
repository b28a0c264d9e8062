//! What the bundle says of accounts, and of what their holders write.

use holdpoint::prelude::*;

/// The latest that an account is opened: within the time that a user has to begin.
const LATEST: Millis = Millis(20_000);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub(crate) service: String,
    pub(crate) account: Account,
    pub(crate) item: Item,
    #[serde(default)]
    pub(crate) think: Millis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub(crate) path: String,
    pub(crate) json: Value,
    #[serde(default)]
    pub(crate) close: bool,
    #[serde(default)]
    pub(crate) arrive: Millis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Item {
    pub(crate) path: String,
    pub(crate) json: Value,
    pub(crate) text: String,
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        let Self { account, item, .. } = self;
        for (field, place, text) in [
            ("account.path", "{name}", account.path.clone()),
            ("account.json", "{password}", account.json.to_string()),
            ("item.json", "{text}", item.json.to_string()),
        ] {
            if !text.contains(place) {
                return Err(Error::new(format!("config.{field} has no `{place}`")));
            }
        }
        if let Some(path) = [&account.path, &item.path].into_iter().find(|path| !path.starts_with('/')) {
            return Err(Error::new(format!("config: `{path}` must begin with `/`: it is one below the service's url")));
        }
        if account.arrive > LATEST {
            return Err(Error::new(format!("config.account.arrive is at most {LATEST}, not {}", account.arrive)));
        }
        if !item.text.starts_with('/') {
            return Err(Error::new(format!(
                "config.item.text: `{}` is no place within JSON, as in \"/text\"",
                item.text
            )));
        }
        Ok(())
    }
}

/// A path with a name in its place.
pub(crate) fn placed(path: &str, name: &str) -> String {
    path.replace("{name}", name)
}

/// A value with a text in the place that it has for it.
pub(crate) fn filled(json: &Value, place: &str, text: &str) -> Value {
    match json {
        Value::String(own) => own.replace(place, text).into(),
        Value::Array(items) => items.iter().map(|item| filled(item, place, text)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled(value, place, text))).collect()
        }
        other => other.clone(),
    }
}

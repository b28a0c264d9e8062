//! What the bundle says of the page.

use holdpoint::prelude::*;
use url::Url;

const MOST_LOADS: u32 = 20;
/// Texts, hosts or paths of a list.
const MOST_NAMED: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    url: String,
    /// Its name in the operator's file.
    #[serde(default = "browser")]
    pub(crate) tool: String,
    #[serde(default = "three", deserialize_with = "number")]
    pub(crate) times: u32,
    #[serde(default = "three_seconds")]
    pub(crate) within: Millis,
    #[serde(default)]
    pub(crate) shows: Vec<String>,
    #[serde(default)]
    own: Vec<String>,
    #[serde(default)]
    may_fail: Vec<String>,
}

fn browser() -> String {
    "browser".to_owned()
}

fn three() -> u32 {
    3
}

/// As it is, or as the text that an input gives.
fn number<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = match &value {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|number| u32::try_from(number).ok()),
    };
    number.ok_or_else(|| serde::de::Error::custom(format!("{value} is no whole number")))
}

fn three_seconds() -> Millis {
    Millis(3_000)
}

impl Config {
    /// The URL of the page, if all that is configured can be.
    pub(crate) fn page(&self) -> Result<Url> {
        let shown = &self.url;
        let url = Url::parse(shown).map_err(|error| Error::new(format!("config.url `{shown}` is no URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(Error::new(format!("config.url `{shown}` must begin with https:// or http://")));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::new("config.url has a name or a password in it, which would stand in the journal"));
        }
        if !(1..=MOST_LOADS).contains(&self.times) {
            return Err(Error::new(format!("config.times is 1 to {MOST_LOADS}, not {}", self.times)));
        }
        if self.within == Millis(0) {
            return Err(Error::new("config.within is more than nothing"));
        }
        for (field, named) in [("shows", &self.shows), ("own", &self.own), ("may-fail", &self.may_fail)] {
            if named.len() > MOST_NAMED {
                return Err(Error::new(format!("config.{field} names {}, of at most {MOST_NAMED}", named.len())));
            }
            if named.iter().any(|one| one.trim().is_empty()) {
                return Err(Error::new(format!("config.{field} names nothing in one of its entries")));
            }
        }
        if let Some(path) = self.may_fail.iter().find(|path| !path.starts_with('/')) {
            return Err(Error::new(format!("config.may-fail: `{path}` must begin with `/`")));
        }
        Ok(url)
    }

    /// Whether a request of the page counts: it goes to a host of the team's, and is none that may fail.
    pub(crate) fn counts(&self, page: &Url, request: &Url) -> bool {
        self.is_own(page, request) && !self.may_fail.iter().any(|path| path == request.path())
    }

    /// Whether a URL is of a host of the team's.
    pub(crate) fn is_own(&self, page: &Url, other: &Url) -> bool {
        let Some(host) = other.host_str() else { return false };
        page.host_str() == Some(host) || self.own.iter().any(|own| own == host)
    }
}

//! What the bundle says.

use holdpoint::prelude::*;
use serde_json::Map;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    pub(crate) user: String,
    #[serde(default = "twenty")]
    pub(crate) users: u32,
    #[serde(default = "two_seconds")]
    pub(crate) pace: Millis,
    #[serde(default = "five_seconds")]
    pub(crate) ramp: Millis,
    #[serde(default = "half_a_minute")]
    pub(crate) during: Millis,
    #[serde(default = "two_seconds")]
    pub(crate) answered: Millis,
    #[serde(default = "hundred")]
    pub(crate) messages: u32,
    /// What users are told otherwise than by `[user.config]`.
    #[serde(default)]
    pub(crate) tell: Map<String, Value>,
}

fn twenty() -> u32 {
    20
}

fn hundred() -> u32 {
    100
}

fn two_seconds() -> Millis {
    Millis(2_000)
}

fn five_seconds() -> Millis {
    Millis(5_000)
}

fn half_a_minute() -> Millis {
    Millis(30_000)
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        if self.users == 0 || self.messages == 0 || self.answered == Millis(0) {
            return Err(Error::new("config.users, config.messages and config.answered are more than nothing"));
        }
        Ok(())
    }
}

//! What the bundle says, and what follows from it.

use holdpoint::prelude::*;
use serde_json::Map;

use crate::memory::Memory;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    pub(crate) user: String,
    #[serde(default)]
    pub(crate) quick: bool,
    /// What users are told otherwise than by `[user.config]`.
    #[serde(default)]
    pub(crate) tell: Map<String, Value>,
    users: Option<u32>,
    pace: Option<Millis>,
    ramp: Option<Millis>,
    during: Option<Millis>,
    pub(crate) memory: Option<Memory>,
    #[serde(default = "a_hundred")]
    pub(crate) at_once: u32,
    #[serde(default = "most")]
    pub(crate) success: f64,
    #[serde(default = "two_seconds")]
    pub(crate) average: Millis,
}

fn a_hundred() -> u32 {
    100
}

fn most() -> f64 {
    0.95
}

fn two_seconds() -> Millis {
    Millis(2_000)
}

/// How many users act how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) users: u32,
    pub(crate) pace: Millis,
    pub(crate) ramp: Millis,
    pub(crate) during: Millis,
}

const FULL: Profile = Profile { users: 150, pace: Millis(2_000), ramp: Millis(30_000), during: Millis(120_000) };
const QUICK: Profile = Profile { users: 20, pace: Millis(500), ramp: Millis(1_000), during: Millis(9_000) };

impl Config {
    /// The profile, as far as the bundle does not say otherwise.
    pub(crate) fn profile(&self) -> Result<Profile> {
        let usual = if self.quick { QUICK } else { FULL };
        let profile = Profile {
            users: self.users.unwrap_or(usual.users),
            pace: self.pace.unwrap_or(usual.pace),
            ramp: self.ramp.unwrap_or(usual.ramp),
            during: self.during.unwrap_or(usual.during),
        };
        if profile.users < 2 {
            return Err(Error::new(format!("config.users is {}; nobody is isolated from nobody", profile.users)));
        }
        if !self.quick && self.at_once > profile.users {
            let (wanted, users) = (self.at_once, profile.users);
            return Err(Error::new(format!(
                "config.at-once wants {wanted} users with something under way at one time, and config.users is {users}"
            )));
        }
        if !(0.0..1.0).contains(&self.success) {
            return Err(Error::new(format!("config.success is a share from 0 to below 1, not {}", self.success)));
        }
        self.memory.as_ref().map_or(Ok(()), Memory::check)?;
        Ok(profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(value: Value) -> Result<Profile> {
        serde_json::from_value::<Config>(value).expect("a configuration").profile()
    }

    #[test]
    fn a_bundle_says_what_it_wants_otherwise() {
        assert_eq!(config(json!({ "user": "a" })).unwrap(), FULL);
        assert_eq!(config(json!({ "user": "a", "quick": true })).unwrap(), QUICK);
        let longer = config(json!({ "user": "a", "quick": true, "during": "1m" })).unwrap();
        assert_eq!(longer, Profile { during: Millis(60_000), ..QUICK });
    }

    #[test]
    fn one_user_and_a_share_of_all_are_mistakes() {
        assert!(config(json!({ "user": "a", "users": 1 })).is_err());
        let few = config(json!({ "user": "a", "users": 99 })).unwrap_err().to_string();
        assert!(few.contains("config.at-once wants 100 users") && few.contains("config.users is 99"), "{few}");
        assert!(config(json!({ "user": "a", "users": 99, "at-once": 99 })).is_ok());
        assert!(config(json!({ "user": "a", "success": 1.0 })).is_err());
        let memory = json!({ "service": "b", "path": "/metrics", "gauge": "m", "growth": 0.0 });
        assert!(config(json!({ "user": "a", "memory": memory })).is_err());
    }
}

//! What the bundle says.

use holdpoint::prelude::*;
use serde_json::Map;

use crate::inventory::Inventory;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    pub(crate) user: String,
    #[serde(default = "thirty")]
    pub(crate) users: u32,
    #[serde(default = "three")]
    pub(crate) failing_one_in: u32,
    #[serde(default = "two_seconds")]
    pub(crate) pace: Millis,
    #[serde(default = "five_seconds")]
    pub(crate) ramp: Millis,
    #[serde(default = "half_a_minute")]
    pub(crate) during: Millis,
    #[serde(default = "half_as_slow_again")]
    pub(crate) slowdown: f64,
    /// What users are told otherwise than by `[user.config]`.
    #[serde(default)]
    pub(crate) tell: Map<String, Value>,
    pub(crate) inventory: Option<Inventory>,
}

fn thirty() -> u32 {
    30
}

fn three() -> u32 {
    3
}

fn two_seconds() -> Millis {
    Millis(2_000)
}

fn five_seconds() -> Millis {
    Millis(5_000)
}

pub(crate) fn half_a_minute() -> Millis {
    Millis(30_000)
}

fn half_as_slow_again() -> f64 {
    1.5
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        let (users, one_in) = (self.users, self.failing_one_in);
        if one_in < 2 || users < one_in {
            return Err(Error::new(format!(
                "config.failing-one-in is {one_in} and config.users is {users}: there is somebody whose agents fail, and somebody else, from 2 to \
                 the number of users"
            )));
        }
        if !(1.0..=100.0).contains(&self.slowdown) {
            return Err(Error::new(format!("config.slowdown is a factor from 1 to 100, not {}", self.slowdown)));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_fails_and_somebody_else_does_not() {
        let check = |value: Value| serde_json::from_value::<Config>(value).expect("a configuration").check();
        assert!(check(json!({ "user": "a" })).is_ok());
        assert!(check(json!({ "user": "a", "users": 2, "failing-one-in": 2 })).is_ok());
        for wrong in [
            json!({ "user": "a", "failing-one-in": 1 }),
            json!({ "user": "a", "users": 2 }),
            json!({ "user": "a", "slowdown": 0.9 }),
        ] {
            assert!(check(wrong.clone()).is_err(), "{wrong}");
        }
    }
}

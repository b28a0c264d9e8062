//! What the bundle says.

use holdpoint::load::Harm;
use holdpoint::prelude::*;
use serde_json::Map;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    pub(crate) user: String,
    #[serde(default = "thirty")]
    pub(crate) users: u32,
    #[serde(default = "three")]
    pub(crate) users_one_in: u32,
    #[serde(default = "three")]
    pub(crate) requests_one_in: u32,
    #[serde(default = "all")]
    pub(crate) harms: Vec<Harm>,
    pub(crate) seed: Option<u32>,
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
}

fn thirty() -> u32 {
    30
}

fn three() -> u32 {
    3
}

fn all() -> Vec<Harm> {
    Harm::ALL.to_vec()
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

fn half_as_slow_again() -> f64 {
    1.5
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        let (users, one_in) = (self.users, self.users_one_in);
        if one_in < 2 || users < one_in {
            return Err(Error::new(format!(
                "config.users-one-in is {one_in} and config.users is {users}: there is somebody who is harmed, and somebody else, from 2 to the \
                 number of users"
            )));
        }
        if self.requests_one_in == 0 {
            return Err(Error::new("config.requests-one-in is 0; 1 harms every request of a harmed user"));
        }
        if self.harms.is_empty() {
            return Err(Error::new("config.harms is empty; leave it out to have all of them"));
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
    fn somebody_is_harmed_and_somebody_else_is_not() {
        let read = |value: Value| serde_json::from_value::<Config>(value).expect("a configuration");
        assert_eq!(read(json!({ "user": "a" })).harms, Harm::ALL);
        assert_eq!(read(json!({ "user": "a", "harms": ["reset-answer"] })).harms, [Harm::ResetAnswer]);
        assert!(read(json!({ "user": "a" })).check().is_ok());
        assert!(read(json!({ "user": "a", "users": 2, "users-one-in": 2 })).check().is_ok());
        for wrong in [
            json!({ "user": "a", "users-one-in": 1 }),
            json!({ "user": "a", "users": 2 }),
            json!({ "user": "a", "requests-one-in": 0 }),
            json!({ "user": "a", "harms": [] }),
            json!({ "user": "a", "slowdown": 0.9 }),
        ] {
            assert!(read(wrong.clone()).check().is_err(), "{wrong}");
        }
        assert!(serde_json::from_value::<Config>(json!({ "user": "a", "harms": ["explode"] })).is_err());
    }
}

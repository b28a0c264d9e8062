//! What the bundle says, and the load that follows from it.

use holdpoint::load::{Load, Pace as _};
use holdpoint::prelude::*;
use serde_json::Map;

const LONGEST: Millis = Millis(300_000);
const MOST_USERS: u32 = 10_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    user: String,
    /// What users are told otherwise than by `[user.config]`.
    #[serde(default)]
    tell: Map<String, Value>,
    #[serde(default = "twenty")]
    users: u32,
    #[serde(default = "six")]
    pub(crate) rounds: u32,
    #[serde(default = "one_second")]
    pace: Millis,
    #[serde(default = "twenty_seconds")]
    during: Millis,
    #[serde(default = "half_a_minute")]
    pub(crate) settles: Millis,
    pub(crate) service: String,
    #[serde(default = "usual_path")]
    pub(crate) path: String,
    pub(crate) live: Option<String>,
    pub(crate) memory: Option<String>,
    #[serde(default = "a_fiftieth")]
    pub(crate) growth: f64,
}

fn twenty() -> u32 {
    20
}

fn six() -> u32 {
    6
}

fn one_second() -> Millis {
    Millis(1_000)
}

fn twenty_seconds() -> Millis {
    Millis(20_000)
}

fn half_a_minute() -> Millis {
    Millis(30_000)
}

fn usual_path() -> String {
    "/metrics".to_owned()
}

fn a_fiftieth() -> f64 {
    0.02
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |why: String| Err(Error::new(why));
        if !(1..=MOST_USERS).contains(&self.users) {
            return refuse(format!("config.users is 1 to {MOST_USERS}, not {}", self.users));
        }
        if !(5..=20).contains(&self.rounds) {
            return refuse(format!("config.rounds is 5 to 20, not {}; fewer have no slope that is sure", self.rounds));
        }
        if self.during > LONGEST || self.settles > LONGEST {
            return refuse(format!("config.during and config.settles are at most {LONGEST}"));
        }
        if self.live.is_none() && self.memory.is_none() {
            return refuse("config.live and config.memory name no gauge, so nothing could be seen to stay".to_owned());
        }
        if !(self.growth > 0.0 && self.growth <= 1.0) {
            return refuse(format!("config.growth is a share above 0 and up to 1, not {}", self.growth));
        }
        if !self.path.starts_with('/') {
            return refuse(format!("config.path `{}` must begin with `/`", self.path));
        }
        Ok(())
    }

    pub(crate) fn load(&self) -> Load {
        let load = Load::constant_arrival_rate(self.users.per(self.pace)).during(self.during);
        let load = load.users(self.users, self.users).act_as(&self.user);
        if self.tell.is_empty() { load } else { load.telling(self.tell.clone()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_exceeds_a_bound_is_a_mistake_that_names_the_field() {
        let check = |more: &Value| {
            let mut config = json!({ "user": "a", "service": "backend", "live": "agents_live" });
            for (key, value) in more.as_object().into_iter().flatten() {
                config[key] = value.clone();
            }
            serde_json::from_value::<Config>(config).expect("a configuration").check()
        };
        assert!(check(&json!({})).is_ok());
        for (more, why) in [
            (json!({ "users": 0 }), "config.users is 1 to 10000, not 0"),
            (json!({ "users": 10_001 }), "not 10001"),
            (json!({ "rounds": 4 }), "config.rounds is 5 to 20, not 4"),
            (json!({ "rounds": 21 }), "not 21"),
            (json!({ "during": "301s" }), "at most 300000 ms"),
            (json!({ "settles": "301s" }), "at most 300000 ms"),
            (json!({ "live": null }), "config.live and config.memory name no gauge"),
            (json!({ "growth": 0.0 }), "config.growth"),
            (json!({ "growth": 1.1 }), "config.growth"),
            (json!({ "path": "metrics" }), "config.path `metrics`"),
        ] {
            let error = check(&more).expect_err(why).to_string();
            assert!(error.contains(why), "{more}: {error}");
        }
    }
}

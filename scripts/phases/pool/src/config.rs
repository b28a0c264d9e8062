//! What the bundle says, and the loads that follow from it.

use holdpoint::load::{Load, Pace as _};
use holdpoint::prelude::*;
use serde_json::Map;

const MOST_USERS: u32 = 10_000;
const MOST_STEPS: usize = 20;
const LONGEST: Millis = Millis(120_000);
/// Looks at the pool during a step.
const LOOKS: u32 = 30;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    user: String,
    /// What users are told otherwise than by `[user.config]`.
    #[serde(default)]
    tell: Map<String, Value>,
    #[serde(default = "a_hundred")]
    pub(crate) users: u32,
    up_to: Option<u32>,
    step: Option<u32>,
    #[serde(default = "two_seconds")]
    pace: Millis,
    #[serde(default = "half_a_minute")]
    during: Millis,
    #[serde(default = "half_a_minute")]
    pub(crate) settles: Millis,
    pub(crate) service: String,
    #[serde(default = "usual_path")]
    pub(crate) path: String,
    #[serde(default)]
    pub(crate) gauges: Gauges,
    #[serde(default)]
    pub(crate) waiting_at_most: u32,
    #[serde(default = "one_second")]
    pub(crate) waiting_for: Millis,
    #[serde(default = "most_of_them")]
    pub(crate) at_most: f64,
    pub(crate) source: Option<Source>,
}

/// The names of gauges, and of one counter.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Gauges {
    pub(crate) in_use: String,
    pub(crate) waiting: String,
    pub(crate) size: String,
    pub(crate) timeouts: String,
    pub(crate) timeout: String,
    pub(crate) idle: String,
}

impl Default for Gauges {
    fn default() -> Self {
        let [in_use, waiting, size, timeouts, timeout, idle] = [
            "db_pool_in_use",
            "db_pool_waiting",
            "db_pool_size",
            "db_pool_timeouts_total",
            "db_pool_timeout_seconds",
            "db_pool_idle",
        ]
        .map(String::from);
        Self { in_use, waiting, size, timeouts, timeout, idle }
    }
}

/// Where it stands how the pool is to be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) size: Option<String>,
    pub(crate) timeout: Option<String>,
}

fn a_hundred() -> u32 {
    100
}

fn two_seconds() -> Millis {
    Millis(2_000)
}

fn half_a_minute() -> Millis {
    Millis(30_000)
}

fn one_second() -> Millis {
    Millis(1_000)
}

fn usual_path() -> String {
    "/metrics".to_owned()
}

fn most_of_them() -> f64 {
    0.8
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |why: String| Err(Error::new(why));
        let (users, up_to, step) = (self.users, self.up_to(), self.step());
        if !(1..=MOST_USERS).contains(&users) || !(users..=MOST_USERS).contains(&up_to) {
            return refuse(format!(
                "config.users is {users} and config.up-to {up_to}: at least one has to be borne, and the knee is looked for beyond them, up to {MOST_USERS}"
            ));
        }
        if !(1..=users).contains(&step) {
            return refuse(format!("config.step is 1 to config.users, which is {users}, and not {step}"));
        }
        let steps = self.steps().len();
        if steps > MOST_STEPS {
            return refuse(format!(
                "{step} more each time are {steps} steps up to {up_to} users, and there are at most {MOST_STEPS}"
            ));
        }
        if !(Millis(500)..=LONGEST).contains(&self.during) || self.settles > LONGEST {
            return refuse(format!("config.during is 500 ms to {LONGEST}, and config.settles at most {LONGEST}"));
        }
        if self.waiting_for >= self.during {
            return refuse("config.waiting-for is not below config.during, so nobody could wait too long".to_owned());
        }
        if !(self.at_most > 0.0 && self.at_most <= 1.0) {
            return refuse(format!("config.at-most is a share above 0 and up to 1, not {}", self.at_most));
        }
        if !self.path.starts_with('/') {
            return refuse(format!("config.path `{}` must begin with `/`", self.path));
        }
        match &self.source {
            Some(Source { size: None, timeout: None, .. }) => {
                refuse("config.source names neither size nor timeout, so there is nothing to compare".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn up_to(&self) -> u32 {
        self.up_to.unwrap_or(self.users.saturating_mul(2).min(MOST_USERS))
    }

    fn step(&self) -> u32 {
        self.step.unwrap_or(self.users.div_ceil(4))
    }

    /// How many users act at each step, fewest first.
    pub(crate) fn steps(&self) -> Vec<u32> {
        let (step, up_to) = (self.step().max(1), self.up_to());
        let mut steps: Vec<u32> = (1..up_to.div_ceil(step)).map(|number| number * step).collect();
        steps.extend([self.users, up_to]);
        steps.sort_unstable();
        steps.dedup();
        steps
    }

    /// So many users, each anew at its pace.
    pub(crate) fn load(&self, users: u32) -> Load {
        let load = Load::constant_arrival_rate(users.per(self.pace)).during(self.during);
        let load = load.users(users, users).act_as(&self.user);
        if self.tell.is_empty() { load } else { load.telling(self.tell.clone()) }
    }

    /// How long between two looks.
    pub(crate) fn every(&self) -> Millis {
        Millis((self.during.0 / LOOKS).max(100))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(more: &Value) -> Config {
        let mut config = json!({ "user": "a", "service": "backend" });
        for (key, value) in more.as_object().into_iter().flatten() {
            config[key] = value.clone();
        }
        serde_json::from_value(config).expect("a configuration")
    }

    #[test]
    fn steps_go_to_the_users_and_beyond_them_to_the_knee() {
        for (more, steps) in [
            (json!({}), vec![25, 50, 75, 100, 125, 150, 175, 200]),
            (json!({ "up-to": 100 }), vec![25, 50, 75, 100]),
            (json!({ "users": 10, "step": 4, "up-to": 15 }), vec![4, 8, 10, 12, 15]),
            (json!({ "users": 1 }), vec![1, 2]),
            (json!({ "users": 10_000 }), vec![2_500, 5_000, 7_500, 10_000]),
        ] {
            let config = config(&more);
            assert_eq!((config.steps(), config.check().is_ok()), (steps, true), "{more}");
        }
    }

    #[test]
    fn what_exceeds_a_bound_is_a_mistake_that_names_the_field() {
        for (more, why) in [
            (json!({ "users": 0 }), "config.users is 0"),
            (json!({ "users": 10_001 }), "config.users is 10001"),
            (json!({ "up-to": 99 }), "config.up-to 99"),
            (json!({ "up-to": 10_001 }), "config.up-to 10001"),
            (json!({ "step": 0 }), "config.step is 1 to config.users"),
            (json!({ "step": 101 }), "not 101"),
            (json!({ "step": 9 }), "9 more each time are 24 steps up to 200 users"),
            (json!({ "during": "499ms" }), "config.during is 500 ms"),
            (json!({ "during": "121s" }), "config.during is 500 ms to 120000 ms"),
            (json!({ "settles": "121s" }), "config.settles at most 120000 ms"),
            (json!({ "waiting-for": "30s" }), "config.waiting-for is not below config.during"),
            (json!({ "at-most": 0.0 }), "config.at-most"),
            (json!({ "at-most": 1.1 }), "config.at-most"),
            (json!({ "path": "metrics" }), "config.path `metrics`"),
            (json!({ "source": { "file": "a.yaml" } }), "config.source names neither"),
        ] {
            let error = config(&more).check().expect_err(why).to_string();
            assert!(error.contains(why), "{more}: {error}");
        }
    }
}

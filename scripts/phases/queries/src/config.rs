//! What the bundle says: what is asked, and how often. More calls than the phase has are refused before the first look; how many samples and bytes answers
//! bring shows only when they come.

use std::collections::BTreeMap;

use holdpoint::prelude::*;

/// Queries of a phase: each may have 100 series, and a phase 1,000.
const MOST_QUERIES: usize = 10;
/// What may lie between two looks.
const SHORTEST: Millis = Millis(100);
/// Series that the host makes itself; the contract of `report` lists them.
pub(crate) const OF_THE_HOST: [&str; 14] = [
    "up",
    "up_duration_ms",
    "requests",
    "requests_bad",
    "request_duration_sum",
    "request_duration_bucket",
    "load_requests",
    "load_requests_bad",
    "load_request_duration_bucket",
    "users",
    "leaks",
    "own_canaries",
    "isolation_running",
    "isolation_success",
];

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    #[serde(default = "a_day")]
    pub(crate) during: Millis,
    #[serde(default = "half_a_minute")]
    pub(crate) every: Millis,
    /// The share of looks at which every query must have been answered, above 0 and up to 1.
    #[serde(default = "nearly_all")]
    pub(crate) at_least: f64,
    /// Rows that its check speaks for.
    #[serde(default)]
    pub(crate) requirements: Vec<String>,
    /// How many calls the bundle grants: `[phase.grants.limits] calls`. The phase is not told.
    #[serde(default = "usual_calls")]
    pub(crate) calls: u32,
    /// By the name of the series.
    #[serde(default)]
    pub(crate) queries: BTreeMap<String, Query>,
}

/// A question.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Query {
    pub(crate) service: String,
    pub(crate) promql: String,
    /// The name of a granted secret, for the header `authorization`.
    pub(crate) secret: Option<String>,
    /// A selector of what the answer follows from.
    pub(crate) evidence: Option<String>,
    #[serde(default = "five_minutes")]
    pub(crate) at_most_age: Millis,
}

impl Config {
    /// How many looks are due.
    pub(crate) fn looks(&self) -> u32 {
        self.during.0 / self.every.0.max(1)
    }

    pub(crate) fn check(&self) -> Result<()> {
        let refuse = |why: String| Err(Error::new(why));
        let Self { during, every, at_least, calls, queries, .. } = self;
        if *every < SHORTEST || during < every {
            return refuse(format!(
                "config.every is {every} and config.during {during}; there are at least {SHORTEST} between two looks, and one look at least"
            ));
        }
        if !(*at_least > 0.0 && *at_least <= 1.0) {
            return refuse(format!("config.at-least is a share above 0 and up to 1, not {at_least}"));
        }
        if queries.is_empty() || queries.len() > MOST_QUERIES {
            return refuse(format!("config.queries has {} queries; name 1 to {MOST_QUERIES}", queries.len()));
        }
        if let Some(name) = queries.keys().find(|name| !is_name(name)) {
            return refuse(format!(
                "config.queries.{name}: a series is named by letters, digits and `_`, no digit first, and not as one that the host makes"
            ));
        }
        let each: u64 = queries.values().map(|query| 1 + u64::from(query.evidence.is_some())).sum();
        let needed = u64::from(self.looks()) * (each + 1);
        if needed > u64::from(*calls) {
            return refuse(format!(
                "{} looks with {each} questions and a wait are {needed} calls, and the phase has {calls}; grant more (`calls` in \
                 [phase.grants.limits]) and say the same in config.calls, or ask less often",
                self.looks()
            ));
        }
        Ok(())
    }
}

fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.len() <= 128
        && name.starts_with(|c: char| plain(c) && !c.is_ascii_digit())
        && name.chars().all(plain)
        && !OF_THE_HOST.contains(&name)
}

fn a_day() -> Millis {
    Millis(24 * 3_600_000)
}

fn half_a_minute() -> Millis {
    Millis(30_000)
}

fn five_minutes() -> Millis {
    Millis(5 * 60_000)
}

fn nearly_all() -> f64 {
    0.9
}

fn usual_calls() -> u32 {
    10_000
}

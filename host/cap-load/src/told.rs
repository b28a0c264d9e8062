//! What a load tells of itself: windows while it lasts, a summary at its end. Counts are of this load alone, and nothing stands for nothing:
//! where there was no exchange there is no quantile.
//!
//! A day of ten routes has 864,000 counts of a route. So these are written as lists, in the order of their fields; both lists and objects are read.

use holdpoint_cap_http::user::Harm;
use serde::{Deserialize, Serialize, Serializer};

use crate::CheckTold;

/// What happened in a second, or in a minute where seconds were not asked for in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// From the start of the load, in milliseconds of its plan.
    pub at_ms: f64,
    pub length_ms: f64,
    /// Which host it was that sent, counted from 1.
    pub incarnation: u32,
    /// Users that were doing something at its end.
    pub users: u32,
    pub iterations: Iterations,
    pub routes: Vec<RouteCounts>,
}

/// Iterations, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Iterations {
    pub started: u32,
    pub ended: u32,
    /// Of those that ended: something failed, or the user did not go on.
    pub failed: u32,
    /// Due, and not started, because no user was free or the time for it had passed.
    pub dropped: u32,
    /// Started more than [`LATE_MS`](crate::LATE_MS) after they were due.
    pub late: u32,
}

/// The exchanges of a route.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteCounts {
    /// E.g. `GET backend /health`, or `other` for all routes beyond the bound.
    pub route: String,
    pub exchanges: u32,
    pub failures: Failures,
    /// Made to go wrong; neither good nor failed.
    pub deliberate: u32,
    pub sent_bytes: f64,
    pub received_bytes: f64,
    /// From when an iteration was due, so that waiting for a slow answer before it counts. Absent without exchanges.
    pub latency: Option<Quantiles>,
    /// From when the request was sent.
    pub service: Option<Quantiles>,
}

/// Failed exchanges by why.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Failures {
    pub connect: u32,
    pub tls: u32,
    pub timeout: u32,
    pub reset: u32,
    pub malformed: u32,
    pub status: u32,
    pub content: u32,
}

/// Times in milliseconds. Quantiles are of a histogram with three significant digits.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantiles {
    pub min: f64,
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

/// A time in which no iteration was good.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outage {
    /// When the first failed iteration was due, from the start of the load.
    pub from_ms: f64,
    /// Until the next good one was due; until the last one that was due, if none was good.
    pub length_ms: f64,
    /// A good one came after.
    pub over: bool,
}

/// What one host has done of a load.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incarnation {
    /// How far in the plan it began and was counted last.
    pub from_ms: f64,
    pub to_ms: f64,
    pub iterations: Iterations,
    /// Exchanges that were counted.
    pub exchanges: u32,
    /// Iterations that were under way when it was counted last: what they sent is not counted.
    pub under_way: u32,
    /// It ended with its host. What it did after `to_ms`, less than two seconds, is not counted.
    pub cut_off: bool,
}

/// Whether a threshold holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ThresholdResult {
    pub metric: String,
    pub expression: String,
    /// Absent where there were no data; then it does not hold.
    pub observed: Option<f64>,
    pub holds: bool,
}

/// Why a load has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum End {
    /// Its plan was through.
    Completed,
    /// The phase stopped it.
    Stopped,
    /// A threshold with `abort-after` did not hold; which.
    Threshold(String),
    /// The target suffered; how.
    Guard(String),
    /// A bound of the grant was reached; which.
    Bound(String),
    /// No user was left; why the first went.
    Users(String),
}

/// What a user was shown of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeakTold {
    pub owner: u32,
    /// Which load of the run the owner is of, and of which of its hosts, if not of this one.
    pub owner_load: Option<String>,
    pub shown_to: u32,
    pub route: String,
    pub form: String,
}

/// A route that shows everybody's texts on purpose, by the bundle's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedRoute {
    /// Or `other` for all routes beyond the bound.
    pub route: String,
    /// How often somebody was shown a text of somebody else there, which is no leak.
    pub times: u32,
}

/// How often something went wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmCount {
    pub harm: Harm,
    pub times: u32,
}

/// What went wrong on purpose. All exchanges of harmed users are deliberate, and feed nothing; nor do their iterations, or their ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disturbed {
    /// With which the same goes wrong again.
    pub seed: u32,
    /// Iterations of harmed users.
    pub iterations: u32,
    /// Harmed users that ended before the load did.
    pub users_lost: u32,
    /// By kind.
    pub harms: Vec<HarmCount>,
}

/// The whole load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    pub end: End,
    /// There was an exchange. Without one nothing is good, whatever else stands here.
    pub exercised: bool,
    /// A host was gone in between.
    pub interrupted: bool,
    /// Of the plan, in milliseconds.
    pub elapsed_ms: f64,
    pub planned_ms: f64,
    pub iterations: Iterations,
    /// How late the latest start was.
    pub latest_ms: f64,
    /// One entry each host.
    pub incarnations: Vec<Incarnation>,
    pub routes: Vec<RouteCounts>,
    pub thresholds: Vec<ThresholdResult>,
    /// The first and the longest.
    pub outages: Vec<Outage>,
    pub outage_count: u32,
    pub longest_outage_ms: f64,
    /// What users said of their answers. Checks beyond 32 are counted together under `other`.
    pub checks: Vec<CheckTold>,
    /// How often users were shown their own canaries. Where that never was, no leak proves nothing.
    pub own_count: u32,
    pub leak_count: u32,
    pub leaks: Vec<LeakTold>,
    /// Where texts of others were shown on purpose, in the order in which they came up.
    pub shared: Vec<SharedRoute>,
    /// What went wrong on purpose, where the plan wanted it.
    pub disturbed: Option<Disturbed>,
    /// Users that were opened.
    pub users: u32,
    /// The most of them that had an iteration under way at one time.
    pub users_at_once: u32,
    /// Users that ended before the load did.
    pub users_lost: u32,
    /// Why the first of them did.
    pub first_loss: Option<String>,
    /// Windows that were thrown away because nobody asked for them in time; their counts are in the totals.
    pub windows_lost: u32,
    /// Windows that no poll has told.
    pub windows: Vec<Window>,
}

impl Failures {
    /// All of them.
    pub fn all(&self) -> u32 {
        self.counts().into_iter().fold(0, u32::saturating_add)
    }

    fn counts(&self) -> [u32; 7] {
        let Self { connect, tls, timeout, reset, malformed, status, content } = *self;
        [connect, tls, timeout, reset, malformed, status, content]
    }
}

impl Serialize for RouteCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { route, exchanges, failures, deliberate, sent_bytes, received_bytes, latency, service } = self;
        (route, exchanges, failures, deliberate, sent_bytes, received_bytes, latency, service).serialize(serializer)
    }
}

impl Serialize for Failures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counts = self.counts();
        // What is left out at the end is none.
        let told = counts.iter().rposition(|count| *count > 0).map_or(0, |last| last + 1);
        serializer.collect_seq(&counts[..told])
    }
}

impl Serialize for Quantiles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { min, mean, p50, p90, p95, p99, max } = *self;
        [min, mean, p50, p90, p95, p99, max].serialize(serializer)
    }
}

impl Summary {
    /// Texts that servers or modules may have had a hand in.
    pub(crate) fn texts(&mut self) -> impl Iterator<Item = &mut String> {
        let end = match &mut self.end {
            End::Users(text) => Some(text),
            _ => None,
        };
        let leaks = self.leaks.iter_mut().flat_map(|leak| [&mut leak.route, &mut leak.form]);
        let checks = self.checks.iter_mut().map(|check| &mut check.name);
        let shared = self.shared.iter_mut().map(|shared| &mut shared.route);
        end.into_iter().chain(&mut self.first_loss).chain(leaks).chain(checks).chain(shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(failures: Failures, latency: Option<Quantiles>) -> RouteCounts {
        RouteCounts {
            route: "GET backend /".into(),
            exchanges: 7,
            failures,
            deliberate: 1,
            sent_bytes: 10.0,
            received_bytes: 20.0,
            latency,
            service: None,
        }
    }

    #[test]
    fn counts_of_a_route_are_a_list_and_are_read_back() {
        let times = Quantiles { min: 1.0, mean: 2.5, p50: 2.0, p90: 3.0, p95: 4.0, p99: 5.0, max: 6.0 };
        let failures = Failures { tls: 2, status: 1, ..Failures::default() };
        for (counts, text) in [
            (counts(Failures::default(), None), r#"["GET backend /",7,[],1,10.0,20.0,null,null]"#),
            (
                counts(failures, Some(times)),
                r#"["GET backend /",7,[0,2,0,0,0,1],1,10.0,20.0,[1.0,2.5,2.0,3.0,4.0,5.0,6.0],null]"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&counts).unwrap(), text);
            assert_eq!(serde_json::from_str::<RouteCounts>(text).unwrap(), counts);
        }
    }

    #[test]
    fn the_objects_of_earlier_versions_are_read() {
        let text = r#"{"route":"GET backend /","exchanges":7,"deliberate":1,"sent_bytes":10.0,"received_bytes":20.0,
            "failures":{"connect":0,"tls":2,"timeout":0,"reset":0,"malformed":0,"status":1,"content":0},
            "latency":{"min":1.0,"mean":2.5,"p50":2.0,"p90":3.0,"p95":4.0,"p99":5.0,"max":6.0},"service":null}"#;
        let times = Quantiles { min: 1.0, mean: 2.5, p50: 2.0, p90: 3.0, p95: 4.0, p99: 5.0, max: 6.0 };
        let failures = Failures { tls: 2, status: 1, ..Failures::default() };
        assert_eq!(serde_json::from_str::<RouteCounts>(text).unwrap(), counts(failures, Some(times)));
    }

    #[test]
    fn a_list_that_is_too_long_or_too_short_is_refused() {
        for text in [
            r#"["r",7,[],1,10.0,20.0,null]"#,
            r#"["r",7,[],1,10.0,20.0,null,null,0]"#,
            r#"["r",7,[0,0,0,0,0,0,0,0],1,10.0,20.0,null,null]"#,
            r#"["r",7,[],1,10.0,20.0,[1.0,2.0],null]"#,
        ] {
            assert!(serde_json::from_str::<RouteCounts>(text).is_err(), "{text}");
        }
    }
}

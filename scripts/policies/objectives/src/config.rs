//! What is wanted, and which rows it answers.

use holdpoint::policy::Names;
use holdpoint::policy::prelude::*;

/// Everything is optional; an objective none of whose rows the bundle lets this policy claim is not judged.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    pub(crate) series: Names,
    /// What is older is not looked at again before the last evaluation.
    pub(crate) settle: Millis,
    pub(crate) errors: Exchanges,
    pub(crate) p95: Exchanges,
    pub(crate) availability: Probes,
    pub(crate) cpu: Level,
    pub(crate) memory: Level,
    pub(crate) connections: Level,
    pub(crate) leak: Leak,
    pub(crate) drift: Drift,
    pub(crate) gap: Gap,
    pub(crate) users: Users,
}

/// Of all exchanges. `limit` is a share, or seconds.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchanges {
    pub(crate) rows: Vec<String>,
    pub(crate) limit: f64,
    /// Exchanges that lack count as if nobody had seen them.
    pub(crate) at_least: u64,
}

/// Of the probes of each service.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Probes {
    pub(crate) rows: Vec<String>,
    /// The services that are probed all the time; without any, all that somebody asks.
    #[serde(default)]
    pub(crate) services: Vec<String>,
    /// The share of good probes is above this.
    pub(crate) limit: f64,
    /// A probe of each route is made so often; where there is none, nobody saw.
    pub(crate) every: Millis,
    /// Probes of all routes of the service together. Those that lack count as if nobody had seen them.
    pub(crate) at_least: u64,
}

/// Of each instance: below `limit`, but for less time than `hold`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Level {
    pub(crate) rows: Vec<String>,
    pub(crate) limit: f64,
    pub(crate) hold: Millis,
}

/// Of the memory of each instance: no leak and no step.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Leak {
    pub(crate) rows: Vec<String>,
    /// Growth by the hour, as a share of the baseline, that is none yet.
    pub(crate) per_hour: f64,
    /// The height of a step, as a share of the baseline, that is none yet.
    pub(crate) step: f64,
    pub(crate) warm_up: Millis,
    pub(crate) bucket: Millis,
    pub(crate) reach: Millis,
}

/// Of the memory of each instance: at the end within this share of its baseline, with the points of [`Leak`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Drift {
    pub(crate) rows: Vec<String>,
    pub(crate) limit: f64,
}

/// Of the probes of each service while traffic is shifted: none fails, and no two are further apart than `every` twice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gap {
    pub(crate) rows: Vec<String>,
    /// What the series is called.
    pub(crate) series: String,
    pub(crate) every: Millis,
}

/// So many users at one time, at least once.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Users {
    pub(crate) rows: Vec<String>,
    /// What the series is called.
    pub(crate) series: String,
    pub(crate) at_least: f64,
}

impl Default for Config {
    fn default() -> Self {
        let rows = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>();
        let minutes = |count: u32| Millis(count * 60_000);
        let level = |row: &str, limit: f64| Level { rows: rows(&[row]), limit, hold: minutes(5) };
        Self {
            series: Names::default(),
            settle: minutes(5),
            errors: Exchanges { rows: rows(&["P4.1.errors", "CRIT-8", "SUC-2"]), limit: 0.01, at_least: 1_000 },
            p95: Exchanges { rows: rows(&["P4.1.p95", "CRIT-9", "SUC-2"]), limit: 2.0, at_least: 1_000 },
            availability: Probes {
                rows: rows(&["P4.1.availability", "SUC-2"]),
                services: Vec::new(),
                limit: 0.999,
                every: Millis(30_000),
                at_least: 2_880,
            },
            cpu: level("P4.1.cpu", 0.7),
            memory: level("P4.1.memory", 0.8),
            connections: level("P4.1.connections", 0.8),
            leak: Leak {
                rows: rows(&["P4.1.leak", "CRIT-7"]),
                per_hour: 0.01,
                step: 0.05,
                warm_up: minutes(60),
                bucket: minutes(60),
                reach: minutes(5),
            },
            drift: Drift { rows: rows(&["SUC-2"]), limit: 0.05 },
            gap: Gap { rows: rows(&["SUC-1.gap"]), series: "shift_up".to_owned(), every: Millis(1_000) },
            users: Users { rows: rows(&["SUC-3.users"]), series: "users".to_owned(), at_least: 150.0 },
        }
    }
}

//! What the bundle says: what is watched, and how often.

use std::collections::BTreeMap;
use std::fmt;

use holdpoint::prelude::*;
use serde::Deserializer;
use serde::de::{Error as _, Visitor};

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Config {
    #[serde(default = "a_day")]
    pub(crate) during: Millis,
    #[serde(default = "half_a_minute")]
    pub(crate) every: Millis,
    /// From one look that states samples to the next; a multiple of `every`.
    pub(crate) sample_every: Option<Millis>,
    /// The limit for one request. 10 s or `every`, whichever is less.
    pub(crate) timeout: Option<Millis>,
    /// The share of looks that must have been made, above 0 and up to 1.
    #[serde(default = "nearly_all")]
    pub(crate) at_least: f64,
    /// Rows that its own check speaks for.
    #[serde(default)]
    pub(crate) requirements: Vec<String>,
    /// How many calls the bundle grants: `[phase.grants.limits] calls`. The phase is not told.
    #[serde(default = "usual_calls")]
    pub(crate) calls: u32,
    #[serde(default)]
    pub(crate) services: BTreeMap<String, Watched>,
}

/// What is looked at of a service.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Watched {
    /// Paths that are probed.
    #[serde(default)]
    pub(crate) endpoints: Vec<String>,
    pub(crate) metrics: Option<Metrics>,
}

/// What a service tells of itself in the text format of Prometheus. What one instance has several samples of is added up.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metrics {
    #[serde(default = "usual_path")]
    pub(crate) path: String,
    pub(crate) cpu: Option<Processors>,
    pub(crate) memory: Option<Memory>,
    pub(crate) connections: Option<Connections>,
    pub(crate) served: Option<Served>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Processors {
    /// Seconds of processor since the process began.
    pub(crate) counter: Option<String>,
    /// Processors in use now; instead of a counter.
    pub(crate) gauge: Option<String>,
    /// How many processors it may use.
    pub(crate) of: Limit,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Memory {
    /// Bytes.
    pub(crate) gauge: String,
    /// How many it may have. Without it there is no share.
    pub(crate) of: Option<Limit>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connections {
    /// Connections in use.
    pub(crate) gauge: String,
    /// How many the pool has.
    pub(crate) of: Limit,
}

/// Counters of what an instance has served to whomever since its process began.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Served {
    /// Requests.
    pub(crate) requests: String,
    /// Those that failed.
    pub(crate) errors: String,
    /// The histogram of the seconds that answers took, without `_bucket`.
    pub(crate) duration: Option<String>,
}

/// What a share is of.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Limit {
    /// So much for each instance.
    Number(f64),
    /// What each instance says in this gauge.
    Gauge(String),
}

impl Metrics {
    /// How many samples an instance has at a look.
    pub(crate) fn samples(&self) -> u32 {
        let memory = self.memory.as_ref().map_or(0, |memory| 1 + u32::from(memory.of.is_some()));
        u32::from(self.cpu.is_some()) + memory + u32::from(self.connections.is_some())
    }

    /// How many samples there are of all instances together, if each has so many bounds of times.
    pub(crate) fn samples_of_all(&self, bounds: u32) -> u32 {
        self.served.as_ref().map_or(0, |served| 2 + if served.duration.is_some() { bounds } else { 0 })
    }
}

/// By hand, because an untagged enum would lose the message of what is wrong.
impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;

        impl Visitor<'_> for Form {
            type Value = Limit;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number above 0, or the name of a gauge that says it")
            }

            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Limit, E> {
                if number.is_finite() && number > 0.0 {
                    return Ok(Limit::Number(number));
                }
                Err(E::invalid_value(serde::de::Unexpected::Float(number), &self))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Limit, E> {
                self.visit_f64(number as f64)
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Limit, E> {
                self.visit_f64(number as f64)
            }

            fn visit_str<E: serde::de::Error>(self, gauge: &str) -> Result<Limit, E> {
                if gauge.is_empty() {
                    return Err(E::invalid_value(serde::de::Unexpected::Str(gauge), &self));
                }
                Ok(Limit::Gauge(gauge.to_owned()))
            }
        }

        deserializer.deserialize_any(Form).map_err(D::Error::custom)
    }
}

fn a_day() -> Millis {
    Millis(24 * 3_600_000)
}

fn half_a_minute() -> Millis {
    Millis(30_000)
}

fn nearly_all() -> f64 {
    0.9
}

fn usual_calls() -> u32 {
    10_000
}

fn usual_path() -> String {
    "/metrics".to_owned()
}

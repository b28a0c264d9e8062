//! What series are called, and what is measured with them. A bundle may call them otherwise.

use alloc::borrow::ToOwned;
use alloc::string::String;

use serde::Deserialize;

use crate::trend::Settings;
use crate::{Across, Counted, Expression, Measure, Over, Selector, Span};

/// Names of series, each with what its samples are.
///
/// Series that count in slots have one sample a slot, at the slot's first moment, which counts what happened in it. A slot is a window of its load (a
/// second as a rule), and of `request_duration` ten seconds. Each series has the label `phase`, besides those that are named here. A source that has
/// ended says so by an end, so that its silence is not taken for blindness.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Names {
    /// Exchanges of each slot; labels `load`, `route`.
    pub requests: String,
    /// Those that failed: a status from 500 on, no connection, no answer in time. A slot that has `requests` has it too, if only as 0.
    pub requests_bad: String,
    /// Exchanges of each slot of ten seconds that took at most `le` seconds, up to `+Inf`; labels `load`, `route`, `le`. Those of the host count what
    /// quantiles make certain: never more than there were.
    pub request_duration: String,
    /// 1 for a request to a service that was answered with a status below 500, else 0; labels `service`, `route`.
    pub up: String,
    /// The share of its processors that an instance uses, 0 to 1; labels `service`, `instance`.
    pub cpu: String,
    /// The share of its memory.
    pub memory: String,
    /// The share of its pool of connections.
    pub connections: String,
    /// Bytes of memory.
    pub memory_bytes: String,
    /// The share of users of a load, at the least, who saw nothing of others, 0 to 1; label `load`. Not there where users never saw themselves.
    pub isolation: String,
    /// 1 while a load of users goes on, 0 when it has ended; label `load`.
    pub isolation_running: String,
    /// What users were shown of others since the load was asked before; label `load`.
    pub leaks: String,
    /// The share of logins that succeeded, 0 to 1.
    pub login: String,
}

impl Default for Names {
    fn default() -> Self {
        let name = str::to_owned;
        Self {
            requests: name("requests"),
            requests_bad: name("requests_bad"),
            request_duration: name("request_duration_bucket"),
            up: name("up"),
            cpu: name("cpu_share"),
            memory: name("memory_share"),
            connections: name("connections_share"),
            memory_bytes: name("memory_bytes"),
            isolation: name("isolation_success"),
            isolation_running: name("isolation_running"),
            leaks: name("leaks"),
            login: name("login_success"),
        }
    }
}

impl Names {
    /// The share of exchanges of a window that failed.
    pub fn errors(&self, window: Span) -> Expression {
        let (part, whole) = (Selector::new(&self.requests_bad), Selector::new(&self.requests));
        Expression::of(Measure::Ratio { part, whole, window, counted: Counted::Slots })
    }

    /// The time in seconds within which this share of the exchanges of a window ended.
    pub fn quantile(&self, share: f64, window: Span) -> Expression {
        let buckets = Selector::new(&self.request_duration);
        Expression::of(Measure::Quantile { buckets, share, window, counted: Counted::Slots })
    }

    /// How much of its baseline the memory of each instance grows by the hour.
    pub fn memory_trend(&self, window: Span, settings: Settings) -> Expression {
        let selector = Selector::new(&self.memory_bytes);
        Expression::of(Measure::Trend { selector, window, settings }).by(&["service", "instance"])
    }

    /// The lowest share of users who saw nothing of others.
    pub fn isolated(&self) -> Expression {
        gauge(&self.isolation, Across::Lowest)
    }
}

/// What is now, over all series of a name.
pub fn gauge(name: &str, across: Across) -> Expression {
    Expression::of(Measure::Gauge { selector: Selector::new(name), over: Over::Now, across })
}

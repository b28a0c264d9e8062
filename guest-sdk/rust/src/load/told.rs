//! What a load tells.

use std::fmt;

use super::Disturbed;
use crate::isolation::Isolation;

/// Iterations, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Iterations {
    /// Begun.
    pub started: u32,
    /// Ended, well or not.
    pub ended: u32,
    /// Ended, and something failed.
    pub failed: u32,
    /// Due, and not started: no user was free, or they were more than a second late.
    pub dropped: u32,
    /// Started more than 50 ms after they were due.
    pub late: u32,
}

/// Failed exchanges by why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// No connection.
    pub connect: u32,
    /// No TLS.
    pub tls: u32,
    /// Not in time.
    pub timeout: u32,
    /// The connection ended before the answer did.
    pub reset: u32,
    /// The answer was not HTTP, or too large.
    pub malformed: u32,
    /// Another status than was expected.
    pub status: u32,
    /// A user said that the answer was wrong.
    pub content: u32,
}

impl Failures {
    /// All of them.
    pub fn all(&self) -> u32 {
        let Self { connect, tls, timeout, reset, malformed, status, content } = *self;
        [connect, tls, timeout, reset, malformed, status, content].into_iter().fold(0, u32::saturating_add)
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connect, tls, timeout, reset, malformed, status, content } = *self;
        let named = [
            (connect, "connect"),
            (tls, "TLS"),
            (timeout, "timeout"),
            (reset, "reset"),
            (malformed, "malformed"),
            (status, "status"),
            (content, "content"),
        ];
        let words: Vec<String> =
            named.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
        f.write_str(&words.join(", "))
    }
}

/// Times in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is named for what it is")]
pub struct Quantiles {
    pub min: f64,
    pub mean: f64,
    pub p50: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

/// The exchanges of a route.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// E.g. `GET backend /health`.
    pub route: String,
    /// All of them.
    pub exchanges: u32,
    /// Those that failed.
    pub failures: Failures,
    /// Those that were made to go wrong.
    pub deliberate: u32,
    /// Bytes of requests.
    pub sent_bytes: f64,
    /// Bytes of answers.
    pub received_bytes: f64,
    /// From when the iteration was due.
    pub latency: Option<Quantiles>,
    /// From when the request was sent.
    pub service: Option<Quantiles>,
}

/// A second, or a minute.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// Milliseconds since the start of the load.
    pub at_ms: f64,
    /// Milliseconds that it covers.
    pub length_ms: f64,
    /// Which host it was, counted from 1.
    pub incarnation: u32,
    /// Users that were doing something at its end.
    pub users: u32,
    /// Its iterations.
    pub iterations: Iterations,
    /// Its exchanges.
    pub routes: Vec<Route>,
}

/// A time without a good iteration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outage {
    /// When the first failed iteration was due.
    pub from_ms: f64,
    /// Until the next good one was due.
    pub length_ms: f64,
    /// A good one came after.
    pub over: bool,
}

/// What one host has done of a load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Incarnation {
    /// Where in the plan it began.
    pub from_ms: f64,
    /// Where it was counted last.
    pub to_ms: f64,
    /// Its iterations.
    pub iterations: Iterations,
    /// Exchanges that were counted.
    pub exchanges: u32,
    /// Iterations under way when it was counted last.
    pub under_way: u32,
    /// It ended with its host.
    pub cut_off: bool,
}

/// Whether a threshold holds.
#[derive(Clone, Debug, PartialEq)]
pub struct ThresholdResult {
    /// As it was planned.
    pub metric: String,
    /// As it was planned.
    pub expression: String,
    /// Absent without data.
    pub observed: Option<f64>,
    /// Never without data.
    pub holds: bool,
}

/// A text of one user in what another was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    /// Whose it is.
    pub owner: u32,
    /// Which load of the run the owner is of, and of which of its hosts, if not of this one.
    pub owner_load: Option<String>,
    /// Who was shown it.
    pub shown_to: u32,
    /// Where.
    pub route: String,
    /// How it stood there.
    pub form: String,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { owner, owner_load, shown_to, route, form } = self;
        let of = owner_load.as_ref().map_or_else(String::new, |load| format!(" of {load}"));
        write!(f, "user {shown_to} was shown a text of user {owner}{of} by {route} ({form})")
    }
}

/// What users said of their answers under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// What they wanted.
    pub name: String,
    /// How often it was so.
    pub good: u32,
    /// And how often it was not.
    pub wrong: u32,
}

/// A route that shows everybody's texts on purpose, by the bundle's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedRoute {
    /// Where.
    pub route: String,
    /// How often somebody was shown a text of somebody else there, which is no leak.
    pub times: u32,
}

impl fmt::Display for SharedRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.times {
            1 => write!(f, "{} once", self.route),
            times => write!(f, "{} {times} times", self.route),
        }
    }
}

/// Why a load has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// Its plan was through.
    Completed,
    /// The phase stopped it.
    Stopped,
    /// A threshold did not hold.
    Threshold(String),
    /// The target suffered.
    Guard(String),
    /// A bound of the grant was reached.
    Bound(String),
    /// No user was left.
    Users(String),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Completed => f.write_str("completed"),
            Self::Stopped => f.write_str("stopped"),
            Self::Threshold(why) | Self::Guard(why) | Self::Bound(why) => write!(f, "ended: {why}"),
            Self::Users(why) => write!(f, "ended: no user was left: {why}"),
        }
    }
}

/// The whole load.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Why it has ended.
    pub end: End,
    /// There was an exchange. Without one nothing is good.
    pub exercised: bool,
    /// A host was gone in between.
    pub interrupted: bool,
    /// Milliseconds of the plan.
    pub elapsed_ms: f64,
    /// Milliseconds that were planned.
    pub planned_ms: f64,
    /// Its iterations.
    pub iterations: Iterations,
    /// How late the latest start was.
    pub latest_ms: f64,
    /// One entry each host.
    pub incarnations: Vec<Incarnation>,
    /// Its exchanges.
    pub routes: Vec<Route>,
    /// Its thresholds.
    pub thresholds: Vec<ThresholdResult>,
    /// The first ones, and the longest.
    pub outages: Vec<Outage>,
    /// All of them.
    pub outage_count: u32,
    /// The longest of them.
    pub longest_outage_ms: f64,
    /// What users said of their answers.
    pub checks: Vec<Said>,
    /// How often users were shown their own canaries. Where that never was, no leak proves nothing.
    pub own_count: u32,
    /// All leaks.
    pub leak_count: u32,
    /// The first ones.
    pub leaks: Vec<Leak>,
    /// Routes that showed texts of others on purpose, which is no leak.
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
    /// Windows that are gone because nobody asked in time.
    pub windows_lost: u32,
    /// Windows that no progress has told.
    pub windows: Vec<Window>,
}

impl Summary {
    /// All exchanges.
    pub fn exchanges(&self) -> u32 {
        self.routes.iter().fold(0, |all, route| all.saturating_add(route.exchanges))
    }

    /// Those that failed.
    pub fn failed(&self) -> u32 {
        self.routes.iter().fold(0, |all, route| all.saturating_add(route.failures.all()))
    }

    /// Those that were made to go wrong, which count neither as good nor as failed.
    pub fn deliberate(&self) -> u32 {
        self.routes.iter().fold(0, |all, route| all.saturating_add(route.deliberate))
    }

    /// What it has shown about users who are to be isolated from each other.
    pub fn isolation(&self) -> Isolation {
        let (own, leaks) = (self.own_count.into(), self.leak_count.into());
        Isolation { exchanges: self.exchanges().into(), own, leaks }
    }

    /// What showed texts of others on purpose, to be put behind what was observed: `; shared as declared: …`. Empty where nothing did.
    pub fn shared_words(&self) -> String {
        let shared: Vec<String> = self.shared.iter().map(SharedRoute::to_string).collect();
        if shared.is_empty() { String::new() } else { format!("; shared as declared: {}", shared.join(", ")) }
    }

    /// It was exercised, went through its plan without an interruption, and every threshold holds. A load without thresholds claims nothing, so it
    /// is never good.
    pub fn is_good(&self) -> bool {
        let through = matches!(self.end, End::Completed | End::Stopped);
        let holds = !self.thresholds.is_empty() && self.thresholds.iter().all(|threshold| threshold.holds);
        self.exercised && through && !self.interrupted && holds
    }

    /// In one line, for a check.
    pub fn words(&self) -> String {
        if !self.exercised {
            return format!("no exchange at all; {}", self.end);
        }
        let mut words = format!("{} exchanges, {} failed", self.exchanges(), self.failed());
        for route in self.routes.iter().filter(|route| route.failures.all() > 0).take(3) {
            words += &format!(" ({}: {})", route.route, route.failures);
        }
        for said in self.checks.iter().filter(|said| said.wrong > 0).take(3) {
            words += &format!(", \"{}\" was wrong {} times", said.name, said.wrong);
        }
        if self.iterations.dropped > 0 {
            words += &format!(", {} dropped", self.iterations.dropped);
        }
        for threshold in self.thresholds.iter().filter(|threshold| !threshold.holds).take(3) {
            let seen = threshold.observed.map_or_else(|| "no data".to_owned(), |seen| format!("{seen:.3}"));
            words += &format!("; {} {} with {seen}", threshold.metric, threshold.expression);
        }
        if self.interrupted {
            words += "; the host was gone in between";
        }
        format!("{words}; {}", self.end)
    }
}

//! The plan of a load.

use super::Disturbance;
use crate::{Millis, Request};

/// So many iterations in a unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub(crate) count: u32,
    pub(crate) unit: Millis,
}

/// Counts as rates: `10.per_second()`.
pub trait Pace {
    /// In each second.
    fn per_second(self) -> Rate;
    /// In each minute.
    fn per_minute(self) -> Rate;
    /// In each unit of that length, 1 ms to one hour.
    fn per(self, unit: Millis) -> Rate;
}

impl Pace for u32 {
    fn per_second(self) -> Rate {
        Rate { count: self, unit: Millis(1_000) }
    }

    fn per_minute(self) -> Rate {
        Rate { count: self, unit: Millis(60_000) }
    }

    fn per(self, unit: Millis) -> Rate {
        Rate { count: self, unit }
    }
}

/// From what was before to a target, in a straight line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// How long it lasts.
    pub duration: Millis,
    /// Users, or iterations in the unit of the first rate.
    pub target: u32,
}

/// A bound in k6's grammar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    pub(crate) metric: String,
    pub(crate) expression: String,
    pub(crate) abort_after: Option<Millis>,
}

/// When the host ends a load because its target suffers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guard {
    pub(crate) failed_share: f64,
    pub(crate) seconds: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Executor {
    ConstantVus { users: u32 },
    RampingVus { start: u32, stages: Vec<Stage> },
    ConstantArrivalRate { rate: Rate },
    RampingArrivalRate { start: Rate, stages: Vec<Stage> },
    PerVuIterations { users: u32, iterations: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Nothing was said yet; the host refuses it.
    Nothing,
    Request(Box<Request>),
    User {
        id: String,
        config: String,
    },
}

/// What is to be done, and how often.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a load puts nothing on anything until it is started"]
pub struct Load {
    pub(crate) executor: Executor,
    pub(crate) duration: Millis,
    pub(crate) pre_allocated: u32,
    pub(crate) max_users: u32,
    pub(crate) work: Work,
    pub(crate) expected: Vec<u16>,
    pub(crate) thresholds: Vec<Threshold>,
    pub(crate) guard: Option<Guard>,
    pub(crate) graceful_stop: Millis,
    pub(crate) disturbance: Option<Disturbance>,
}

impl Load {
    fn new(executor: Executor) -> Self {
        Self {
            executor,
            duration: Millis(60_000),
            pre_allocated: 1,
            max_users: 10,
            work: Work::Nothing,
            expected: Vec::new(),
            thresholds: Vec::new(),
            guard: None,
            graceful_stop: Millis(10_000),
            disturbance: None,
        }
    }

    /// So many users, each as fast as it can and the grant lets it.
    pub fn constant_vus(users: u32) -> Self {
        Self::new(Executor::ConstantVus { users })
    }

    /// The same, with a number that changes.
    pub fn ramping_vus(start: u32, stages: impl IntoIterator<Item = Stage>) -> Self {
        Self::new(Executor::RampingVus { start, stages: stages.into_iter().collect() })
    }

    /// So many starts in each unit of time, whatever the answers take.
    pub fn constant_arrival_rate(rate: Rate) -> Self {
        Self::new(Executor::ConstantArrivalRate { rate })
    }

    /// The same, with a rate that changes.
    pub fn ramping_arrival_rate(start: Rate, stages: impl IntoIterator<Item = Stage>) -> Self {
        Self::new(Executor::RampingArrivalRate { start, stages: stages.into_iter().collect() })
    }

    /// Each user so often.
    pub fn per_vu_iterations(users: u32, iterations: u32) -> Self {
        Self::new(Executor::PerVuIterations { users, iterations })
    }

    /// How long it lasts, at most for [`per_vu_iterations`](Self::per_vu_iterations); one minute if it is not said. Stages have times of their own.
    pub fn during(mut self, duration: Millis) -> Self {
        self.duration = duration;
        self
    }

    /// For arrival rates: how many users are there from the start, and how many there may be. 1 and 10 if it is not said.
    pub fn users(mut self, pre_allocated: u32, most: u32) -> Self {
        (self.pre_allocated, self.max_users) = (pre_allocated, most);
        self
    }

    /// Repeats a request. Its time-out is that of each exchange; redirects are not followed.
    pub fn repeat(mut self, request: Request) -> Self {
        self.work = Work::Request(Box::new(request));
        self
    }

    /// Lets users of the bundle act, by the id of their `[[user]]`, which the grant of load has to name.
    pub fn act_as(mut self, id: impl Into<String>) -> Self {
        self.work = Work::User { id: id.into(), config: String::new() };
        self
    }

    /// Tells these users something else than the bundle does: the fields of an object take the place of those of `[user.config]`.
    pub fn telling(mut self, config: serde_json::Map<String, serde_json::Value>) -> Self {
        if let Work::User { config: told, .. } = &mut self.work {
            *told = serde_json::Value::Object(config).to_string();
        }
        self
    }

    /// The statuses that are right; 200 to 399 if it is not said.
    pub fn expecting(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        self.expected = statuses.into_iter().collect();
        self
    }

    /// A bound: `.threshold("http_req_duration", "p(95)<500")`.
    pub fn threshold(mut self, metric: impl Into<String>, expression: impl Into<String>) -> Self {
        let (metric, expression) = (metric.into(), expression.into());
        self.thresholds.push(Threshold { metric, expression, abort_after: None });
        self
    }

    /// The last threshold ends the load as soon as it does not hold, from this time on.
    pub fn aborting_after(mut self, delay: Millis) -> Self {
        if let Some(threshold) = self.thresholds.last_mut() {
            threshold.abort_after = Some(delay);
        }
        self
    }

    /// Ends the load when at least this share of the exchanges, above 0 to 1, fails for so many seconds; half for 10 s if it is not said.
    pub fn guarded(mut self, failed_share: f64, seconds: u32) -> Self {
        self.guard = Some(Guard { failed_share, seconds });
        self
    }

    /// How long iterations under way may take when no more start, at most 30 s; 10 s if it is not said.
    pub fn graceful_stop(mut self, time: Millis) -> Self {
        self.graceful_stop = time;
        self
    }

    /// Some of its users misbehave on purpose, and their connections are disturbed. The grant of load has to say `disturb = true`, and the
    /// operator's file has to name the environment.
    pub fn disturbed(mut self, disturbance: Disturbance) -> Self {
        self.disturbance = Some(disturbance);
        self
    }

    /// What it repeats, e.g. `GET backend /health`.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn work_in_words(&self) -> String {
        match &self.work {
            Work::Nothing => "nothing".to_owned(),
            Work::Request(request) => request.to_string(),
            Work::User { id, .. } => format!("user {id}"),
        }
    }
}

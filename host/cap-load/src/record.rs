//! Requests and responses, version 1 of the records. What a load has counted is in `told.rs`.

use holdpoint_cap_http::{self as http, user::Harm};
use holdpoint_gate::{Message, Scrubber};
use holdpoint_model::Body;
use serde::{Deserialize, Serialize};

use crate::{Summary, Window};

/// How long iterations under way may take when a load ends, if the plan does not say.
pub const DEFAULT_GRACEFUL_STOP_MS: u32 = 10_000;

/// What a guest asks. A load is the number of the call that started it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    Start(Box<Plan>),
    Poll { load: u32, wait_ms: u32 },
    Stop { load: u32 },
}

/// What is to be done, and how often.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    pub executor: Executor,
    pub work: Work,
    pub thresholds: Vec<Threshold>,
    /// Absent is [`Guard::default`].
    pub guard: Option<Guard>,
    /// How long iterations under way may take when no more are started.
    pub graceful_stop_ms: u32,
    /// What goes wrong on purpose.
    pub disturbance: Option<PlannedDisturbance>,
}

/// Some users misbehave, and their connections are disturbed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedDisturbance {
    /// The same seed is the same plan. Absent, it follows from the run and the load.
    pub seed: Option<u32>,
    /// Of so many users one is harmed.
    pub users_one_in: u32,
    /// Of so many requests of a harmed user one goes wrong.
    pub requests_one_in: u32,
    /// They take turns.
    pub harms: Vec<Harm>,
}

/// When iterations start; named and defined as in k6.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Executor {
    /// So many users, each as fast as it can.
    ConstantVus { vus: u32, duration_ms: u32 },
    /// The same, with a number that changes.
    RampingVus { start_vus: u32, stages: Vec<Stage> },
    /// So many starts in each unit of time, whatever the answers take.
    ConstantArrivalRate { rate: u32, time_unit_ms: u32, duration_ms: u32, pre_allocated_vus: u32, max_vus: u32 },
    /// The same, with a rate that changes.
    RampingArrivalRate { start_rate: u32, time_unit_ms: u32, stages: Vec<Stage>, pre_allocated_vus: u32, max_vus: u32 },
    /// Each user so often, and not longer than that.
    PerVuIterations { vus: u32, iterations: u32, max_duration_ms: u32 },
}

/// From what was before to the target, in a straight line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    pub duration_ms: u32,
    /// Users, or starts in a unit of time.
    pub target: u32,
}

/// What an iteration is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Work {
    /// A request, and the statuses that are right; none means 200 to 399.
    Request { request: http::Request, expected: Vec<u16> },
    /// Users of the bundle by their id, and a JSON object whose fields take the place of those of their configuration; empty if these stay
    /// as they are.
    User { id: String, config: String },
}

/// A bound in k6's grammar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// E.g. `http_req_duration`, or `http_req_duration{route:GET backend /health}`.
    pub metric: String,
    /// E.g. `p(95)<500`.
    pub expression: String,
    /// The load ends as soon as it does not hold, but not before this time.
    pub abort_after_ms: Option<u32>,
}

/// When a load ends because the target suffers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The share of failed exchanges, above 0 to 1.
    pub failed_share: f64,
    /// For so many seconds, one after the other, 1 to 300.
    pub seconds: u32,
}

impl Default for Guard {
    fn default() -> Self {
        Self { failed_share: 0.5, seconds: 10 }
    }
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Response {
    Started,
    Running(Progress),
    Ended(Box<Summary>),
}

/// How far a load is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Of the plan, in milliseconds.
    pub elapsed_ms: f64,
    pub planned_ms: f64,
    pub stage: CurrentStage,
    /// Users that are doing something.
    pub users: u32,
    /// Exchanges so far.
    pub exchanges: u32,
    pub failed: u32,
    pub leaks: u32,
    /// How often users were shown their own canaries.
    pub own_count: u32,
    /// What was not told before, oldest first.
    pub windows: Vec<Window>,
}

/// What of a plan goes on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CurrentStage {
    /// Counted from 1. A plan without stages is one.
    pub number: u32,
    pub count: u32,
    /// Of this stage alone.
    pub remaining_ms: f64,
}

impl Message for Request {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        if let Self::Start(plan) = self
            && let Work::Request { request, .. } = &mut plan.work
        {
            visit(&mut request.body);
        }
    }
}

impl Message for Response {
    fn scrub(&mut self, scrubber: &dyn Scrubber) {
        match self {
            Self::Ended(summary) => summary.texts().for_each(|text| scrubber.scrub_text(text)),
            Self::Started | Self::Running(_) => {}
        }
    }
}

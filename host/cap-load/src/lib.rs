//! Load: the same over and over, at a pace that a plan gives, counted where it happens.
//!
//! What a user does is not known here: a request that is repeated, or a module of its own instance. [`Users`] makes them, [`User`] is one.
//! Whether a plan may run is judged from the plan and the grants alone:
//!
//! ```
//! use std::time::Duration;
//!
//! use holdpoint_cap_http::{self as http, Target};
//! use holdpoint_cap_load::{Executor, Load, Plan, Request, Work};
//! use holdpoint_gate::Capability as _;
//! use holdpoint_model::{PhaseId, grant::{Grants, LoadGrant}};
//!
//! let probe = Plan {
//!     executor: Executor::ConstantArrivalRate {
//!         rate: 10,
//!         time_unit_ms: 1_000,
//!         duration_ms: 60_000,
//!         pre_allocated_vus: 5,
//!         max_vus: 20,
//!     },
//!     work: Work::Request {
//!         request: http::Request::get(Target::Service { service: "backend".into(), path: "/health".into() }),
//!         expected: vec![200],
//!     },
//!     thresholds: vec![],
//!     guard: None,
//!     graceful_stop_ms: 5_000,
//!     disturbance: None,
//! };
//! let load = LoadGrant {
//!     max_users: 20,
//!     max_rate: 10,
//!     max_duration: Duration::from_secs(60),
//!     max_requests: 600,
//!     disturb: false,
//!     users: vec![],
//! };
//! let grants = Grants { load: Some(load), ..Grants::none(PhaseId::parse("deploy")?) };
//! let request = Request::Start(Box::new(probe));
//! assert_eq!(Load::summary(&request), "start constant-arrival-rate 10 each 1000 ms of GET backend /health");
//! // The grant of load alone sends nothing anywhere.
//! assert!(Load::authorize(&grants, &request).unwrap_err().reason.contains("backend"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Users are outside of the journal: only the start, the polls and the stop are recorded. What is counted is bounded however long a load
//! lasts. Without an exchange nothing is good.

mod arrivals;
mod backend;
mod capability;
mod checks;
mod counted;
mod crew;
mod crowd;
mod disturbed;
mod drive;
mod gathering;
mod ledger;
mod outage;
mod plan;
mod record;
mod repeated;
mod room;
mod running;
#[cfg(test)]
mod running_tests;
mod shared;
mod shared_routes;
mod stages;
mod starts;
mod tally;
mod threshold;
mod told;
mod totals;
mod user;

pub use backend::LoadBackend;
pub use capability::Load;
pub use checks::CheckTold;
pub use crew::{Crews, Ready, Started, Starting, Wanted, numbers};
pub use record::{
    CurrentStage, DEFAULT_GRACEFUL_STOP_MS, Executor, Guard, Plan, PlannedDisturbance, Progress, Request, Response,
    Stage, Threshold, Work,
};
pub use repeated::{RepeatedUser, RepeatedUsers};
pub use room::Cost;
pub use tally::LATE_MS;
pub use threshold::BadThreshold;
pub use told::{
    Disturbed, End, Failures, HarmCount, Incarnation, Iterations, LeakTold, Outage, Quantiles, RouteCounts,
    SharedRoute, Summary, ThresholdResult, Window,
};
pub use user::{Exchange, Failure, Leak, Observer, User, UserError, Users};

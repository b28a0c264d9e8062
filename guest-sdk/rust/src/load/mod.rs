//! Load: one request over and over, at a pace that is k6's, counted by the host. A load is a plan that reads as one sentence:
//!
//! ```
//! use holdpoint::load::{Load, Pace as _};
//! use holdpoint::prelude::*;
//!
//! # fn run(cx: &Context) -> Result<()> {
//! let health = cx.service("backend")?.get("/health").timeout(Millis(2_000));
//! let load = Load::constant_arrival_rate(10.per_second())
//!     .during(Millis(60_000))
//!     .users(5, 20)
//!     .repeat(health)
//!     .threshold("http_req_duration", "p(95)<500")
//!     .threshold("http_req_failed", "rate<0.01");
//! let done = cx.load().run(&load)?;
//! cx.check(["SUC-3"], "it holds 10 requests a second").passes_if(
//!     done.is_good(),
//!     expected("every threshold"),
//!     observed(done.words()),
//!     &done,
//! );
//! # Ok(())
//! # }
//! ```
//!
//! Nothing is judged that was not exercised: a load without an exchange is not good, and thresholds without data do not hold.

mod control;
mod disturbance;
mod live;
mod plan;
mod running;
mod told;

pub use control::Beside;
pub use disturbance::{Disturbance, Disturbed, Harm};
pub(crate) use plan::Executor;
#[cfg(target_family = "wasm")]
pub(crate) use plan::Work;
pub use plan::{Guard, Load, Pace, Rate, Stage, Threshold};
pub(crate) use running::Status;
pub use running::{CurrentStage, Loads, Progress, Running, Step, Stopped};
pub use told::{
    End, Failures, Incarnation, Iterations, Leak, Outage, Quantiles, Route, Said, SharedRoute, Summary,
    ThresholdResult, Window,
};

//! Policies: what was seen, judged again and again while a run goes on.
//!
//! A policy is a function. It gets a [`Context`] with the evidence up to a moment, and its configuration; it makes [findings](Finding), keeps
//! what it wants to know next time, and ends. It has no clock, no network and no random numbers, so the same evidence gives the same findings.
//! Build it for `wasm32-unknown-unknown`; [`crate::rules`] is what rules are made of.
//!
//! ```
//! //! More than 2 % errors for five minutes.
//! use holdpoint::policy::prelude::*;
//!
//! #[derive(Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Config {
//!     #[serde(default = "two_percent")]
//!     limit: f64,
//! }
//!
//! fn two_percent() -> f64 {
//!     0.02
//! }
//!
//! #[holdpoint::policy]
//! fn judge(cx: &mut Context, config: Config) -> Result<()> {
//!     let errors = Measure::Ratio {
//!         part: Selector::new("requests_bad"),
//!         whole: Selector::new("requests"),
//!         window: Span::minutes(1),
//!         counted: Counted::Slots,
//!     };
//!     let above = Condition { compare: Compare::Above, limit: config.limit };
//!     let rule = Rule::new("High Error Rate", Severity::Critical, Expression::of(errors), above);
//!     cx.watch(&[Alarm::of(rule.lasting(Span::minutes(5))).measured("error_rate", Unit::Share).rows(["ALERT-1"])])
//! }
//!
//! # fn main() {
//! // As a unit test, without a host: series in the notation of promtool, judged each minute.
//! let t = holdpoint::testing::policy(judge)
//!     .series("requests", "100x20", "1m")
//!     .series("requests_bad", "0x4 5x6 0x8", "1m")
//!     .judged_each("1m", "20m");
//! assert_eq!(t.first_firing("High Error Rate"), Some(Span::minutes(10)));
//! t.expect("High Error Rate", Fail, "fired 1 time");
//! # }
//! ```

mod ask;
mod context;
mod cover;
#[doc(hidden)]
pub mod entry;
mod finding;
pub mod prelude;
mod said;
mod seen;
mod watch;

#[cfg(target_family = "wasm")]
#[doc(hidden)]
#[allow(
    unsafe_code,
    unreachable_pub,
    clippy::all,
    clippy::unwrap_used,
    clippy::allow_attributes_without_reason,
    reason = "generated from wit/, which is the source to judge"
)]
pub mod bindings;

pub use crate::rules::names::{Names, gauge};
pub use ask::Ask;
pub use context::Context;
pub use finding::{Finding, Verdict};
pub use said::said;
pub(crate) use seen::series;
pub use seen::{Facts, SeenCheck, SeenStretch, StretchKind};
pub use watch::{Alarm, Watch};

//! What policies are made of: rules over series, exact about time, cheap, and the same on every machine.
//!
//! Everything here is a pure function of its arguments. Nothing reads a clock, draws a number, or knows a host. Policies, which judge
//! evidence as components, use it, and so may anything else.
//!
//! - [`Evidence`]: [`Series`] of samples with [`Labels`], chosen by a [`Selector`], without what was disrupted on purpose.
//! - [`Expression`]: a gauge, a ratio of sums, a quantile of merged histograms or a [`trend`]. Counters, staleness and quantiles are those of
//!   Prometheus 2.42, bit by bit.
//! - [`Rule`] and [`Alerts`]: a condition with `for` and `keep_firing_for`, evaluated at ticks, with its state as bytes. No data is never good
//!   news.
//! - [`Tally`] and [`Objective`]: what was not observed gives bounds; only what holds for both of them passes or fails.
//! - [`upper_limit`] and [`isolation`]: how much there may be at most of what was never seen.
//! - [`promtool`]: series in the notation of `promtool test rules`, for tests.
//! - [`alerts`]: `error_rate > 2%` for `5 minutes` read as a rule, and rules written for Prometheus.
//! - [`names`]: what the series of a run are called, and what is measured with them.
//!
//! ```
//! use holdpoint_rules::*;
//!
//! // Each sample of a slot series counts what happened in its ten seconds.
//! let mut requests = Series::new("requests", Labels::default());
//! let mut bad = Series::new("requests_bad", Labels::default());
//! for slot in 0..60 {
//!     requests.push(Time(slot * 10_000), 1_000.0)?;
//!     bad.push(Time(slot * 10_000), 21.0)?;
//! }
//! let evidence = Evidence::new(SeriesSet::new(vec![requests, bad])?);
//!
//! let errors = Expression::of(Measure::Ratio {
//!     part: Selector::new("requests_bad"),
//!     whole: Selector::new("requests"),
//!     window: Span::minutes(1),
//!     counted: Counted::Slots,
//! });
//! let above = Condition { compare: Compare::Above, limit: 0.02 };
//! let rules = [Rule::new("High Error Rate", Severity::Critical, errors, above).lasting(Span::minutes(5))];
//!
//! let mut alerts = Alerts::default();
//! for second in (0..300).step_by(10) {
//!     let findings = alerts.tick(&rules, &evidence, Time(second * 1_000))?;
//!     assert_eq!(findings[0].status, Status::Pending { since: Time(0) });
//! }
//! // A policy gets its state back as bytes.
//! let mut alerts = Alerts::from_bytes(&alerts.to_bytes())?;
//! let findings = alerts.tick(&rules, &evidence, Time(300_000))?;
//! assert_eq!(findings[0].status, Status::Firing { since: Time(0), kept: false });
//! # Ok::<(), Error>(())
//! ```
//!
//! # The same everywhere
//!
//! Sums go in the order of labels and times, maps are sorted, and state has one form. Additions, divisions and square roots are exact by
//! IEEE 754 on every machine; logarithms and exponentials, which are not, come from `libm`, compiled in, and are used for upper limits
//! only. NaN never decides anything and its bits are never looked at.

#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod alert;
pub mod alerts;
mod bounds;
pub mod buckets;
pub mod counter;
mod counts;
mod error;
mod evaluate;
mod evidence;
mod expression;
pub mod isolation;
mod labels;
mod millis;
pub mod names;
mod objective;
pub mod promtool;
mod proportion;
mod reading;
mod rule;
mod selector;
mod series;
mod state;
mod tally;
mod time;
pub mod trend;

pub use alert::{Alert, Finding, Status};
pub use bounds::{Bounds, Compare, Condition, Holds, Verdict};
pub use counts::{Counts, MOST_COUNTS};
pub use error::Error;
pub use evaluate::MOST_INSTANCES;
pub use evidence::{Evidence, MOST_STRETCHES, Stretch};
pub use expression::{Across, Counted, Expression, Measure, Over};
pub use labels::{LONGEST_LABEL, Labels, MOST_LABELS};
pub use millis::Millis;
pub use objective::{Judgement, Objective, Of};
pub use proportion::upper_limit;
pub use reading::{Missing, Reading, Value};
pub use rule::{LONGEST_NAME, LONGEST_SPAN, NoData, Rule, Severity};
pub use selector::{Matcher, Selector};
pub use series::{LOOKBACK, MOST_SAMPLES, MOST_SERIES, Sample, Series, SeriesSet};
pub use state::{Alerts, MOST_RULES};
pub use tally::{Sight, Slot, Tally, roll_up};
pub use time::{Span, Time};

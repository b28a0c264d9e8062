//! Alerts in the notation of people (`error_rate > 2%` for `5 minutes`) as rules, and rules in the notation of Prometheus.
//!
//! Reading a file is left to others: an alert is four texts. What its condition speaks of, and in which unit, is said by [`Measures`].
//!
//! ```
//! use holdpoint_rules::alerts::{Definition, Known, Measures, Unit};
//! use holdpoint_rules::{Counted, Expression, Measure, Selector, Span};
//!
//! let mut measures = Measures::default();
//! let ratio = Measure::Ratio {
//!     part: Selector::new("requests_bad"),
//!     whole: Selector::new("requests"),
//!     window: Span::minutes(1),
//!     counted: Counted::Slots,
//! };
//! measures.add("error_rate", Known::new(Unit::Share, Expression::of(ratio)));
//! let alert = Definition { name: "High Error Rate", condition: "error_rate > 2%", duration: "5 minutes", severity: "CRITICAL" };
//! let rule = measures.rule(&alert).unwrap();
//! assert_eq!((rule.condition.limit, rule.hold), (0.02, Span::minutes(5)));
//!
//! let wrong = Definition { condition: "error_rate > 2 seconds", ..alert };
//! assert_eq!(
//!     measures.rule(&wrong).unwrap_err().to_string(),
//!     "alert \"High Error Rate\", condition, column 14: `2 seconds` is a time and error_rate is a share; write a percentage such as `2%`"
//! );
//! ```

mod measures;
mod notation;
pub mod prometheus;
mod sources;

pub use measures::{Definition, Known, Measures};
pub use notation::{Limit, Mistake, Unit, condition, duration, severity};
pub use sources::{Source, Sources, is_metric};

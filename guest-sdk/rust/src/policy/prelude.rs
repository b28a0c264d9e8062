//! What nearly every policy uses, to be imported as a whole.

pub use super::Verdict::{self, Fail, Inconclusive, NotExercised, Pass, Pending};
pub use super::{Alarm, Ask, Context, Finding, Watch};
pub use crate::rules::alerts::Unit;
pub use crate::rules::{
    Across, Compare, Condition, Counted, Evidence, Expression, Labels, Measure, NoData, Over, Rule, Selector, Severity,
    Span, Time,
};
pub use crate::{Error, Millis, Result};
pub use serde::Deserialize;
pub use serde_json::{Value, json};

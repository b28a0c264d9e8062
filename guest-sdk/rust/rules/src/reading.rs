//! What an expression comes to at a moment: a value with its bounds and its age, or why there is none.

use core::fmt;

use crate::{Bounds, Time};

/// A value at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Value {
    /// The value itself.
    pub estimate: f64,
    /// Between what it lies. Both are the estimate where it is known.
    pub bounds: Bounds,
    /// How many observations it follows from: requests of a ratio or a quantile, samples of a gauge, points of a trend.
    pub seen: f64,
    /// When the latest of what it follows from was measured.
    pub newest: Time,
}

/// What there is.
pub type Reading = Result<Value, Missing>;

/// Why there is no value. None of these is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No series is meant, or one that was there is gone.
    Series,
    /// There are series, and no sample that is recent enough; a counter needs two in its window.
    Samples,
    /// Everything in the window was broken on purpose, so nothing was asked.
    Deliberate,
    /// The latest sample is older than the rule takes.
    Old,
    /// There are fewer observations than the rule wants.
    TooFew,
    /// The value is no number, as zero of zero.
    NotANumber,
    /// A trend of several series that nothing tells apart, or buckets that are no histogram.
    Ambiguous,
    /// A trend is not warm yet, or has too few points.
    WarmingUp,
    /// A trend has more points than are looked at.
    TooManyPoints,
    /// A share is asked of a baseline that is not above zero.
    NoBaseline,
    /// The limit lies between the bounds of the value.
    Undecided,
    /// More label sets than a rule keeps apart.
    TooManyInstances,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Series => "there is no series",
            Self::Samples => "there are not enough samples in the window",
            Self::Deliberate => "all of the window was disrupted on purpose",
            Self::Old => "the latest sample is too old",
            Self::TooFew => "there are too few observations",
            Self::NotANumber => "the value is no number",
            Self::Ambiguous => "nothing tells its series apart",
            Self::WarmingUp => "there are too few points after warming up",
            Self::TooManyPoints => "there are too many points; take longer buckets",
            Self::NoBaseline => "there is no baseline above zero",
            Self::Undecided => "the limit lies within the bounds of the value",
            Self::TooManyInstances => "there are too many label sets to keep apart",
        })
    }
}

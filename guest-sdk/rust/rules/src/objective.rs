//! Objectives over a whole time, such as 24 hours: they pass only if they hold whatever was not observed.

use crate::{Bounds, Condition, Tally, Verdict};

/// What an objective is about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Of {
    /// The share of exchanges that went well.
    Availability,
    /// The share that did not.
    Errors,
    /// The time within which this share of them ended.
    Quantile(f64),
}

/// What is wanted.
///
/// ```
/// use holdpoint_rules::{Compare, Condition, Objective, Of, Tally, Verdict};
///
/// let available = Objective {
///     of: Of::Availability,
///     condition: Condition { compare: Compare::Above, limit: 0.999 },
///     at_least: 0,
/// };
/// let failed = Tally { good: 2_877, bad: 3, ..Tally::default() };
/// let unobserved = Tally { good: 2_877, unobserved: 3, ..Tally::default() };
/// assert_eq!(available.judge(&failed).verdict, Verdict::Fail);
/// assert_eq!(available.judge(&unobserved).verdict, Verdict::Inconclusive);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// What it is about.
    pub of: Of,
    /// What must hold.
    pub condition: Condition,
    /// How many exchanges there must be. Those that lack count as not observed, so that few good ones pass nothing and many bad ones
    /// fail all the same.
    pub at_least: u64,
}

/// What came out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// Whether it holds.
    pub verdict: Verdict,
    /// Between what the value lies. `None` if nothing was seen.
    pub bounds: Option<Bounds>,
    /// Exchanges that were seen.
    pub seen: u64,
    /// Exchanges that nobody saw, with those that lack.
    pub unobserved: u64,
    /// Exchanges that say nothing, since something was broken on purpose.
    pub deliberate: u64,
}

impl Objective {
    /// Judges what was seen. Nothing seen is inconclusive.
    pub fn judge(&self, tally: &Tally) -> Judgement {
        let lacking = self.at_least.saturating_sub(tally.seen());
        let unobserved = tally.unobserved.max(lacking);
        // The histogram is large and stays where it is.
        let counts = Tally { good: tally.good, bad: tally.bad, unobserved, ..Tally::default() };
        let bounds = match self.of {
            _ if tally.seen() == 0 => None,
            Of::Availability => counts.availability(),
            Of::Errors => counts.errors(),
            Of::Quantile(share) => tally.times.quantile_bounds(share, unobserved),
        };
        Judgement {
            verdict: bounds.map_or(Verdict::Inconclusive, |bounds| self.condition.judge(bounds)),
            bounds,
            seen: tally.seen(),
            unobserved,
            deliberate: tally.deliberate,
        }
    }
}

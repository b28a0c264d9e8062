//! What of the evidence is asked for. A policy asks for what its rules look at, and no more.

use std::collections::BTreeMap;

use crate::rules::{LOOKBACK, Measure, Over, Rule, Selector, Span, Time};

/// The beginning of time, as far as the contract can name it.
const EVER: Time = Time(-9_007_199_254_740_992);

/// Series, from a moment to another, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// Which series.
    pub selector: Selector,
    /// The first moment.
    pub from: Time,
    /// The last one.
    pub to: Time,
}

impl Ask {
    /// So much time up to a moment.
    pub fn last(selector: Selector, length: Span, now: Time) -> Self {
        Self { selector, from: now - length, to: now }
    }

    /// All there is.
    pub fn whole(selector: Selector, now: Time) -> Self {
        Self { selector, from: EVER, to: now }
    }

    /// What a rule looks at when it is evaluated at a moment.
    pub fn of_rule(rule: &Rule, now: Time) -> Vec<Self> {
        let to = now - rule.expression.offset;
        let last = |selector: &Selector, length: Span| Self::last(selector.clone(), length, to);
        let counted = |selector: &Selector, window: Span| last(selector, window.max(rule.at_least_over));
        let mut asks = match &rule.expression.measure {
            Measure::Gauge { selector, over, .. } => vec![match over {
                Over::Now => last(selector, LOOKBACK),
                Over::Highest(length) | Over::Lowest(length) => last(selector, *length),
            }],
            Measure::Ratio { part, whole, window, .. } => vec![counted(part, *window), counted(whole, *window)],
            Measure::Quantile { buckets, window, .. } => vec![counted(buckets, *window)],
            // A thing warms up from its first sample on, so that one has to be seen.
            Measure::Trend { selector, .. } | Measure::TimeToLimit { selector, .. } => {
                vec![Self::whole(selector.clone(), to)]
            }
        };
        asks.extend(rule.during.as_ref().map(|during| Self::last(during.clone(), LOOKBACK, now)));
        asks
    }

    /// One question for each selector, of all the time that any of them wants.
    pub(super) fn together(asks: impl IntoIterator<Item = Self>) -> impl Iterator<Item = Self> {
        let mut wanted: BTreeMap<Selector, (Time, Time)> = BTreeMap::new();
        for Self { selector, from, to } in asks {
            let time = wanted.entry(selector).or_insert((from, to));
            *time = (time.0.min(from), time.1.max(to));
        }
        wanted.into_iter().map(|(selector, (from, to))| Self { selector, from, to })
    }
}

//! A rule: when something is an alert, for how long it must be, and what no data means. It never means that all is well.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use core::fmt;

use crate::{
    Condition, Error, Evidence, Expression, LOOKBACK, Labels, Measure, Missing, Over, Reading, Selector, Span, Time,
    Value,
};

/// The longest name of a rule, in bytes.
pub const LONGEST_NAME: usize = 200;
/// The longest of all windows and holds: more than the 24 hours of a release.
pub const LONGEST_SPAN: Span = Span::hours(24 * 7);

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// For people to know.
    Info,
    /// For people to look at.
    Warning,
    /// A reason to stop.
    Critical,
}

/// What a tick without data does. There is no choice by which it would be good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoData {
    /// It is inconclusive, and interrupts what was pending, as Prometheus does.
    Inconclusive,
    /// It leaves pending and firing as they are; what is neither is inconclusive. Its time does not count for what is pending, which begins anew after no
    /// data for as long as the hold.
    Holds,
    /// It counts as if the condition were met: a service that says nothing is unhealthy.
    Counts,
}

/// When something is an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name. A state belongs to it.
    pub name: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is looked at.
    pub expression: Expression,
    /// What it is an alert of.
    pub condition: Condition,
    /// How long the condition must be met without a gap before it fires: `for` of Prometheus. Zero fires at once.
    pub hold: Span,
    /// How long it fires on after the condition was last met: `keep_firing_for` of Prometheus.
    pub keep: Span,
    /// With fewer observations there is no data: requests of a ratio or a quantile, series of a gauge, points of a trend.
    pub at_least: f64,
    /// Over which time observations of a ratio or a quantile are counted for that; its window, where this is shorter.
    pub at_least_over: Span,
    /// With a latest sample older than this (and the offset of the expression) there is no data.
    pub fresh: Span,
    /// What a tick without data does.
    pub no_data: NoData,
    /// It is asked only while a series of these has a latest sample above zero; absent: always.
    pub during: Option<Selector>,
    /// After how long without data a label set is no longer asked for: instances of the revision before. What is pending or fires is asked
    /// for all the same.
    pub forget: Span,
}

impl Rule {
    /// A rule that fires at once, with evidence that is at most five minutes old; no data is inconclusive.
    pub fn new(name: &str, severity: Severity, expression: Expression, condition: Condition) -> Self {
        Self {
            name: name.to_owned(),
            severity,
            expression,
            condition,
            hold: Span::ZERO,
            keep: Span::ZERO,
            at_least: 0.0,
            at_least_over: Span::ZERO,
            fresh: LOOKBACK,
            no_data: NoData::Inconclusive,
            during: None,
            forget: Span::hours(1),
        }
    }

    /// Must be met for so long.
    #[must_use]
    pub fn lasting(mut self, hold: Span) -> Self {
        self.hold = hold;
        self
    }

    /// Fires on for so long.
    #[must_use]
    pub fn keeping(mut self, keep: Span) -> Self {
        self.keep = keep;
        self
    }

    /// Refuses what can't be evaluated.
    ///
    /// # Errors
    /// If the name, a length of time, a share or a limit is none.
    pub fn check(&self) -> Result<(), Error> {
        let length = |span: Span| (Span(1)..=LONGEST_SPAN).contains(&span);
        let (windows, share) = match &self.expression.measure {
            Measure::Gauge { over: Over::Now, .. } => (true, 0.0),
            Measure::Gauge { over: Over::Highest(window) | Over::Lowest(window), .. } => (length(*window), 0.0),
            Measure::Ratio { window, .. } => (length(*window), 0.0),
            Measure::Quantile { window, share, .. } => (length(*window), *share),
            Measure::Trend { window, settings, .. } | Measure::TimeToLimit { window, settings, .. } => {
                let of_settings =
                    [settings.warm_up, settings.reach].iter().all(|span| (Span::ZERO..=LONGEST_SPAN).contains(span));
                (length(*window) && length(settings.bucket) && of_settings, 0.0)
            }
        };
        let spans = [self.hold, self.keep, self.fresh, self.forget, self.at_least_over, self.expression.offset];
        let why = if self.name.is_empty() || self.name.len() > LONGEST_NAME {
            "needs a name of at most 200 bytes"
        } else if !windows {
            "has a window that is not between a millisecond and seven days"
        } else if spans.iter().any(|span| !(Span::ZERO..=LONGEST_SPAN).contains(span)) {
            "has a length of time that is not between nothing and seven days"
        } else if !(0.0..=1.0).contains(&share) {
            "asks for a quantile that is not between 0 and 1"
        } else if !self.condition.limit.is_finite() || !self.at_least.is_finite() {
            "compares with what is no finite number"
        } else {
            return Ok(());
        };
        Err(Error::Rule { name: self.name.clone(), why })
    }

    /// Whether nobody has renewed what a value is made of for longer than [`fresh`](Self::fresh).
    pub fn is_old(&self, value: &Value, tick: Time) -> bool {
        tick - value.newest > self.fresh + self.expression.offset
    }

    /// Counts the observations of readings over all the time in which there have to be enough.
    pub(crate) fn count(&self, readings: &mut BTreeMap<Labels, Reading>, evidence: &Evidence, tick: Time) {
        let longer = self.expression.over(self.at_least_over).filter(|_| self.at_least > 0.0);
        let Some(counted) = longer.map(|longer| longer.read(evidence, tick)) else { return };
        for (labels, reading) in readings {
            if let (Ok(value), Some(Ok(of_all))) = (reading, counted.get(labels)) {
                value.seen = of_all.seen;
            }
        }
    }

    /// A reading as this rule takes it: too few observations and too old ones are none.
    pub(crate) fn admitted(&self, reading: Reading, tick: Time) -> Result<Value, Missing> {
        let value = reading?;
        if self.is_old(&value, tick) {
            Err(Missing::Old)
        } else if value.seen < self.at_least {
            Err(Missing::TooFew)
        } else {
            Ok(value)
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Across, Compare};

    #[test]
    fn what_cannot_be_evaluated_is_refused_by_name() {
        let gauge = |over| Expression::of(Measure::Gauge { selector: Selector::new("m"), over, across: Across::Sum });
        let rule =
            |over| Rule::new("cpu", Severity::Warning, gauge(over), Condition { compare: Compare::Above, limit: 0.7 });
        assert_eq!(rule(Over::Now).lasting(LONGEST_SPAN).check(), Ok(()));
        let wrong = [
            Rule { name: String::new(), ..rule(Over::Now) },
            rule(Over::Highest(Span::ZERO)),
            rule(Over::Now).lasting(LONGEST_SPAN + Span(1)),
            rule(Over::Now).keeping(Span(-1)),
            Rule { at_least_over: LONGEST_SPAN + Span(1), ..rule(Over::Now) },
            Rule { condition: Condition { compare: Compare::Above, limit: f64::NAN }, ..rule(Over::Now) },
        ];
        for rule in wrong {
            assert!(matches!(rule.check(), Err(Error::Rule { .. })), "{rule:?}");
        }
    }
}

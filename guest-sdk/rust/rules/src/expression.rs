//! What a rule looks at: a gauge, a ratio of sums, a quantile of merged histograms, a trend or the time until a limit; by label set, as PromQL would have it.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::evaluate::Window;
use crate::{Evidence, Labels, Reading, Selector, Span, Time, trend};

/// How one series counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// It only ever grows, and begins anew when its process does: `increase(m[w])`.
    Counter,
    /// Each sample counts what happened in its slot: `sum_over_time(m[w])`. What a disruption touches can be left out exactly.
    Slots,
}

/// Which sample of a gauge counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// The latest one, up to five minutes old.
    Now,
    /// The highest within this time.
    Highest(Span),
    /// The lowest within this time.
    Lowest(Span),
}

/// How several series become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Across {
    /// Added up.
    Sum,
    /// The highest.
    Highest,
    /// The lowest.
    Lowest,
    /// Their mean.
    Mean,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum Measure {
    /// What is now.
    Gauge {
        /// Of which series.
        selector: Selector,
        /// Which of its samples.
        over: Over,
        /// How several become one.
        across: Across,
    },
    /// A part of a whole, both added up over all series before they are divided: a mean of ratios would let a place with ten requests
    /// count as much as one with ten thousand.
    Ratio {
        /// What is above the line.
        part: Selector,
        /// What is below it.
        whole: Selector,
        /// Over which time.
        window: Span,
        /// How both count.
        counted: Counted,
    },
    /// A quantile of the histograms of all series together: a mean of quantiles would be a quantile of nothing.
    Quantile {
        /// Series with the label `le`.
        buckets: Selector,
        /// Which one: 0.95.
        share: f64,
        /// Over which time.
        window: Span,
        /// How the buckets count.
        counted: Counted,
    },
    /// How much of its baseline a gauge grows by the hour. Each label set must have one series.
    Trend {
        /// Of which series.
        selector: Selector,
        /// Over which time.
        window: Span,
        /// How samples become points.
        settings: trend::Settings,
    },
    /// In how many seconds a gauge that grows reaches a limit; infinity: never. Each label set must have one series.
    TimeToLimit {
        /// Of which series.
        selector: Selector,
        /// Over which time.
        window: Span,
        /// How samples become points.
        settings: trend::Settings,
        /// In the unit of the series.
        limit: f64,
    },
}

/// A measure, for which label sets, and of when.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// What is looked at.
    pub measure: Measure,
    /// Labels whose values are kept apart. None: everything is one.
    pub by: Vec<String>,
    /// How long before the tick: evidence that arrives three minutes late is asked for what was three minutes ago.
    pub offset: Span,
}

impl Expression {
    /// A measure of everything together, of now.
    pub fn of(measure: Measure) -> Self {
        Self { measure, by: Vec::new(), offset: Span::ZERO }
    }

    /// Keeps the values of these labels apart.
    #[must_use]
    pub fn by(mut self, labels: &[&str]) -> Self {
        self.by = labels.iter().map(ToString::to_string).collect();
        self
    }

    /// Looks at what was so long ago.
    #[must_use]
    pub fn before(mut self, offset: Span) -> Self {
        self.offset = offset;
        self
    }

    /// The same over more time. `None` where its window is as long already, and for what counts nothing.
    pub(crate) fn over(&self, length: Span) -> Option<Self> {
        let mut longer = self.clone();
        match &mut longer.measure {
            Measure::Ratio { window, .. } | Measure::Quantile { window, .. } if *window < length => *window = length,
            _ => return None,
        }
        Some(longer)
    }

    /// The series that it looks at.
    pub fn selectors(&self) -> Vec<&Selector> {
        match &self.measure {
            Measure::Ratio { part, whole, .. } => Vec::from([part, whole]),
            Measure::Gauge { selector, .. }
            | Measure::Quantile { buckets: selector, .. }
            | Measure::Trend { selector, .. }
            | Measure::TimeToLimit { selector, .. } => Vec::from([selector]),
        }
    }

    /// What it comes to at a moment, for each label set that the evidence has, in order.
    pub fn read(&self, evidence: &Evidence, tick: Time) -> BTreeMap<Labels, Reading> {
        let at = tick - self.offset;
        let window = |length: Span| Window { evidence, by: &self.by, from: at - length, to: at };
        match &self.measure {
            Measure::Gauge { selector, over, across } => {
                let length = match over {
                    Over::Now => Span::ZERO,
                    Over::Highest(length) | Over::Lowest(length) => *length,
                };
                window(length).gauge(selector, *over, *across)
            }
            Measure::Ratio { part, whole, window: length, counted } => window(*length).ratio(part, whole, *counted),
            Measure::Quantile { buckets, share, window: length, counted } => {
                window(*length).quantile(buckets, *share, *counted)
            }
            Measure::Trend { selector, window: length, settings } => window(*length).trend(selector, settings),
            Measure::TimeToLimit { selector, window: length, settings, limit } => {
                window(*length).time_to_limit(selector, settings, *limit)
            }
        }
    }
}

//! When something that grows reaches a limit.

use super::{Trend, median};
use crate::Span;

/// How long it takes from the last point on. `None`: never.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeToLimit {
    /// With the estimated slope.
    pub estimate: Option<Span>,
    /// With the steepest slope of the interval: not earlier than this, with 97.5 % confidence.
    pub earliest: Option<Span>,
    /// With the least slope of the interval.
    pub latest: Option<Span>,
}

impl Trend {
    /// How long until the level reaches a limit above it. What is above already reaches it at once.
    ///
    /// The level at the last point is that of the line through the points, so that one high point does not bring the limit near.
    pub fn time_to(&self, limit: f64) -> TimeToLimit {
        let after = |slope: f64| {
            let last = self.points.last()?.at;
            let there = |p: &super::Point| p.level + slope * (last - p.at).as_hours();
            let level = median(self.points.iter().map(there).collect())?;
            if level >= limit {
                Some(Span::ZERO)
            } else if slope > 0.0 {
                Span::from_hours((limit - level) / slope)
            } else {
                None
            }
        };
        TimeToLimit {
            estimate: after(self.slope.estimate),
            earliest: after(self.slope.bounds.high),
            latest: after(self.slope.bounds.low),
        }
    }
}

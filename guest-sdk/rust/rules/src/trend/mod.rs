//! Whether something grows: troughs, a slope that outliers do not move, its interval, the shape, and the time until a limit.
//!
//! Memory that is collected from time to time goes up and down; what leaks is what is left after each collection. So a trend is that of
//! the troughs. See [`Trend::of`] for how it is made and [`Trend::shape`] for what it comes to.

mod kendall;
mod limit;
mod median;
mod shape;
mod slope;
mod troughs;

use alloc::vec::Vec;

pub use limit::TimeToLimit;
pub(crate) use median::median;
pub use shape::{Shape, Tolerance};
pub use slope::{Slope, theil_sen};
pub use troughs::{Point, peaks, troughs};

use crate::{Bounds, Sample, Span, Time};

/// The most points of one trend. Their slopes are 19,900.
pub const MOST_POINTS: usize = 200;
/// How many points in the beginning say what the baseline is.
const OF_BASELINE: usize = 3;

/// How samples become points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How long after its first sample a thing is not yet as it will be. What was measured then is left out.
    pub warm_up: Span,
    /// Of how much time the troughs become one point. Only whole buckets count.
    pub bucket: Span,
    /// A trough has nothing lower this close to it, before or after.
    pub reach: Span,
    /// The level that growth is compared with, in the unit of the series; absent: the median of the first three points.
    pub baseline: Option<f64>,
}

/// An hour a bucket after an hour of warming up, as the objective over 24 hours has it.
impl Default for Settings {
    fn default() -> Self {
        Self { warm_up: Span::hours(1), bucket: Span::hours(1), reach: Span::minutes(5), baseline: None }
    }
}

/// How something went.
#[derive(Clone, Debug, PartialEq)]
pub struct Trend {
    /// The points that it follows from: by bucket, the median of the troughs.
    pub points: Vec<Point>,
    /// The slope by the hour, in the unit of the series.
    pub slope: Slope,
    /// What growth is compared with.
    pub baseline: f64,
    /// How far the peaks lie above the troughs, in the median.
    pub amplitude: f64,
}

/// Why there is no trend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTrend {
    /// Too few points after warming up; there must be five for an interval.
    TooFewPoints,
    /// More points than [`MOST_POINTS`]: a longer bucket has fewer.
    TooManyPoints,
    /// Nothing can be a share of a baseline that is not above zero.
    NoBaseline,
}

impl Trend {
    /// The trend of samples that lie between two moments.
    ///
    /// 1. What lies within [`Settings::warm_up`] after `started` is left out.
    /// 2. Each whole bucket from then on becomes a point: the median of its troughs, or its lowest sample if it has no trough.
    /// 3. The slope is the median of the slopes between all points (Theil, Sen), with its 95 % interval by ranks.
    ///
    /// # Errors
    /// If there are too few points or too many, or no baseline.
    pub fn of(samples: &[Sample], started: Time, to: Time, settings: &Settings) -> Result<Self, NoTrend> {
        let from = started + settings.warm_up;
        let warm = &samples[samples.partition_point(|sample| sample.at < from)..];
        // A window that begins later has its buckets from where it begins.
        let from = warm.first().map_or(from, |first| from.max(first.at));
        if settings.bucket.0 <= 0 || (to - from).0 / settings.bucket.0 > MOST_POINTS as i64 {
            return Err(NoTrend::TooManyPoints);
        }
        let points = troughs(warm, from, to, settings);
        let slope = theil_sen(&points).ok_or(NoTrend::TooFewPoints)?;
        let first: Vec<f64> = points.iter().take(OF_BASELINE).map(|point| point.level).collect();
        let baseline = settings.baseline.or_else(|| median(first)).filter(|baseline| *baseline > 0.0);
        let baseline = baseline.ok_or(NoTrend::NoBaseline)?;
        let level = |points: &[Point]| median(points.iter().map(|point| point.level).collect()).unwrap_or(0.0);
        let amplitude = level(&peaks(warm, from, to, settings)) - level(&points);
        Ok(Self { points, slope, baseline, amplitude })
    }

    /// The slope as a share of the baseline by the hour: 0.05 is five percent.
    pub fn share_per_hour(&self) -> Slope {
        let of_baseline = |value: f64| value / self.baseline;
        let Bounds { low, high } = self.slope.bounds;
        Slope {
            estimate: of_baseline(self.slope.estimate),
            bounds: Bounds { low: of_baseline(low), high: of_baseline(high) },
        }
    }

    /// How far the level at the end lies from the baseline, as a share of it: 0.06 is six percent above. The level is the median of the
    /// last three points.
    pub fn drift(&self) -> f64 {
        let last = self.points.iter().rev().take(OF_BASELINE).map(|point| point.level).collect();
        median(last).map_or(f64::NAN, |level| level / self.baseline - 1.0)
    }
}

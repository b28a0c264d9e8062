//! What a trend looks like: something that grows on, something that grew once, something that goes up and down, or none of these.

use alloc::vec::Vec;

use super::{Point, Trend, median};
use crate::Time;

/// What is no growth yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// A share of the baseline by the hour: a leak grows faster, with 95 % confidence.
    pub per_hour: f64,
    /// A share of the baseline: a step, and the teeth of a saw, are higher.
    pub step: f64,
}

/// How something went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// It stayed.
    Flat,
    /// It goes up and down, and comes down to the same.
    Sawtooth,
    /// It went to another level once, and stayed there.
    Step {
        /// At the first point on the new level.
        at: Time,
        /// By this share of the baseline; negative: downwards.
        by: f64,
    },
    /// It grows on.
    Leak,
    /// It becomes less.
    Falling,
    /// The points do not tell.
    Unclear,
}

impl Trend {
    /// What it looks like. A step is told from a leak by which of both, two levels or a line, leaves less of the points unexplained; and
    /// from noise by leaving no more than half of what one level would.
    pub fn shape(&self, tolerance: &Tolerance) -> Shape {
        if let Some((at, jump, unexplained)) = best_step(&self.points) {
            let by = jump / self.baseline;
            let explains = 2.0 * unexplained <= beside_the_line(&self.points, 0.0)
                && unexplained < beside_the_line(&self.points, self.slope.estimate);
            if by.abs() > tolerance.step && explains {
                return Shape::Step { at, by };
            }
        }
        let share = self.share_per_hour().bounds;
        if share.low > tolerance.per_hour {
            Shape::Leak
        } else if share.high < -tolerance.per_hour {
            Shape::Falling
        } else if share.high > tolerance.per_hour || share.low < -tolerance.per_hour {
            Shape::Unclear
        } else if self.amplitude / self.baseline > tolerance.step {
            Shape::Sawtooth
        } else {
            Shape::Flat
        }
    }
}

/// The split into two levels that leaves least unexplained: where, how much is between them, and what is left. Each side has two points.
fn best_step(points: &[Point]) -> Option<(Time, f64, f64)> {
    let splits = (2..points.len().saturating_sub(1)).filter_map(|at| {
        let (before, after) = points.split_at(at);
        let (low, high) = (level(before)?, level(after)?);
        let left = |side: &[Point], level: f64| side.iter().map(|p| (p.level - level).abs()).sum::<f64>();
        Some((points[at].at, high - low, left(before, low) + left(after, high)))
    });
    splits.min_by(|a, b| a.2.total_cmp(&b.2))
}

/// What a line of this slope leaves unexplained.
fn beside_the_line(points: &[Point], slope: f64) -> f64 {
    let Some(first) = points.first() else { return 0.0 };
    let without: Vec<f64> = points.iter().map(|p| p.level - slope * (p.at - first.at).as_hours()).collect();
    let start = median(without.clone()).unwrap_or(0.0);
    without.into_iter().map(|level| (level - start).abs()).sum()
}

fn level(points: &[Point]) -> Option<f64> {
    median(points.iter().map(|point| point.level).collect())
}

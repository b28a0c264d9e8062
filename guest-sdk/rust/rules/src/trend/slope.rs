//! The slope that outliers do not move, and its interval.
//!
//! Source: Sen, P. K. (1968), "Estimates of the Regression Coefficient Based on Kendall's Tau", Journal of the American Statistical
//! Association 63, 1379–1389; Theil, H. (1950) for the estimate. The interval supposes that deviations of different points have nothing to
//! do with each other, and nothing about how they are distributed. Medians of buckets are far enough apart for that; samples are not.

use alloc::vec::Vec;

use super::kendall;
use super::{Point, median};
use crate::Bounds;

/// A change by the hour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// The median of the slopes between all pairs of points.
    pub estimate: f64,
    /// Within these the true one lies with at least 95 % confidence.
    pub bounds: Bounds,
}

/// The slope of points at different times. `None` with fewer than five, which have no interval of 95 %.
///
/// Its cost grows with the square of the points; [`Trend::of`](super::Trend::of) bounds them.
pub fn theil_sen(points: &[Point]) -> Option<Slope> {
    let place = kendall::place(points.len())?;
    let mut slopes = Vec::with_capacity(points.len() * (points.len() - 1) / 2);
    for (at, earlier) in points.iter().enumerate() {
        for later in &points[at + 1..] {
            let slope = (later.level - earlier.level) / (later.at - earlier.at).as_hours();
            if !slope.is_finite() {
                return None;
            }
            slopes.push(slope);
        }
    }
    slopes.sort_unstable_by(f64::total_cmp);
    let bounds = Bounds { low: *slopes.get(place - 1)?, high: *slopes.get(slopes.len() - place)? };
    Some(Slope { estimate: median(slopes)?, bounds })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Time;

    fn points(levels: &[f64]) -> Vec<Point> {
        let at = |hour: usize| Time(hour as i64 * 3_600_000);
        levels.iter().enumerate().map(|(hour, level)| Point { at: at(hour), level: *level }).collect()
    }

    #[test]
    fn a_line_has_its_slope_and_no_doubt() {
        let slope = theil_sen(&points(&[10.0, 12.0, 14.0, 16.0, 18.0])).unwrap();
        assert_eq!(slope, Slope { estimate: 2.0, bounds: Bounds::exactly(2.0) });
    }

    #[test]
    fn outliers_do_not_move_it() {
        let slope = theil_sen(&points(&[10.0, 12.0, 900.0, 16.0, 18.0, 20.0, -5.0, 24.0, 26.0])).unwrap();
        assert_eq!(slope.estimate, 2.0);
    }

    #[test]
    fn the_interval_is_that_of_the_ranks() {
        // Five points: the limits are the least and the greatest of the ten slopes.
        let slope = theil_sen(&points(&[0.0, 3.0, 1.0, 2.0, 4.0])).unwrap();
        assert_eq!(slope.bounds, Bounds { low: -2.0, high: 3.0 });
        // The fifth and the sixth of the ten are 2/3 and 1.
        assert!((slope.estimate - 5.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn too_few_points_and_what_is_no_number_have_no_slope() {
        assert_eq!(theil_sen(&points(&[1.0, 2.0, 3.0, 4.0])), None);
        assert_eq!(theil_sen(&points(&[1.0, 2.0, f64::NAN, 4.0, 5.0])), None);
        assert_eq!(theil_sen(&[]), None);
    }
}

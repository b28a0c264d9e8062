//! Whether the levels of rounds grow: by how much with each, and whether they come down again. Pure.

use holdpoint::rules::Time;
use holdpoint::rules::trend::{Point, theil_sen};

/// A round is an hour to the trend, so that a slope by the hour is one by the round.
const ROUND: i64 = 3_600_000;

/// What levels come to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Course {
    /// They grow with each round, by so much in the middle.
    Leak(f64),
    /// In the end they come down to what they came down to at first.
    Level,
    /// They are more, and do not say whether they go on.
    Unclear,
    /// There are too few.
    TooFew,
}

/// What the levels of rounds come to that may grow by so much over all of them.
pub(crate) fn course(levels: &[f64], most: f64) -> Course {
    let points: Vec<Point> =
        (0..).zip(levels).map(|(round, level)| Point { at: Time(round * ROUND), level: *level }).collect();
    let Some(slope) = theil_sen(&points) else { return Course::TooFew };
    let between = (points.len() - 1) as f64;
    let half = levels.len() / 2;
    let least = |levels: &[f64]| levels.iter().copied().fold(f64::INFINITY, f64::min);
    if slope.bounds.low > most / between {
        Course::Leak(slope.estimate)
    } else if least(&levels[levels.len() - half..]) <= least(&levels[..half]) + most {
        Course::Level
    } else {
        Course::Unclear
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_with_each_round_is_a_leak() {
        assert_eq!(course(&[200.0, 210.0, 220.0, 230.0, 240.0], 4.0), Course::Leak(10.0));
        // One that is collected late does not hide it.
        assert_eq!(course(&[200.0, 210.0, 228.0, 230.0, 240.0, 250.0], 4.0), Course::Leak(10.0));
        // Agents may not grow at all.
        assert_eq!(course(&[0.0, 1.0, 2.0, 3.0, 4.0], 0.0), Course::Leak(1.0));
    }

    #[test]
    fn what_comes_down_again_is_level() {
        for levels in [
            [200.0; 6],
            [200.0, 210.0, 220.0, 200.0, 210.0, 220.0],
            [220.0, 200.0, 240.0, 260.0, 280.0, 200.0],
            [240.0, 230.0, 220.0, 210.0, 200.0, 190.0],
            // So little is allowed.
            [200.0, 200.5, 201.0, 201.5, 202.0, 202.5],
        ] {
            assert_eq!(course(&levels, 4.0), Course::Level, "{levels:?}");
        }
        assert_eq!(course(&[7.0, 9.0, 7.0, 8.0, 7.0], 0.0), Course::Level);
    }

    #[test]
    fn what_grew_and_does_not_say_whether_it_goes_on_is_unclear() {
        assert_eq!(course(&[200.0, 200.0, 200.0, 240.0, 240.0, 240.0], 4.0), Course::Unclear);
        assert_eq!(course(&[200.0, 260.0, 230.0, 250.0, 220.0, 270.0], 4.0), Course::Unclear);
        assert_eq!(course(&[200.0, 210.0, 220.0, 230.0], 4.0), Course::TooFew);
    }
}

//! When iterations of an open model are due: they start at a rate, whatever the answers take. Pure.
//!
//! As in k6: with a constant rate the first is due at once; with a changing one the nth, counted from 0, is due when the area under the rate
//! has reached n + 1. None is due at or after the end of a constant rate.

use std::time::Duration;

use crate::Stage;

const NANOS_PER_MS: u128 = 1_000_000;

/// The times of all starts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Arrivals {
    Constant { rate: u32, unit_ms: u32, duration_ms: u32 },
    Ramping(Vec<Segment>),
}

/// A stage of a changing rate. Times are milliseconds, rates starts in a millisecond.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Segment {
    start: f64,
    length: f64,
    from: f64,
    to: f64,
    /// Starts before it.
    before: f64,
}

impl Segment {
    fn area(&self) -> f64 {
        self.length * f64::midpoint(self.from, self.to)
    }

    /// When the area below the rate reaches this, from the beginning of the stage.
    fn reaches(&self, area: f64) -> f64 {
        let slope = (self.to - self.from) / self.length;
        // Of the two forms of the root the one that also does for a slope of nothing.
        let root = (self.from * self.from + 2.0 * slope * area).max(0.0).sqrt();
        (2.0 * area / (self.from + root)).clamp(0.0, self.length)
    }
}

impl Arrivals {
    pub(crate) fn constant(rate: u32, unit_ms: u32, duration_ms: u32) -> Self {
        Self::Constant { rate, unit_ms, duration_ms }
    }

    pub(crate) fn ramping(start_rate: u32, unit_ms: u32, stages: &[Stage]) -> Self {
        let per_ms = |rate: u32| f64::from(rate) / f64::from(unit_ms);
        let (mut start, mut from, mut before) = (0.0, per_ms(start_rate), 0.0);
        let mut segments = Vec::with_capacity(stages.len());
        for stage in stages {
            let (length, to) = (f64::from(stage.duration_ms), per_ms(stage.target));
            let segment = Segment { start, length, from, to, before };
            if length > 0.0 {
                segments.push(segment);
                before += segment.area();
                start += length;
            }
            from = to;
        }
        Self::Ramping(segments)
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        match self {
            Self::Constant { rate, unit_ms, duration_ms } => {
                (u64::from(*rate) * u64::from(*duration_ms)).div_ceil(u64::from(*unit_ms))
            }
            // What is a whole number but for the last digits of an `f64` is that number.
            Self::Ramping(segments) => segments.last().map_or(0, |last| (last.before + last.area() + 1e-6) as u64),
        }
    }

    /// When the nth is due, counted from 0.
    pub(crate) fn due(&self, n: u64) -> Option<Duration> {
        if n >= self.count() {
            return None;
        }
        match self {
            Self::Constant { rate, unit_ms, .. } => {
                let nanos = u128::from(n) * u128::from(*unit_ms) * NANOS_PER_MS / u128::from(*rate);
                Some(Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)))
            }
            Self::Ramping(segments) => {
                let target = (n + 1) as f64;
                let at = segments.partition_point(|segment| segment.before + segment.area() < target);
                let segment = segments.get(at).or(segments.last())?;
                let ms = segment.start + segment.reaches((target - segment.before).min(segment.area()));
                Some(Duration::from_secs_f64(ms / 1_000.0))
            }
        }
    }

    /// The first that is due at this time or later.
    pub(crate) fn from(&self, time: Duration) -> u64 {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low + (high - low) / 2;
            if self.due(middle).is_some_and(|due| due < time) { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// Starts in a second at most.
    pub(crate) fn peak(&self) -> f64 {
        match self {
            Self::Constant { rate, unit_ms, .. } => f64::from(*rate) * 1_000.0 / f64::from(*unit_ms),
            Self::Ramping(segments) => {
                1_000.0 * segments.iter().map(|segment| segment.from.max(segment.to)).fold(0.0, f64::max)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ms(arrivals: &Arrivals) -> Vec<f64> {
        (0..arrivals.count()).map(|n| (arrivals.due(n).unwrap().as_secs_f64() * 1e6).round() / 1e3).collect()
    }

    #[test]
    fn a_constant_rate_starts_at_once_and_keeps_its_step() {
        assert_eq!(ms(&Arrivals::constant(4, 1_000, 1_000)), [0.0, 250.0, 500.0, 750.0]);
        assert_eq!(ms(&Arrivals::constant(4, 1_000, 1_001)).len(), 5);
        assert_eq!(ms(&Arrivals::constant(3, 60_000, 30_000)), [0.0, 20_000.0]);
        assert_eq!(Arrivals::constant(4, 1_000, 1_000).due(4), None);
    }

    #[test]
    fn a_rate_that_rises_from_nothing_starts_where_its_area_is_whole() {
        // The area is t²/2 seconds at a slope of 1 start a second each second.
        let rising = Arrivals::ramping(0, 1_000, &[Stage { duration_ms: 4_000, target: 4 }]);
        let expected: Vec<f64> = (1..=8).map(|n| (f64::from(2 * n).sqrt() * 1e6).round() / 1e3).collect();
        assert_eq!(ms(&rising), expected);
        // A level stage, and one that falls to nothing.
        let stages = [Stage { duration_ms: 2_000, target: 2 }, Stage { duration_ms: 2_000, target: 0 }];
        assert_eq!(ms(&Arrivals::ramping(2, 1_000, &stages))[..4], [500.0, 1_000.0, 1_500.0, 2_000.0]);
        assert_eq!(Arrivals::ramping(2, 1_000, &stages).count(), 6);
        // A jump takes no time.
        let jump = [Stage { duration_ms: 0, target: 10 }, Stage { duration_ms: 500, target: 10 }];
        assert_eq!(ms(&Arrivals::ramping(1, 1_000, &jump)), [100.0, 200.0, 300.0, 400.0, 500.0]);
        assert_eq!(Arrivals::ramping(0, 1_000, &[Stage { duration_ms: 9, target: 0 }]).count(), 0);
    }

    /// The number of starts by a time, from the definition: the area under the rate, in small steps.
    fn area(start: u32, unit_ms: u32, stages: &[Stage], until_ms: f64) -> f64 {
        let (mut at, mut from, mut area) = (0.0, f64::from(start), 0.0);
        for stage in stages {
            let (length, to) = (f64::from(stage.duration_ms), f64::from(stage.target));
            let inside = (until_ms - at).clamp(0.0, length);
            if length > 0.0 {
                area += inside * (from + (to - from) * inside / length / 2.0);
            }
            (at, from) = (at + length, to);
        }
        area / f64::from(unit_ms)
    }

    prop_compose! {
        fn stages()(list in prop::collection::vec((0u32..5_000, 0u32..60), 1..6)) -> Vec<Stage> {
            list.into_iter().map(|(duration_ms, target)| Stage { duration_ms, target }).collect()
        }
    }

    proptest! {
        #[test]
        fn each_start_is_due_when_the_area_reaches_its_number(
            start in 0u32..60, unit in 1u32..3_000, stages in stages(),
        ) {
            let arrivals = Arrivals::ramping(start, unit, &stages);
            let whole: f64 = stages.iter().map(|stage| f64::from(stage.duration_ms)).sum();
            prop_assert!((arrivals.count() as f64 - area(start, unit, &stages, whole)).abs() < 1.0 + 1e-6);
            let step = usize::try_from(arrivals.count() / 50 + 1).unwrap();
            let mut before = Duration::ZERO;
            for n in (0..arrivals.count()).step_by(step) {
                let due = arrivals.due(n).unwrap();
                prop_assert!(due >= before);
                before = due;
                let reached = area(start, unit, &stages, due.as_secs_f64() * 1e3);
                prop_assert!((reached - (n + 1) as f64).abs() < 1e-3 * (n + 1) as f64 + 1e-3, "{n}: {reached}");
                prop_assert!(arrivals.from(due) <= n);
                prop_assert!(arrivals.from(due + Duration::from_nanos(1)) > n);
            }
        }

        #[test]
        fn a_constant_rate_is_within_one_of_its_share(rate in 1u32..5_000, unit in 1u32..120_000, ms in 1u32..100_000) {
            let arrivals = Arrivals::constant(rate, unit, ms);
            let share = f64::from(rate) * f64::from(ms) / f64::from(unit);
            prop_assert!(arrivals.count() as f64 >= share && (arrivals.count() as f64) < share + 1.0);
            let last = arrivals.due(arrivals.count() - 1).unwrap();
            prop_assert!(last < Duration::from_millis(u64::from(ms)));
        }
    }
}

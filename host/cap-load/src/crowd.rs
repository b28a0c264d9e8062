//! How many users are there at a time of a closed model, and so when each of them is. Pure.
//!
//! As in k6: between two targets one user is added, or taken away, after each equal part of the stage. So a rising stage has only whole steps
//! that are complete, and the last user comes at its end; a falling one loses its first user after one part.

use std::time::Duration;

use crate::Stage;

/// Milliseconds that the last digits of an `f64` may make.
const DIGIT: f64 = 1e-6;

/// The number of users over time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Crowd {
    start: u32,
    stages: Vec<Stage>,
}

/// Whether a user is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    Here,
    /// It comes at this time.
    From(Duration),
    /// It does not come again.
    Gone,
}

impl Crowd {
    pub(crate) fn constant(users: u32, duration_ms: u32) -> Self {
        Self { start: users, stages: vec![Stage { duration_ms, target: users }] }
    }

    pub(crate) fn ramping(start: u32, stages: Vec<Stage>) -> Self {
        Self { start, stages }
    }

    /// Users at most.
    pub(crate) fn most(&self) -> u32 {
        self.stages.iter().map(|stage| stage.target).fold(self.start, u32::max)
    }

    /// How many there are at a time; none when it is over.
    #[cfg(test)]
    fn at(&self, time: Duration) -> u32 {
        let (mut start, mut from) = (0.0, f64::from(self.start));
        let time = millis(time);
        for stage in &self.stages {
            let (length, to) = (f64::from(stage.duration_ms), f64::from(stage.target));
            if time < start + length {
                let exact = from + (to - from) * (time - start) / length;
                return (if to > from { exact.floor() } else { exact.ceil() }) as u32;
            }
            (start, from) = (start + length, to);
        }
        0
    }

    /// Whether the user with this number, counted from 0, is there at a time.
    pub(crate) fn presence(&self, number: u32, time: Duration) -> Presence {
        let (mut start, mut from) = (0.0, f64::from(self.start));
        let (number, time) = (f64::from(number), millis(time));
        for stage in &self.stages {
            let (length, to) = (f64::from(stage.duration_ms), f64::from(stage.target));
            let end = start + length;
            // The part of the stage in which it is there, which has no end of its own in a rising stage and no beginning in a falling one.
            let (comes, goes) = if to > from {
                let comes = start + ((number + 1.0 - from) / (to - from)).max(0.0) * length;
                (comes, end)
            } else if to < from {
                let goes = start + ((from - number) / (from - to)).max(0.0) * length;
                (start, goes.min(end))
            } else {
                (start, if number < to { end } else { start })
            };
            if time < goes && comes < goes {
                return if time + DIGIT >= comes { Presence::Here } else { Presence::From(duration(comes)) };
            }
            (start, from) = (end, to);
        }
        Presence::Gone
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn duration(ms: f64) -> Duration {
    // Not before: a user that looks too early would only look again.
    Duration::from_nanos((ms * 1e6).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_rising_stage_adds_one_after_each_part_and_a_falling_one_takes_one_away() {
        let crowd =
            Crowd::ramping(1, vec![Stage { duration_ms: 1_000, target: 5 }, Stage { duration_ms: 1_000, target: 1 }]);
        let numbers = |times: &[u64]| times.iter().map(|ms| crowd.at(at(*ms))).collect::<Vec<_>>();
        assert_eq!(numbers(&[0, 249, 250, 500, 750, 999]), [1, 1, 2, 3, 4, 4]);
        assert_eq!(numbers(&[1_000, 1_001, 1_249, 1_250, 1_500, 1_999, 2_000]), [5, 5, 5, 4, 3, 2, 0]);
        assert_eq!(crowd.most(), 5);
    }

    #[test]
    fn a_user_comes_goes_and_comes_again() {
        let stages = [(100, 2), (100, 0), (100, 0), (0, 2), (100, 2)];
        let stages = stages.map(|(duration_ms, target)| Stage { duration_ms, target }).to_vec();
        let crowd = Crowd::ramping(0, stages);
        assert_eq!(crowd.presence(0, at(0)), Presence::From(at(50)));
        assert_eq!(crowd.presence(0, at(50)), Presence::Here);
        assert_eq!(crowd.presence(1, at(50)), Presence::From(at(100)));
        assert_eq!(crowd.presence(1, at(100)), Presence::Here);
        assert_eq!(crowd.presence(1, at(150)), Presence::From(at(300)));
        assert_eq!(crowd.presence(0, at(210)), Presence::From(at(300)));
        assert_eq!(crowd.presence(0, at(399)), Presence::Here);
        assert_eq!(crowd.presence(0, at(400)), Presence::Gone);
        assert_eq!(crowd.presence(2, at(0)), Presence::Gone);
    }

    proptest! {
        #[test]
        fn a_user_is_there_exactly_while_more_than_its_number_are(
            start in 0u32..12,
            list in prop::collection::vec((0u32..400, 0u32..12), 1..6),
            number in 0u32..12,
        ) {
            let stages = list.into_iter().map(|(duration_ms, target)| Stage { duration_ms, target }).collect();
            let crowd = Crowd::ramping(start, stages);
            let whole: u64 = crowd.stages.iter().map(|stage| u64::from(stage.duration_ms)).sum();
            // Between whole parts, where the last digit of an `f64` can't decide.
            for ms in 0..=whole {
                let time = at(ms) + Duration::from_micros(503);
                let presence = crowd.presence(number, time);
                prop_assert_eq!(presence == Presence::Here, crowd.at(time) > number, "at {:?}", time);
                if let Presence::From(later) = presence {
                    prop_assert!(later > time);
                    prop_assert!(matches!(crowd.presence(number, later), Presence::Here));
                }
            }
        }
    }
}

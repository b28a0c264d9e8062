//! How many iterations start in any second, and how many in all: bounds of the grant, kept whatever the pace of users is. Pure.

use std::{collections::VecDeque, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

/// Starts so far.
#[derive(Debug)]
pub(crate) struct Starts {
    /// In any second.
    most: usize,
    /// Those of the last second, at most `most`.
    last: VecDeque<Duration>,
    /// The latest time that somebody has asked at. Whoever asks at once may have looked at the clock in another order.
    now: Duration,
    /// Requests that may still be sent.
    left: u32,
}

impl Starts {
    pub(crate) fn new(max_rate: u32, left: u32) -> Self {
        let most = usize::try_from(max_rate).unwrap_or(usize::MAX);
        Self { most, last: VecDeque::new(), now: Duration::ZERO, left }
    }

    /// Takes the next start: when it may be, now or later. None if there are no requests left.
    pub(crate) fn next(&mut self, now: Duration) -> Option<Duration> {
        if self.most == 0 {
            return None;
        }
        self.left = self.left.checked_sub(1)?;
        self.now = self.now.max(now);
        // Those before the last second hold nobody back, and a wide bound would keep every one of them.
        while self.last.front().is_some_and(|first| *first + SECOND <= self.now) {
            self.last.pop_front();
        }
        let now = self.now;
        let at = if self.last.len() < self.most {
            now
        } else {
            let first = self.last.pop_front().unwrap_or_default();
            now.max(first + SECOND)
        };
        self.last.push_back(at);
        Some(at)
    }

    /// An iteration sends one more request than the one that its start took.
    pub(crate) fn one_more(&mut self) {
        self.left = self.left.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_used_up_starts_nothing() {
        let mut starts = Starts::new(10, 2);
        assert_eq!(starts.next(Duration::ZERO), Some(Duration::ZERO));
        starts.one_more();
        assert_eq!(starts.next(Duration::ZERO), None);
        assert_eq!(Starts::new(0, 10).next(Duration::ZERO), None);
    }

    #[test]
    fn those_before_the_last_second_are_forgotten() {
        let mut starts = Starts::new(u32::MAX, u32::MAX);
        for ms in 0..10_000 {
            assert_eq!(starts.next(Duration::from_millis(ms)), Some(Duration::from_millis(ms)));
        }
        assert_eq!(starts.last.len(), 1_000);
        // A clock that was looked at before does not go back.
        assert_eq!(starts.next(Duration::from_millis(9_998)), Some(Duration::from_millis(9_999)));
    }

    proptest! {
        #[test]
        fn no_second_has_more_than_the_bound(rate in 1u32..50, gaps in prop::collection::vec(0u64..300, 1..400)) {
            let mut starts = Starts::new(rate, u32::MAX);
            let mut now = Duration::ZERO;
            let mut at = Vec::new();
            for gap in gaps {
                now += Duration::from_millis(gap);
                let start = starts.next(now).unwrap();
                prop_assert!(start >= now);
                at.push(start);
            }
            let rate = rate as usize;
            for (n, start) in at.iter().enumerate().skip(rate) {
                prop_assert!(*start >= at[n - rate] + SECOND);
            }
        }
    }
}

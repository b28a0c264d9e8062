//! When a fault strikes: by count, so that a test knows exactly how often. Counts begin anew when a fault is switched.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counts answers and strikes at every n-th.
#[derive(Debug, Default)]
pub(crate) struct Every(AtomicU64);

impl Every {
    /// Whether it is the turn of this one.
    pub(crate) fn one_in(&self, number: u32) -> bool {
        let count = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        count.is_multiple_of(u64::from(number.max(1)))
    }

    /// Whether this one is among the percent that are struck: exactly so many of every hundred, evenly spread.
    fn percent(&self, percent: u8) -> bool {
        let count = u128::from(self.0.fetch_add(1, Ordering::Relaxed));
        let percent = u128::from(percent.min(100));
        (count + 1) * percent / 100 > count * percent / 100
    }
}

#[derive(Debug, Default)]
pub(crate) struct Strikes {
    pub(crate) answers: Every,
    pub(crate) frames: Every,
    errors: Every,
    late: Every,
    /// When the second began in which requests are counted, and how many came in it.
    second: Mutex<Option<(Instant, u32)>>,
    /// Requests since the memory leaks.
    leaked: AtomicU64,
    /// Agents that were ended since they leave memory behind.
    left: AtomicU64,
    stalled: Mutex<Option<Instant>>,
    is_crashed: AtomicBool,
    crash: Mutex<Option<(String, Instant)>>,
}

impl Strikes {
    /// Begins every count anew. A stall begins now, as long as it is wanted.
    pub(crate) fn begin(&self, stall: Option<Instant>) {
        for every in [&self.answers, &self.frames, &self.errors, &self.late] {
            every.0.store(0, Ordering::Relaxed);
        }
        self.leaked.store(0, Ordering::Relaxed);
        self.left.store(0, Ordering::Relaxed);
        self.is_crashed.store(false, Ordering::Relaxed);
        *self.crash.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.stalled.lock().unwrap_or_else(PoisonError::into_inner) = stall;
    }

    pub(crate) fn is_error(&self, percent: u8) -> bool {
        self.errors.percent(percent)
    }

    pub(crate) fn is_late(&self, one_in: u32) -> bool {
        self.late.one_in(one_in)
    }

    /// Whether this request is more than so many in the second that it comes in.
    pub(crate) fn is_beyond(&self, most: u32, now: Instant) -> bool {
        let mut second = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, count) = match *second {
            Some((began, count)) if now.duration_since(began) < Duration::from_secs(1) => {
                *second.insert((began, count.saturating_add(1)))
            }
            _ => *second.insert((now, 1)),
        };
        count > most
    }

    pub(crate) fn leak(&self) {
        self.leaked.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn leaked(&self) -> u64 {
        self.leaked.load(Ordering::Relaxed)
    }

    /// An agent leaves memory behind.
    pub(crate) fn leave(&self) {
        self.left.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn left(&self) -> u64 {
        self.left.load(Ordering::Relaxed)
    }

    /// When a stall ends that has not ended.
    pub(crate) fn stalled_until(&self) -> Option<Instant> {
        *self.stalled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An agent of this user takes the others with it.
    pub(crate) fn crash(&self, user: &str, now: Instant, lasts: Duration) {
        *self.crash.lock().unwrap_or_else(PoisonError::into_inner) = Some((user.to_owned(), now + lasts));
        self.is_crashed.store(true, Ordering::Relaxed);
    }

    /// Whether this user suffers from what another's agent did.
    pub(crate) fn suffers(&self, user: &str, now: Instant) -> bool {
        self.is_crashed.load(Ordering::Relaxed)
            && (self.crash.lock().unwrap_or_else(PoisonError::into_inner).as_ref())
                .is_some_and(|(culprit, until)| culprit != user && now < *until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_exact_and_evenly_spread() {
        for percent in [0, 1, 4, 6, 33, 100] {
            let every = Every::default();
            let struck: Vec<bool> = (0..1_000).map(|_| every.percent(percent)).collect();
            for hundred in struck.chunks(100) {
                assert_eq!(hundred.iter().filter(|struck| **struck).count(), usize::from(percent));
            }
        }
        let every = Every::default();
        let at: Vec<usize> = (1..=100).filter(|_| every.percent(4)).collect();
        assert_eq!(at, [25, 50, 75, 100]);
    }

    #[test]
    fn what_is_beyond_a_number_is_counted_by_the_second() {
        let (strikes, now) = (Strikes::default(), Instant::now());
        let beyond = |at: u64| strikes.is_beyond(2, now + Duration::from_millis(at));
        assert_eq!([0, 400, 900, 999].map(beyond), [false, false, true, true]);
        assert_eq!([1_000, 1_999, 1_999].map(beyond), [false, false, true]);
    }

    #[test]
    fn one_in_n_strikes_the_nth() {
        let every = Every::default();
        let at: Vec<u32> = (1..=30).filter(|_| every.one_in(10)).collect();
        assert_eq!(at, [10, 20, 30]);
    }
}

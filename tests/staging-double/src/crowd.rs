//! Users that the metrics of the backend tell of and nobody sends: a live system serves others besides those who validate it, at all hours. Simulated, as its
//! resources are.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::change::Change;

/// The seconds that a slow answer took, and any other.
pub(crate) const SLOW: f64 = 4.0;
pub(crate) const QUICK: f64 = 0.02;

/// Requests of others, and how they went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Crowd {
    /// All of them.
    pub requests: u64,
    /// Those whose answer was an error.
    pub errors: u64,
    /// Those that were answered after four seconds.
    pub slow: u64,
}

impl fmt::Display for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, errors, slow } = self;
        write!(f, ", {requests} requests of others a look, {errors} of them errors and {slow} slow")
    }
}

impl Crowd {
    /// How many were answered within so many seconds.
    pub(crate) fn within(&self, seconds: f64) -> u64 {
        let quick = if seconds >= QUICK { self.requests.saturating_sub(self.slow) } else { 0 };
        quick + if seconds >= SLOW { self.slow } else { 0 }
    }

    /// The seconds that all answers took.
    pub(crate) fn seconds(&self) -> f64 {
        self.slow as f64 * SLOW + self.requests.saturating_sub(self.slow) as f64 * QUICK
    }
}

/// What others have asked for so far.
#[derive(Debug, Default)]
pub(crate) struct Crowds(Mutex<Crowd>);

impl Crowds {
    /// What there is to tell at one more look. More come with each, while they do.
    pub(crate) fn look(&self, changes: &[Change]) -> Crowd {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for change in changes {
            if let Change::Crowd(more) = change {
                all.requests = all.requests.saturating_add(more.requests);
                all.errors = all.errors.saturating_add(more.errors);
                all.slow = all.slow.saturating_add(more.slow);
            }
        }
        *all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_come_with_each_look_while_they_do() {
        let crowds = Crowds::default();
        assert_eq!(crowds.look(&[]), Crowd::default());
        let more = Change::Crowd(Crowd { requests: 100, errors: 2, slow: 10 });
        assert_eq!(crowds.look(std::slice::from_ref(&more)), Crowd { requests: 100, errors: 2, slow: 10 });
        let twice = Crowd { requests: 200, errors: 4, slow: 20 };
        assert_eq!((crowds.look(&[more]), crowds.look(&[])), (twice, twice));
        assert_eq!([0.01, 0.02, 2.5, 5.0].map(|seconds| twice.within(seconds)), [0, 180, 180, 200]);
        assert!((twice.seconds() - 83.6).abs() < 1e-9);
    }
}

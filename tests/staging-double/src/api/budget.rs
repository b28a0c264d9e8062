//! The bytes that all users together may have kept.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Far more than 10,000 users with a few texts each need.
const MOST: usize = 256 * 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Budget(AtomicUsize);

impl Budget {
    /// Takes what replaces `gone` bytes, or refuses.
    pub(crate) fn take(&self, wanted: usize, gone: usize) -> bool {
        let fits = |used: usize| Some(used - gone.min(used) + wanted).filter(|used| *used <= MOST);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    pub(crate) fn give(&self, bytes: usize) {
        let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| Some(used - bytes.min(used)));
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, MOST};

    #[test]
    fn is_refused_above_the_bound_and_given_back() {
        let budget = Budget::default();
        assert!(budget.take(MOST, 0));
        assert!(!budget.take(1, 0));
        assert!(budget.take(5, 5));
        budget.give(1);
        assert!(budget.take(1, 0));
    }
}

//! The machine's time of day. Nothing else in the project asks for it.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use holdpoint_gate::Clock;
use holdpoint_model::Timestamp;

/// The machine's clock, which never goes back: if the time of day is set back, it stands until that time has come again.
#[derive(Debug, Default)]
pub struct SystemClock {
    /// The latest answer, in microseconds since 1970.
    latest: AtomicU64,
}

impl SystemClock {
    /// A clock that has answered nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn not_before_latest(&self, micros: u64) -> Timestamp {
        let before = self.latest.fetch_max(micros, Ordering::Relaxed);
        Timestamp(before.max(micros) as f64 / 1_000.0)
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the owner of the time of day")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.not_before_latest(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_goes_back() {
        let clock = SystemClock::new();
        assert_eq!(clock.not_before_latest(2_000).0, 2.0);
        assert_eq!(clock.not_before_latest(1_000).0, 2.0);
        assert_eq!(clock.not_before_latest(2_500).0, 2.5);
    }

    #[test]
    fn tells_the_time_of_this_century() {
        assert!(SystemClock::new().now().0 > 1_700_000_000_000.0);
    }
}

//! A clock that is told the time.

use std::sync::atomic::{AtomicU64, Ordering};

use holdpoint_gate::Clock;
use holdpoint_model::Timestamp;

/// Tells the time it was told, and a millisecond more at each reading.
#[derive(Debug)]
pub struct SimulatedClock(AtomicU64);

impl SimulatedClock {
    /// A clock that stands at a number of milliseconds since 1970.
    pub fn at(ms: u64) -> Self {
        Self(AtomicU64::new(ms))
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed) as f64)
    }
}

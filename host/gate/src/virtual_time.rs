//! A guest's time and random numbers, made of the journal alone: the same run, executed again, sees the same.

use holdpoint_model::{Digest, PhaseId, Timestamp};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// The clock of one guest. It stands still while the guest computes and moves to the time of each answer.
#[derive(Debug, Clone)]
pub(crate) struct VirtualClock {
    last: Timestamp,
    readings: u32,
}

impl VirtualClock {
    pub(crate) fn new(start: Timestamp) -> Self {
        Self { last: start, readings: 0 }
    }

    /// Moves to the time of an answer. Time never runs backwards, though answers of a batch may.
    pub(crate) fn advance(&mut self, at: Timestamp) {
        if at.0 > self.last.0 {
            self.last = at;
            self.readings = 0;
        }
    }

    /// The time. Each reading is a microsecond later, or loops that wait for time to pass would never end.
    pub(crate) fn now(&mut self) -> Timestamp {
        #[cfg(feature = "sabotage")]
        if let Some(now) = sabotage::now() {
            return now;
        }
        self.readings = self.readings.saturating_add(1);
        Timestamp(self.last.0 + f64::from(self.readings) / 1_000.0)
    }
}

/// The random numbers of one guest.
pub(crate) struct GuestRandom(ChaCha20Rng);

impl GuestRandom {
    pub(crate) fn new(run_seed: &Digest, guest: &PhaseId) -> Self {
        #[cfg(feature = "sabotage")]
        if let Some(now) = sabotage::now() {
            return Self(ChaCha20Rng::from_seed(Digest::of(&now.0.to_le_bytes()).0));
        }
        Self(ChaCha20Rng::from_seed(Digest::of_parts(&[b"random", &run_seed.0, guest.as_str().as_bytes()]).0))
    }

    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        self.0.fill_bytes(bytes);
    }
}

/// The fault that the crash suite must find.
#[cfg(feature = "sabotage")]
mod sabotage {
    use std::time::{SystemTime, UNIX_EPOCH};

    use holdpoint_model::Timestamp;

    /// What the machine's clock says, where that is asked for.
    #[expect(clippy::disallowed_methods, reason = "reading the machine's clock is the fault")]
    pub(super) fn now() -> Option<Timestamp> {
        std::env::var("HOLDPOINT_SABOTAGE").ok().filter(|how| how == "real-clock")?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Some(Timestamp(since.as_secs_f64() * 1_000.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stands_still_but_for_a_microsecond_a_reading() {
        let mut clock = VirtualClock::new(Timestamp(1_000.0));
        assert_eq!((clock.now().0, clock.now().0), (1_000.001, 1_000.002));
        clock.advance(Timestamp(2_000.0));
        clock.advance(Timestamp(1_500.0));
        assert_eq!(clock.now().0, 2_000.001);
    }

    #[test]
    fn random_numbers_follow_from_run_and_guest() {
        let draw = |seed: &[u8], guest: &str| {
            let mut bytes = [0; 16];
            GuestRandom::new(&Digest::of(seed), &PhaseId::parse(guest).unwrap()).fill(&mut bytes);
            bytes
        };
        assert_eq!(draw(b"run", "a"), draw(b"run", "a"));
        assert_ne!(draw(b"run", "a"), draw(b"run", "b"));
        assert_ne!(draw(b"run", "a"), draw(b"other", "a"));
    }
}

//! How fast the clock of a run goes. Pure: the machine's time is given.

use std::collections::BTreeMap;

/// The pace of a rehearsal: many times as fast while everybody who could do something sleeps, and never past the moment at which the
/// first of them wakes; as the machine's otherwise.
#[derive(Debug)]
pub(crate) struct Pace {
    scale: f64,
    /// When it changed last, on the machine's clock, in milliseconds.
    changed: f64,
    /// What the clock of the run said then.
    at: f64,
    /// Those who are doing something.
    awake: usize,
    /// When those who wait are due, by the bits of the moment: of what is above nothing the order is the same. With how many there are.
    due: BTreeMap<u64, usize>,
}

impl Pace {
    /// A clock that says `at` when the machine's says `real`, in milliseconds since 1970.
    pub(crate) fn new(scale: f64, real: f64, at: f64) -> Self {
        Self { scale, changed: real, at, awake: 0, due: BTreeMap::new() }
    }

    /// What the clock of the run says.
    pub(crate) fn now(&self, real: f64) -> f64 {
        let passed = (real - self.changed).max(0.0);
        match self.first().filter(|_| self.awake == 0) {
            Some(first) => (self.at + passed * self.scale).min(first.max(self.at)),
            None => self.at + passed,
        }
    }

    /// How long it is by the machine's clock until the run's says `until`, unless the pace changes before.
    pub(crate) fn rest(&self, real: f64, until: f64) -> f64 {
        let rest = until - self.now(real);
        if self.is_fast() { rest / self.scale } else { rest }
    }

    pub(crate) fn is_fast(&self) -> bool {
        self.awake == 0 && !self.due.is_empty()
    }

    /// Somebody does something from here on.
    pub(crate) fn wake(&mut self, real: f64) {
        self.turn(real);
        self.awake += 1;
    }

    /// Somebody does nothing more.
    pub(crate) fn rest_from(&mut self, real: f64) {
        self.turn(real);
        self.awake = self.awake.saturating_sub(1);
    }

    /// Somebody waits until then.
    pub(crate) fn wait(&mut self, real: f64, until: f64) {
        self.turn(real);
        *self.due.entry(bits(until)).or_default() += 1;
    }

    /// Somebody waits no more.
    pub(crate) fn waited(&mut self, real: f64, until: f64) {
        self.turn(real);
        if let Some(waiting) = self.due.get_mut(&bits(until)) {
            *waiting -= 1;
            if *waiting == 0 {
                self.due.remove(&bits(until));
            }
        }
    }

    /// What follows has another pace than what was.
    fn turn(&mut self, real: f64) {
        self.at = self.now(real);
        self.changed = self.changed.max(real);
    }

    fn first(&self) -> Option<f64> {
        self.due.first_key_value().map(|(bits, _)| f64::from_bits(*bits))
    }
}

/// Moments before 1970, and what is none, are due at once.
fn bits(until: f64) -> u64 {
    (if until > 0.0 { until } else { 0.0 }).to_bits()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_fast_only_while_all_sleep() {
        let mut pace = Pace::new(1_000.0, 0.0, 50_000.0);
        assert_eq!(pace.now(7.0), 50_007.0, "nobody sleeps");
        pace.wake(10.0);
        pace.wake(10.0);
        // The first one sleeps, the other one works.
        pace.wait(20.0, 90_000.0);
        pace.rest_from(20.0);
        assert_eq!((pace.now(30.0), pace.is_fast()), (50_030.0, false));
        pace.rest_from(30.0);
        pace.wait(30.0, 60_030.0);
        assert_eq!((pace.now(35.0), pace.is_fast()), (55_030.0, true));
        assert_eq!(pace.rest(35.0, 60_030.0), 5.0);
        // It stands at the first moment that somebody waits for, however late they wake.
        assert_eq!(pace.now(70.0), 60_030.0);
        pace.wake(70.0);
        pace.waited(70.0, 60_030.0);
        assert_eq!((pace.now(75.0), pace.is_fast()), (60_035.0, false));
        assert_eq!(pace.rest(75.0, 60_135.0), 100.0);
        pace.rest_from(80.0);
        assert_eq!(pace.now(90.0), 70_040.0, "the other one still sleeps");
    }

    #[test]
    fn it_never_goes_back() {
        let mut pace = Pace::new(60.0, 1_000.0, 5_000.0);
        assert_eq!(pace.now(0.0), 5_000.0, "the machine's time was set back");
        pace.wait(1_000.0, 4_000.0);
        assert_eq!(pace.now(2_000.0), 5_000.0, "what is due has passed");
        assert!(pace.rest(2_000.0, 4_000.0) < 0.0);
        pace.waited(2_000.0, 4_000.0);
        assert_eq!(pace.now(2_001.0), 5_001.0);
        // Waits of the same moment are told apart.
        pace.wait(2_001.0, 6_000.0);
        pace.wait(2_001.0, 6_000.0);
        pace.waited(2_001.0, 6_000.0);
        assert!(pace.is_fast());
        pace.waited(2_001.0, f64::NAN);
        pace.waited(2_001.0, 6_000.0);
        assert!(!pace.is_fast());
    }
}

//! When looks are due, and which were made. Pure; it waits for nothing.

use holdpoint::Time;
use holdpoint::prelude::*;

/// The n-th look, from 0, is due at the start and n times `every`. It can be made until the next one is due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    pub(crate) start: Time,
    pub(crate) every: Millis,
    /// How many there are.
    pub(crate) looks: u32,
}

impl Schedule {
    /// When a look is due, whatever the looks before it took.
    pub(crate) fn due(&self, look: u32) -> Time {
        Time(self.start.0 + f64::from(look) * self.every.as_f64())
    }

    /// Which look can be made now, if those before `next` are over. The number of all looks if none can.
    pub(crate) fn current(&self, now: Time, next: u32) -> u32 {
        let since = now.since(self.start).0;
        (since / self.every.0.max(1)).clamp(next, self.looks.max(next))
    }
}

/// Looks so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Looks {
    pub(crate) made: u32,
    /// Nobody was there to make them: the host was away, or the look before took too long.
    pub(crate) missed: u32,
    /// Of these, the most in a row.
    pub(crate) longest: u32,
}

impl Looks {
    /// Counts looks in a row that nobody made.
    pub(crate) fn miss(&mut self, count: u32) {
        self.missed += count;
        self.longest = self.longest.max(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCHEDULE: Schedule = Schedule { start: Time(1_000.0), every: Millis(500), looks: 20 };

    #[test]
    fn looks_do_not_drift() {
        assert_eq!(SCHEDULE.due(0), Time(1_000.0));
        assert_eq!(SCHEDULE.due(19), Time(10_500.0));
    }

    #[test]
    fn a_look_can_be_made_until_the_next_is_due() {
        for (name, now, next, look) in [
            ("in time", 1_500.0, 1, 1),
            ("late", 1_999.0, 1, 1),
            ("too late for one", 2_000.0, 1, 2),
            ("too late for many", 6_250.0, 1, 10),
            ("before it is due", 1_499.0, 1, 1),
            ("before the start", 0.0, 0, 0),
            ("after the last", 11_000.0, 3, 20),
            ("long after the last", 1e12, 3, 20),
        ] {
            assert_eq!(SCHEDULE.current(Time(now), next), look, "{name}");
        }
    }
}

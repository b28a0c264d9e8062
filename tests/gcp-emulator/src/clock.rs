//! The emulator's time: the time of day, moved forward by whoever tests. Knows UTC alone.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SECONDS_A_DAY: u64 = 86_400;

/// A moment, as the time since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) Duration);

impl Moment {
    pub(crate) fn after(self, span: Duration) -> Moment {
        Moment(self.0.saturating_add(span))
    }

    pub(crate) fn seconds(self) -> u64 {
        self.0.as_secs()
    }

    /// `2026-01-01T00:00:00.000000Z`. Texts of this shape sort as the moments do.
    pub(crate) fn rfc3339(self) -> String {
        let seconds = self.0.as_secs();
        let (year, month, day) = date(seconds / SECONDS_A_DAY);
        let within = seconds % SECONDS_A_DAY;
        let (hour, minute, second) = (within / 3_600, within / 60 % 60, within % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:06}Z", self.0.subsec_micros())
    }
}

/// Year, month and day of the Gregorian calendar, counted in years that begin in March: their leap day is the last.
fn date(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

/// Tells the time, and can be moved forward.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    ahead: Mutex<Duration>,
}

impl Clock {
    pub(crate) fn now(&self) -> Moment {
        let ahead = *self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Moment(since.saturating_add(ahead))
    }

    pub(crate) fn advance(&self, span: Duration) {
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        *ahead = ahead.saturating_add(span);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_the_gregorian_calendar() {
        let text = |seconds| Moment(Duration::from_secs(seconds)).rfc3339();
        assert_eq!(text(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(951_782_400), "2000-02-29T00:00:00.000000Z");
        assert_eq!(text(1_767_225_599), "2025-12-31T23:59:59.000000Z");
    }

    #[test]
    fn a_clock_that_was_moved_stays_ahead() {
        let clock = Clock::default();
        let before = clock.now();
        clock.advance(Duration::from_secs(3_600));
        assert!(clock.now() >= before.after(Duration::from_secs(3_600)));
    }
}

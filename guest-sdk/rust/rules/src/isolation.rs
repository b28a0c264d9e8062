//! What a test of isolation has shown: leaks among exchanges, and how many there may be at most with what was seen.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::upper_limit;

/// The counts of a test of isolation.
///
/// ```
/// use holdpoint_rules::isolation::Isolation;
///
/// let seen = Isolation { exchanges: 92_114, own: 92_000, leaks: 0 };
/// assert!(seen.is_exercised() && seen.bound() < 3.0 / 92_114.0);
/// assert_eq!(seen.to_string(), "0 of 92114 exchanges leaked, at most 0.0033 % with 95 % confidence");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Isolation {
    /// Exchanges of which everything that came back was scanned.
    pub exchanges: u64,
    /// How often a user received its own canary.
    pub own: u64,
    /// Exchanges in which a user received another one's canary. More than there are exchanges count as all of them.
    pub leaks: u64,
}

impl Isolation {
    /// Whether the test can show anything: canaries that never come back could not have come back to somebody else.
    pub fn is_exercised(&self) -> bool {
        self.exchanges > 0 && (self.own > 0 || self.leaks > 0)
    }

    /// The share of exchanges without a leak, 0 to 1. Of no exchange it is 0: nothing was isolated.
    pub fn share(&self) -> f64 {
        if self.exchanges == 0 { 0.0 } else { (self.exchanges - self.leaked()) as f64 / self.exchanges as f64 }
    }

    /// The share of leaking exchanges that is not exceeded with 95 % confidence, 0 to 1: the upper limit of Clopper and Pearson. Without
    /// a leak it is a little less than 3 of the number of exchanges; without an exchange it is 1.
    pub fn bound(&self) -> f64 {
        upper_limit(self.leaked(), self.exchanges)
    }

    fn leaked(&self) -> u64 {
        self.leaks.min(self.exchanges)
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = self.bound() * 100.0;
        write!(
            f,
            "{} of {} exchanges leaked, at most {} % with 95 % confidence",
            self.leaked(),
            self.exchanges,
            rounded_up(percent)
        )
    }
}

/// Two digits that count, and never less than the number.
fn rounded_up(number: f64) -> String {
    if number <= 0.0 {
        return "0".to_owned();
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a percentage has few places before its first digit, and `as` saturates"
    )]
    let places = (1 - libm::floor(libm::log10(number)) as i32).clamp(0, 12);
    let scale = libm::pow(10.0, f64::from(places));
    format!("{:.*}", places.unsigned_abs() as usize, libm::ceil(number * scale) / scale)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn nothing_seen_bounds_nothing() {
        let nothing = Isolation::default();
        assert_eq!((nothing.bound(), nothing.share(), nothing.is_exercised()), (1.0, 0.0, false));
        let never_back = Isolation { exchanges: 100, own: 0, leaks: 0 };
        assert!(!never_back.is_exercised());
        let leaks_alone = Isolation { exchanges: 100, own: 0, leaks: 100 };
        assert_eq!((leaks_alone.bound(), leaks_alone.share(), leaks_alone.is_exercised()), (1.0, 0.0, true));
        assert_eq!(Isolation { exchanges: 2, own: 0, leaks: 7 }.share(), 0.0);
    }

    #[test]
    fn is_said_with_two_digits_that_are_never_too_good() {
        let said = |exchanges, leaks| Isolation { exchanges, own: 1, leaks }.to_string();
        assert_eq!(said(100_000, 0), "0 of 100000 exchanges leaked, at most 0.0030 % with 95 % confidence");
        assert_eq!(said(10, 0), "0 of 10 exchanges leaked, at most 26 % with 95 % confidence");
        assert_eq!(said(10_000, 1), "1 of 10000 exchanges leaked, at most 0.048 % with 95 % confidence");
        assert_eq!(said(0, 0), "0 of 0 exchanges leaked, at most 100 % with 95 % confidence");
    }
}

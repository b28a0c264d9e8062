//! What a test of isolation has shown: leaks among exchanges, and how many there may be at most with what was seen.

use std::fmt;

/// How sure a bound is: in 95 of 100 tests the truth lies below it.
const CHANCE: f64 = 0.05;
/// Tries beyond which a bound is not computed from all of them.
const MOST_TRIES: u64 = 1 << 32;

/// The counts of a test of isolation.
///
/// ```
/// use holdpoint::isolation::Isolation;
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
    let places = (1 - number.log10().floor() as i32).clamp(0, 12);
    let scale = 10_f64.powi(places);
    format!("{:.*}", places.unsigned_abs() as usize, (number * scale).ceil() / scale)
}

/// The probability at which so few successes or fewer of so many tries come with the chance of 5 %.
fn upper_limit(mut successes: u64, mut tries: u64) -> f64 {
    // Half of the evidence never has a smaller bound, and takes half as long.
    while tries > MOST_TRIES {
        (successes, tries) = (successes.div_ceil(2), tries / 2);
    }
    if successes >= tries {
        return 1.0;
    }
    if successes == 0 {
        // 1 - 0.05^(1/n), without losing the small difference.
        return -(CHANCE.ln() / tries as f64).exp_m1();
    }
    let (mut low, mut high) = (successes as f64 / tries as f64, 1.0);
    // Each step halves what is left, so that no more than these make a difference.
    for _ in 0..200 {
        let middle = low + (high - low) / 2.0;
        if middle <= low || middle >= high {
            break;
        }
        if at_most(successes, tries, middle) > CHANCE { low = middle } else { high = middle }
    }
    high
}

/// How probable it is that so many successes or fewer come of so many tries, each with a probability above `successes / tries`. From the
/// largest term down each is smaller than the one before, so that few have to be added.
fn at_most(successes: u64, tries: u64, probability: f64) -> f64 {
    let (k, n) = (successes as f64, tries as f64);
    let largest = ln_gamma(n + 1.0) - ln_gamma(k + 1.0) - ln_gamma(n - k + 1.0)
        + k * probability.ln()
        + (n - k) * (-probability).ln_1p();
    let odds = (1.0 - probability) / probability;
    let (mut term, mut sum, mut left) = (1.0, 1.0, k);
    while left > 0.0 && term > sum * f64::EPSILON {
        term *= left / (n - left + 1.0) * odds;
        sum += term;
        left -= 1.0;
    }
    largest.exp() * sum
}

/// The logarithm of the gamma function of a number from 1 on: Stirling's series, which is exact enough from 10 on.
fn ln_gamma(number: f64) -> f64 {
    let (mut x, mut product) = (number, 1.0);
    while x < 10.0 {
        product *= x;
        x += 1.0;
    }
    let square = 1.0 / (x * x);
    let series = (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0))) / x;
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + series - f64::ln(product)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(value: f64, expected: f64) {
        assert!((value / expected - 1.0).abs() < 1e-6, "{value} is not {expected}");
    }

    #[test]
    fn no_leak_has_the_bound_of_the_closed_form() {
        // 1 - 0.05^(1/n)
        close(upper_limit(0, 1), 0.95);
        close(upper_limit(0, 10), 0.258_865_511);
        close(upper_limit(0, 100), 0.029_513_049_6);
        close(upper_limit(0, 100_000), 2.995_687_4e-5);
        for exchanges in [3, 100, 10_000, 1_000_000_000] {
            let bound = upper_limit(0, exchanges) * exchanges as f64;
            assert!(bound < 3.0, "the rule of three is above it: {bound}");
        }
    }

    #[test]
    fn leaks_have_the_bound_of_the_tables() {
        for (leaks, exchanges, bound) in KNOWN {
            close(upper_limit(*leaks, *exchanges), *bound);
        }
        // Rare events: the limit of the Poisson distribution.
        close(upper_limit(1, 1_000_000_000) * 1e9, 4.743_864_5);
        close(upper_limit(2, 1_000_000_000) * 1e9, 6.295_793_6);
        close(upper_limit(10, 1_000_000_000) * 1e9, 16.962_219);
    }

    #[test]
    fn the_bound_solves_its_equation() {
        // Counted out, term by term, for small numbers.
        for exchanges in 1..40_u64 {
            for leaks in 0..exchanges {
                let bound = upper_limit(leaks, exchanges);
                let mut choose = 1.0;
                let mut chance = 0.0;
                for k in 0..=leaks {
                    chance += choose * bound.powi(k as i32) * (1.0 - bound).powi((exchanges - k) as i32);
                    choose = choose * (exchanges - k) as f64 / (k + 1) as f64;
                }
                close(chance, CHANCE);
                assert!(bound > leaks as f64 / exchanges as f64);
            }
        }
    }

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

    #[test]
    fn large_counts_take_no_long() {
        let bound = upper_limit(500_000_000, 1_000_000_000);
        assert!(bound > 0.5 && bound < 0.500_1, "{bound}");
        assert_eq!(upper_limit(u64::MAX, u64::MAX), 1.0);
        assert!(upper_limit(u64::MAX / 2, u64::MAX) >= 0.5);
    }

    /// The quantile 0.95 of Beta(k + 1, n - k), from exact arithmetic with 40 digits.
    const KNOWN: &[(u64, u64, f64)] = &[
        (1, 10, 0.394_163_302_437),
        (9, 10, 0.994_883_803_108),
        (1, 100, 0.046_559_811_453_5),
        (5, 100, 0.102_253_377_643),
        (50, 100, 0.586_378_285_369),
        (2, 50, 0.120_614_155_422),
        (1, 10_000, 0.000_474_297_659_165),
        (10, 100_000, 0.000_169_616_287_626),
        (100, 100_000, 0.001_180_685_969_17),
    ];
}

//! How great a share may be at most, with what was seen: the upper limit of Clopper and Pearson, exact for any counts.
//!
//! Source: Clopper, C., and Pearson, E. S. (1934), "The use of confidence or fiducial limits illustrated in the case of the binomial",
//! Biometrika 26, 404–413. For 0 of n it is 1 − 0.05^(1/n), a little less than 3/n.

/// How sure a bound is: in 95 of 100 tests the truth lies below it.
const CHANCE: f64 = 0.05;
/// Tries beyond which a bound is not computed from all of them.
const MOST_TRIES: u64 = 1 << 32;

/// The probability at which so few successes or fewer of so many tries come with the chance of 5 %: with 95 % confidence the true one is
/// not above it.
///
/// ```
/// assert!(holdpoint_rules::upper_limit(0, 92_114) < 3.0 / 92_114.0);
/// ```
pub fn upper_limit(mut successes: u64, mut tries: u64) -> f64 {
    // Half of the evidence never has a smaller bound, and takes half as long.
    while tries > MOST_TRIES {
        (successes, tries) = (successes.div_ceil(2), tries / 2);
    }
    if successes >= tries {
        return 1.0;
    }
    if successes == 0 {
        // 1 - 0.05^(1/n), without losing the small difference.
        return -libm::expm1(libm::log(CHANCE) / tries as f64);
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
        + k * libm::log(probability)
        + (n - k) * libm::log1p(-probability);
    let odds = (1.0 - probability) / probability;
    let (mut term, mut sum, mut left) = (1.0, 1.0, k);
    while left > 0.0 && term > sum * f64::EPSILON {
        term *= left / (n - left + 1.0) * odds;
        sum += term;
        left -= 1.0;
    }
    libm::exp(largest) * sum
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
    (x - 0.5) * libm::log(x) - x + 0.5 * libm::log(core::f64::consts::TAU) + series - libm::log(product)
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

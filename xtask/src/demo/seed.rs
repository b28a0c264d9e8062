//! A seed out of the operating system's randomness, short enough to be typed again.

use std::hash::{BuildHasher, RandomState};

/// Another number each time.
pub(crate) fn fresh() -> u64 {
    // The standard library keys its hash maps from the system; one hash of nothing is such a number.
    RandomState::new().hash_one(()) & u64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    #[test]
    fn is_another_each_time_and_short() {
        let seeds: std::collections::HashSet<u64> = (0..8).map(|_| super::fresh()).collect();
        assert!(seeds.len() > 1);
        assert!(seeds.iter().all(|seed| seed.to_string().len() <= 10));
    }
}

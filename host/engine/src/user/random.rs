//! The random numbers of a user: the same user of the same run draws the same ones. They choose pages and pauses; nothing secret is made of
//! them.

use holdpoint_model::Digest;

/// Steele, Lea and Flood's SplitMix64: eight bytes a user.
#[derive(Debug, Clone, Copy)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: &Digest, user: u32) -> Self {
        let Digest(bytes) = Digest::of_parts(&[b"user", &seed.0, &user.to_le_bytes()]);
        Self(u64::from_le_bytes(std::array::from_fn(|n| bytes[n])))
    }

    pub(super) fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 32) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follow_from_run_and_user() {
        let draw = |seed: &[u8], user| {
            let mut random = Random::new(&Digest::of(seed), user);
            [random.next(), random.next(), random.next()]
        };
        assert_eq!(draw(b"a", 1), draw(b"a", 1));
        assert_ne!(draw(b"a", 1), draw(b"a", 2));
        assert_ne!(draw(b"a", 1), draw(b"b", 1));
    }

    #[test]
    fn are_spread() {
        let mut random = Random::new(&Digest::of(b"a"), 1);
        let high = (0..10_000).filter(|_| random.next() > u32::MAX / 2).count();
        assert!((4_800..5_200).contains(&high), "{high}");
    }
}

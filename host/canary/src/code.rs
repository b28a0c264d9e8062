//! How a canary is written: 32 characters in four groups of eight. Each group has 32 bits of the canary and 8 bits that follow from
//! them by the run's key, so that most texts are seen to be no group without asking a table.
//!
//! Any 16 consecutive characters have one whole group.

use crate::key::Key;

/// Characters of a canary.
pub(crate) const LENGTH: usize = 32;
/// Characters that are enough to find it.
pub(crate) const PART: usize = 16;
/// Characters of a group.
pub(crate) const GROUP: usize = 8;
pub(crate) const GROUPS: usize = LENGTH / GROUP;
/// Bits of a character.
pub(crate) const BITS: usize = 5;
/// The bits of a group.
pub(crate) const GROUP_MASK: u64 = (1 << (BITS * GROUP)) - 1;

/// Digits and letters without i, l, o and u. It means the same in capitals, and hardly any word is made of these only.
pub(crate) const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Not a character of the alphabet.
pub(crate) const NONE: u8 = 0xff;
/// A capital, beside the five bits of a character.
pub(crate) const CAPITAL: u8 = 0x20;

/// For each byte the bits of its character.
pub(crate) static DIGITS: [u8; 256] = digits();

const fn digits() -> [u8; 256] {
    let mut digits = [NONE; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        let byte = ALPHABET[value];
        digits[byte as usize] = value as u8;
        if byte.is_ascii_lowercase() {
            digits[byte.to_ascii_uppercase() as usize] = value as u8 | CAPITAL;
        }
        value += 1;
    }
    digits
}

/// What makes the last bits of a group out of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guard {
    factor: u64,
    mask: u32,
}

impl Guard {
    pub(crate) fn new(key: &Key) -> Self {
        let digest = key.digest("guard", &[]);
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| digest[at + byte]));
        Self { factor: word(0) | 1, mask: word(8) as u32 }
    }

    /// The group of 32 bits.
    pub(crate) fn group(&self, bits: u32) -> u64 {
        u64::from(bits) << 8 | self.follows(bits)
    }

    /// Whether a group has the bits that it must have. One of 256 random ones does.
    #[inline]
    pub(crate) fn holds(&self, group: u64) -> bool {
        self.follows((group >> 8) as u32) == group & 0xff
    }

    #[inline]
    fn follows(&self, bits: u32) -> u64 {
        u64::from(bits ^ self.mask).wrapping_mul(self.factor) >> 56
    }
}

/// A character of a group.
#[inline]
pub(crate) fn digit(groups: &[u64; GROUPS], place: usize) -> u8 {
    (groups[place / GROUP] >> (BITS * (GROUP - 1 - place % GROUP))) as u8 & 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_mean_the_same() {
        for (value, byte) in ALPHABET.iter().enumerate() {
            assert_eq!(usize::from(DIGITS[usize::from(*byte)]), value);
            assert_eq!(usize::from(DIGITS[usize::from(byte.to_ascii_uppercase())] & 31), value);
        }
        assert_eq!(DIGITS.iter().filter(|digit| **digit == NONE).count(), 256 - 10 - 2 * 22);
    }

    #[test]
    fn a_group_holds_and_a_changed_one_hardly_ever_does() {
        let guard = Guard::new(&Key::of_run(&[3; 32], "a"));
        assert!((0..10_000_u32).all(|n| guard.holds(guard.group(n.wrapping_mul(0x9e37_79b9)))));
        let held = (0..100_000_u64).filter(|n| guard.holds(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 24)).count();
        assert!((300..500).contains(&held), "{held} of 100000");
        // What bodies are full of is not asked about again and again.
        assert!((0..32).filter(|digit| guard.holds((0..8).fold(0, |group, _| group << 5 | digit))).count() < 4);
    }
}

//! Names that look drawn and follow from a seed: the same calls give the same names. Not fit for secrets.

use sha2::{Digest, Sha256};

/// The letters of the ends of revisions: no vowels, so no words.
const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// What names are made from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    /// Hex digits for a purpose, at most 64.
    pub(crate) fn digits(self, purpose: &str, count: usize) -> String {
        let mut digits = hex::encode(self.digest(purpose));
        digits.truncate(count);
        digits
    }

    /// Letters for a purpose, at most 32.
    pub(crate) fn letters(self, purpose: &str, count: usize) -> String {
        let letter = |byte: u8| char::from(LETTERS[usize::from(byte) % LETTERS.len()]);
        self.digest(purpose).into_iter().take(count).map(letter).collect()
    }

    /// An id of the shape 8-4-4-4-12.
    pub(crate) fn uuid(self, purpose: &str) -> String {
        let all = self.digits(purpose, 32);
        let part = |from: usize, to: usize| all.get(from..to).unwrap_or_default();
        format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
    }

    fn digest(self, purpose: &str) -> [u8; 32] {
        Sha256::new().chain_update(self.0.to_be_bytes()).chain_update(purpose).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::Seed;

    #[test]
    fn names_follow_from_the_seed_and_the_purpose() {
        assert_eq!(Seed(1).letters("a", 3), Seed(1).letters("a", 3));
        assert_ne!(Seed(1).letters("a", 8), Seed(2).letters("a", 8));
        assert_ne!(Seed(1).letters("a", 8), Seed(1).letters("b", 8));
        assert_eq!(Seed(1).uuid("a").split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    }
}

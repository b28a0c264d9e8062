//! The secret that all canaries of a run follow from.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The key of a run. Who does not know it can't make a canary that was not shown to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of a run: another one for every run, even from the same secret.
    pub fn of_run(secret: &[u8; 32], run: &str) -> Self {
        Self(*secret).derive("run", &[run.as_bytes()])
    }

    /// A key for one purpose.
    pub(crate) fn derive(&self, purpose: &str, parts: &[&[u8]]) -> Self {
        Self(self.digest(purpose, parts))
    }

    /// SHA-256 over the key, which has a fixed length, and parts with their lengths. No digest leaves this crate whole, so none can be
    /// continued by who doesn't know the key.
    pub(crate) fn digest(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(self.0);
        for part in std::iter::once(&purpose.as_bytes()).chain(parts) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        hash.finalize().into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_counts_and_none_runs_into_the_next() {
        let key = Key::of_run(&[1; 32], "a");
        let digests = [
            key.digest("p", &[b"ab", b"c"]),
            key.digest("p", &[b"a", b"bc"]),
            key.digest("pa", &[b"b", b"c"]),
            key.digest("p", &[b"ab", b"c", b""]),
            Key::of_run(&[1; 32], "b").digest("p", &[b"ab", b"c"]),
            Key::of_run(&[2; 32], "a").digest("p", &[b"ab", b"c"]),
        ];
        for (place, digest) in digests.iter().enumerate() {
            assert!(!digests[..place].contains(digest), "{place}");
        }
    }

    #[test]
    fn a_key_is_not_shown() {
        assert_eq!(format!("{:?}", Key::of_run(&[1; 32], "a")), "Key");
    }
}

//! Contents of files, their hashes, and where two differ. Pure.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// So many bytes of all values in no order that a compressor likes; the same each time in one run, others in the next, and others for each size.
pub(crate) fn bytes(size: u32, run: &str) -> Vec<u8> {
    let digest = Sha256::digest(format!("{run}/{size}"));
    // Of nothing nothing else would follow.
    let mut state = u32::from_le_bytes([digest[0], digest[1], digest[2], digest[3]]).max(1);
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    std::iter::repeat_with(next).take(size as usize).collect()
}

/// SHA-256 in hexadecimal digits.
pub(crate) fn hash(content: &[u8]) -> String {
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(content) {
        // Writing into a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// In which way something came back as another, if it did.
pub(crate) fn difference(sent: &[u8], came: &[u8]) -> Option<String> {
    if sent.len() != came.len() {
        return Some(format!("{} bytes of {}", came.len(), sent.len()));
    }
    let mut differing = sent.iter().zip(came).enumerate().filter(|(_, (one, other))| one != other).map(|(at, _)| at);
    let first = differing.next()?;
    Some(format!("{} bytes are others, first that at {first}", differing.count() + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_has_all_values_and_is_the_same_each_time_in_one_run_alone() {
        let content = bytes(65_536, "one");
        assert_eq!((content.len(), bytes(1, "one").len()), (65_536, 1));
        assert_eq!(content, bytes(65_536, "one"));
        assert!((0..=255).all(|value| content.contains(&value)));
        assert_ne!(content[..1_000], bytes(65_537, "one")[..1_000]);
        assert_ne!(content[..1_000], bytes(65_536, "two")[..1_000]);
    }

    #[test]
    fn hashes_as_the_standard_shows() {
        assert_eq!(hash(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_difference_is_told_with_its_place() {
        assert_eq!(difference(b"abc", b"abc"), None);
        assert_eq!(difference(b"abc", b"ab").as_deref(), Some("2 bytes of 3"));
        assert_eq!(difference(b"abcd", b"aXcX").as_deref(), Some("2 bytes are others, first that at 1"));
    }
}

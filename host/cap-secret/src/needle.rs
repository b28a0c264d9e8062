//! The ways in which a value may be written. What escapes do to it is undone by [`crate::view`]; here are the encodings.

use std::collections::BTreeSet;

use base64::{Engine as _, engine::general_purpose as base64_engine};

/// How a value was written, in the words of an answer.
pub(crate) const PLAIN: &str = "plain";
pub(crate) const URL: &str = "url";
pub(crate) const BASE64: &str = "base64";
pub(crate) const HEX: &str = "hex";

/// The texts to look for, but for hexadecimal digits, with the name of their encoding.
pub(crate) fn patterns(value: &str) -> Vec<(Vec<u8>, &'static str)> {
    let mut patterns = vec![(value.as_bytes().to_vec(), PLAIN)];
    if value.contains(' ') {
        patterns.push((value.replace(' ', "+").into_bytes(), URL));
    }
    patterns.extend(base64(value.as_bytes()).into_iter().map(|text| (text.into_bytes(), BASE64)));
    patterns
}

/// Hexadecimal digits, in lower case.
pub(crate) fn hex(value: &str) -> String {
    value.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The value in base64, also in the middle of a longer text that was encoded whole: then it begins at one of three places within a
/// group of four characters, and its first and last characters depend on its neighbours. For each place there is the part that depends on
/// the value alone, and that part up to the end if nothing follows.
fn base64(value: &[u8]) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    for before in 0..3 {
        let mut plain = vec![0; before];
        plain.extend_from_slice(value);
        let first = (before * 8).div_ceil(6);
        let whole = plain.len() * 8 / 6;
        for engine in [base64_engine::STANDARD, base64_engine::URL_SAFE] {
            let text = engine.encode(&plain);
            texts.insert(text[first..whole].to_owned());
            texts.insert(text.trim_end_matches('=')[first..].to_owned());
            texts.insert(text[first..].to_owned());
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_a_longer_text_is_among_the_patterns() {
        let value = b"s3cr3t-value";
        for before in ["", "a", "ab", "abc", "{\"k\":\""] {
            for after in ["", "z", "yz", "\"}"] {
                let whole = [before.as_bytes(), value, after.as_bytes()].concat();
                let text = base64_engine::STANDARD.encode(&whole);
                assert!(base64(value).iter().any(|pattern| text.contains(pattern)), "{before:?} {after:?}");
            }
        }
    }
}

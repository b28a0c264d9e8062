//! Leaves out what can't have a canary, without looking at every byte. Nothing is decided here: what is not left out is read by the
//! [scanner](crate::Scanner) byte by byte, and it would have found nothing in what is.

use crate::base64::{LINE, SEXTETS, is_newline};
use crate::code::{DIGITS, NONE, PART};
use crate::escape;

/// Whether a byte may be part of a canary in any of its forms. Anything else separates two tokens.
static BELONGS: [bool; 256] = belongs();

const fn belongs() -> [bool; 256] {
    let mut belongs = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        belongs[byte] = SEXTETS[byte] != NONE || escape::begins(byte as u8);
        byte += 1;
    }
    belongs
}

#[inline]
pub(crate) fn belongs_to_one(byte: u8) -> bool {
    BELONGS[usize::from(byte)]
}

/// The next token that is long enough, or whose end is not in these bytes; `from` is where one may begin. Looks at one of 16 bytes first.
pub(crate) fn next(bytes: &[u8], mut from: usize) -> Option<(usize, usize)> {
    loop {
        let probe = (from + PART - 1).min(bytes.len().wrapping_sub(1));
        if from >= bytes.len() {
            return None;
        }
        if !belongs_to_one(bytes[probe]) {
            from = probe + 1;
            continue;
        }
        let before = bytes[from..probe].iter().rev().take_while(|byte| belongs_to_one(**byte)).count();
        let after = bytes[probe..].iter().take_while(|byte| belongs_to_one(**byte)).count();
        let (start, end) = (probe - before, probe + after);
        if end == bytes.len() || end - start >= PART {
            return Some((start, end));
        }
        from = end + 1;
    }
}

/// Whether a whole token has to be read, given the byte that separates it from what follows.
pub(crate) fn is_suspicious(token: &[u8], separator: u8) -> bool {
    is_broken_line(token, separator) || token.iter().any(|byte| escape::begins(*byte)) || has_plain(token) || {
        (0..4.min(token.len())).any(|skipped| has_base64(&token[skipped..]))
    }
}

/// A full line of base64 may go on in the next.
fn is_broken_line(token: &[u8], separator: u8) -> bool {
    token.len() >= LINE && is_newline(separator)
}

fn has_plain(token: &[u8]) -> bool {
    has_run(token.len(), |at| DIGITS[usize::from(token[at])] != NONE)
}

/// Whether base64 that begins here has enough characters of the alphabet one after another.
fn has_base64(run: &[u8]) -> bool {
    has_run(run.len() * 6 / 8, |at| {
        let (first, bit) = (at * 8 / 6, at * 8 % 6);
        let sextet = |at: usize| u16::from(SEXTETS[usize::from(run[at])]);
        let byte = (sextet(first) << 6 | sextet(first + 1)) >> (4 - bit);
        DIGITS[usize::from(byte as u8)] != NONE
    })
}

/// Whether 16 places in a row fit. Asks about one of 16 places where few do.
fn has_run(places: usize, fits: impl Fn(usize) -> bool) -> bool {
    let mut from = 0;
    while from + PART <= places {
        let probe = from + PART - 1;
        match (from..=probe).rev().find(|place| !fits(*place)) {
            Some(misfit) => from = misfit + 1,
            None => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<&str> {
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some((start, end)) = next(text.as_bytes(), from) {
            found.push(&text[start..end]);
            from = end + 1;
        }
        found
    }

    #[test]
    fn finds_long_tokens_and_the_one_at_the_end() {
        assert_eq!(tokens(""), [""; 0]);
        assert_eq!(tokens("a short text."), [""; 0]);
        assert_eq!(tokens("a short text"), ["text"]);
        assert_eq!(tokens("0123456789abcdef"), ["0123456789abcdef"]);
        assert_eq!(
            tokens("0123456789abcde.0123456789abcdef.0123456789abcdefg.x."),
            ["0123456789abcdef", "0123456789abcdefg"]
        );
        for before in 0..40 {
            let text = format!("{}.0123456789abcdef.", "x. ".repeat(before));
            assert_eq!(tokens(&text), ["0123456789abcdef"], "{text}");
        }
    }

    #[test]
    fn only_what_may_have_a_canary_is_suspicious() {
        for harmless in [
            "c0de8f1e-0b1d-4c3a-9f6b-1d2e3f4a5b6c",
            "/api/v1/users/123/messages",
            "user_profile_picture_url",
            "2026-11-25T06",
            "k1yqZ8vXh2bUmNq7ieWc3rTfYp5sLd9aLgKiOoBn",
        ] {
            assert!(!is_suspicious(harmless.as_bytes(), b'"'), "{harmless}");
        }
        for suspicious in [
            "0123456789abcdef",
            "xx-0123456789ABCDEF-yy",
            "a\\u0041",
            "%41",
            "MDEyMzQ1Njc4OWFiY2RlZg",
            "xMDEyMzQ1Njc4OWFiY2RlZg",
        ] {
            assert!(is_suspicious(suspicious.as_bytes(), b'"'), "{suspicious}");
        }
        let line = "-".repeat(LINE);
        assert!(is_suspicious(line.as_bytes(), b'\n') && !is_suspicious(line.as_bytes(), b' '));
    }
}

//! Other readings of a text: percent-decoded, and without JSON escapes. A value that some server escaped, in whichever way, stands
//! plainly in one of them. Each byte of a reading knows where in the text it comes from.

use std::borrow::Cow;

/// A reading of a text.
pub(crate) struct View<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    /// For each byte where it begins in the text, and at the end the length of the text. None: it is the text.
    starts: Option<Vec<usize>>,
    pub(crate) percent: bool,
}

impl<'a> View<'a> {
    /// Every reading that differs from the others, the text itself first.
    pub(crate) fn all(text: &'a [u8]) -> Vec<Self> {
        let mut views = vec![Self { bytes: text.into(), starts: None, percent: false }];
        if text.contains(&b'%') {
            views.push(Self::decoded(text, percent, true));
        }
        if text.contains(&b'\\') {
            views.push(Self::decoded(text, json, false));
        }
        views
    }

    /// Where a range of this reading lies in the text.
    pub(crate) fn origin(&self, start: usize, end: usize) -> (usize, usize) {
        self.starts.as_ref().map_or((start, end), |starts| (starts[start], starts[end]))
    }

    fn decoded(text: &[u8], decode: fn(&[u8]) -> Option<(usize, Decoded)>, percent: bool) -> Self {
        let mut bytes = Vec::with_capacity(text.len());
        let mut starts = Vec::with_capacity(text.len() + 1);
        let mut at = 0;
        while at < text.len() {
            let (length, (decoded, count)) = decode(&text[at..]).unwrap_or((1, ([text[at], 0, 0, 0], 1)));
            bytes.extend_from_slice(&decoded[..count]);
            starts.extend(std::iter::repeat_n(at, count));
            at += length;
        }
        starts.push(text.len());
        Self { bytes: bytes.into(), starts: Some(starts), percent }
    }
}

/// Up to four bytes, and how many.
type Decoded = ([u8; 4], usize);

fn percent(text: &[u8]) -> Option<(usize, Decoded)> {
    let [b'%', high, low, ..] = *text else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = u8::try_from(digit(high)? * 16 + digit(low)?).ok()?;
    Some((3, ([byte, 0, 0, 0], 1)))
}

fn json(text: &[u8]) -> Option<(usize, Decoded)> {
    let [b'\\', kind, ..] = *text else { return None };
    let byte = match kind {
        b'"' | b'\\' | b'/' => kind,
        b'b' => 8,
        b'f' => 12,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => return unicode(text),
        _ => return None,
    };
    Some((2, ([byte, 0, 0, 0], 1)))
}

fn unicode(text: &[u8]) -> Option<(usize, Decoded)> {
    let unit = |text: &[u8]| -> Option<u32> {
        let digits = text.strip_prefix(b"\\u")?.get(..4)?;
        digits.iter().try_fold(0, |sum, digit| Some(sum * 16 + char::from(*digit).to_digit(16)?))
    };
    let high = unit(text)?;
    let (length, code) = match high {
        0xd800..0xdc00 => match unit(&text[6..])? {
            low @ 0xdc00..0xe000 => (12, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)),
            _ => return None,
        },
        _ => (6, high),
    };
    let mut decoded = [0; 4];
    let count = char::from_u32(code)?.encode_utf8(&mut decoded).len();
    Some((length, (decoded, count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        View::all(text.as_bytes()).iter().map(|view| String::from_utf8_lossy(&view.bytes).into_owned()).collect()
    }

    #[test]
    fn reads_escapes() {
        assert_eq!(read("plain"), ["plain"]);
        assert_eq!(read("a%2Fb%2f%zz%"), ["a%2Fb%2f%zz%", "a/b/%zz%"]);
        assert_eq!(
            read(r#"\"\/\u00e9\ud83d\ude00\ud83d\x\"#),
            [r#"\"\/\u00e9\ud83d\ude00\ud83d\x\"#, "\"/é😀\\ud83d\\x\\"]
        );
    }

    #[test]
    fn knows_where_each_byte_comes_from() {
        let views = View::all(b"x%41y");
        assert_eq!(views[1].origin(1, 2), (1, 4));
        assert_eq!(views[1].origin(2, 3), (4, 5));
    }
}

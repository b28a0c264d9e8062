//! Undoes JSON's escapes and percent signs, as the bytes come. What is undone may itself begin an escape, as in `%2541` and `\\u0041`. That
//! all characters of an escape are escaped again (`%25%34%31`) is not undone.

/// Stands for whatever was escaped and is no character of a canary or of base64.
const OTHER: u8 = 0;

/// Where in an escape the text is.
#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    Text,
    Backslash,
    Percent,
    Code(Code),
}

/// A number in hexadecimal digits.
#[derive(Debug, Clone, Copy)]
struct Code {
    wanted: usize,
    seen: usize,
    digits: [u8; 4],
}

/// Takes bytes and gives out what they stand for, with whether that was written otherwise.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unescaper(State);

/// Whether an escape may begin with this byte.
pub(crate) const fn begins(byte: u8) -> bool {
    matches!(byte, b'\\' | b'%')
}

impl Unescaper {
    pub(crate) fn push(&mut self, byte: u8, give: &mut impl FnMut(u8, bool)) {
        self.take(byte, false, give);
    }

    /// Whether the next byte is text, unless it begins an escape.
    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.0, State::Text)
    }

    /// The text ends here, maybe within an escape.
    pub(crate) fn close(&mut self, give: &mut impl FnMut(u8, bool)) {
        self.push(OTHER, give);
    }

    fn take(&mut self, byte: u8, escaped: bool, give: &mut impl FnMut(u8, bool)) {
        match (self.0, byte) {
            (State::Text, b'\\') | (State::Backslash, b'\\') => self.0 = State::Backslash,
            (State::Text, b'%') => self.0 = State::Percent,
            (State::Text, _) => give(byte, escaped),
            (State::Backslash | State::Percent, b'u') => self.begin(4),
            (State::Backslash, b'x') => self.begin(2),
            (State::Backslash, b'/') => self.end(b'/', give),
            (State::Backslash, b'n') => self.end(b'\n', give),
            (State::Backslash, b'r') => self.end(b'\r', give),
            (State::Backslash, b'b' | b'f' | b't') => self.end(OTHER, give),
            (State::Percent, _) if byte.is_ascii_hexdigit() => {
                self.begin(2);
                self.take(byte, escaped, give);
            }
            (State::Code(code), _) if byte.is_ascii_hexdigit() => self.digit(code, byte, give),
            (State::Backslash | State::Percent | State::Code(_), _) => {
                self.give_up(give);
                self.take(byte, escaped, give);
            }
        }
    }

    fn begin(&mut self, wanted: usize) {
        self.0 = State::Code(Code { wanted, seen: 0, digits: [0; 4] });
    }

    fn end(&mut self, byte: u8, give: &mut impl FnMut(u8, bool)) {
        self.0 = State::Text;
        give(byte, true);
    }

    fn digit(&mut self, mut code: Code, byte: u8, give: &mut impl FnMut(u8, bool)) {
        code.digits[code.seen] = byte;
        code.seen += 1;
        if code.seen < code.wanted {
            self.0 = State::Code(code);
            return;
        }
        let digit = |digit: &u8| char::from(*digit).to_digit(16).unwrap_or_default();
        let number = code.digits[..code.seen].iter().fold(0, |number, byte| number * 16 + digit(byte));
        self.0 = State::Text;
        match u8::try_from(number) {
            Ok(byte) if byte.is_ascii() => self.take(byte, true, give),
            _ => give(OTHER, true),
        }
    }

    /// It was no escape. Its digits were text.
    fn give_up(&mut self, give: &mut impl FnMut(u8, bool)) {
        let state = std::mem::take(&mut self.0);
        give(OTHER, false);
        if let State::Code(code) = state {
            code.digits[..code.seen].iter().for_each(|digit| give(*digit, false));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let (mut unescaper, mut read) = (Unescaper::default(), Vec::new());
        for byte in text.bytes() {
            unescaper.push(byte, &mut |byte, _| read.push(byte));
        }
        String::from_utf8(read).unwrap().replace('\0', "_")
    }

    #[test]
    fn reads_escapes() {
        for (text, expected) in [
            ("plain", "plain"),
            (r"\u0061b\u0063", "abc"),
            (r"\\u0061 \\\\u0061", "a a"),
            (r"\x61%61%u0061", "aaa"),
            ("%2561%252561%5cu0061", "aaa"),
            (r"a\/b\nc\rd", "a/b\nc\rd"),
            (r"a\tb\bc\fd", "a_b_c_d"),
            (r#"a\"b"#, "a_\"b"),
            (r"\u00e9\uffffx", "__x"),
            ("100%abz", "100_z"),
            ("%az %zz %%61 %", "_az _zz _a "),
            (r"\u00zz \u12\u0061", "_00zz _12a"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn says_what_was_escaped() {
        let (mut unescaper, mut escaped) = (Unescaper::default(), String::new());
        for byte in br"a\u0062c%64%2565%z" {
            unescaper.push(*byte, &mut |byte, was| escaped.push(if was { char::from(byte) } else { '.' }));
        }
        assert_eq!(escaped.replace('\0', "_"), ".b.de..");
    }
}

//! Values as servers write them, and whether a text has a value, found out by undoing every writing instead of looking for each.

use arbitrary::Arbitrary;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};

/// How a text with a value in it is encoded.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub enum Encoding {
    Plain,
    Base64,
    Base64Unpadded,
    Base64Url,
    Base64UrlUnpadded,
    Hex,
    HexUpper,
}

/// What is then done to it where it is put.
#[derive(Debug, Clone, Copy, Arbitrary)]
pub enum Escape {
    None,
    Percent { lower: bool, everything: bool },
    Form,
    Json { slash: bool, everything: bool },
}

impl Encoding {
    /// Encodes a text.
    pub fn write(self, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Base64 => STANDARD.encode(text),
            Self::Base64Unpadded => STANDARD_NO_PAD.encode(text),
            Self::Base64Url => URL_SAFE.encode(text),
            Self::Base64UrlUnpadded => URL_SAFE_NO_PAD.encode(text),
            Self::Hex => text.bytes().map(|byte| format!("{byte:02x}")).collect(),
            Self::HexUpper => text.bytes().map(|byte| format!("{byte:02X}")).collect(),
        }
    }
}

impl Escape {
    /// Escapes a text.
    pub fn write(self, text: &str) -> String {
        let percent = |byte: u8, lower: bool| if lower { format!("%{byte:02x}") } else { format!("%{byte:02X}") };
        match self {
            Self::None => text.to_owned(),
            Self::Percent { lower, everything } => text
                .bytes()
                .map(|byte| match byte.is_ascii_alphanumeric() && !everything {
                    true => char::from(byte).to_string(),
                    false => percent(byte, lower),
                })
                .collect(),
            Self::Form => text
                .bytes()
                .map(|byte| match byte {
                    b' ' => "+".to_owned(),
                    byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                    byte => percent(byte, false),
                })
                .collect(),
            Self::Json { everything: true, .. } => text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect(),
            Self::Json { slash, .. } => {
                let text = serde_json::to_string(text).expect("a text encodes");
                let text = &text[1..text.len() - 1];
                if slash { text.replace('/', "\\/") } else { text.to_owned() }
            }
        }
    }
}

/// Whether a text has a value in one of the writings that are promised: plain, base64, hexadecimal, each perhaps behind percent signs or
/// JSON's escapes; and with `+` for spaces.
pub fn has(text: &[u8], value: &str) -> bool {
    [text.to_vec(), unpercent(text), unescape(text)].iter().any(|text| {
        contains(text, value.as_bytes())
            || contains(text, value.replace(' ', "+").as_bytes())
            || in_hex(text, value.as_bytes())
            || in_base64(text, value.as_bytes())
    })
}

fn contains(text: &[u8], value: &[u8]) -> bool {
    text.windows(value.len()).any(|window| window == value)
}

/// Every run of hexadecimal digits, read from its first and from its second digit.
fn in_hex(text: &[u8], value: &[u8]) -> bool {
    let runs = text.split(|byte| !byte.is_ascii_hexdigit());
    runs.flat_map(|run| [run, run.get(1..).unwrap_or_default()]).any(|run| {
        let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or_default() as u8;
        let bytes: Vec<u8> = run.chunks_exact(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
        contains(&bytes, value)
    })
}

/// Every run of characters of one of the alphabets, read from each of its first four characters. The value is surrounded by others, so that
/// its first and last characters are not its own alone.
fn in_base64(text: &[u8], value: &[u8]) -> bool {
    [*b"+/", *b"-_"].iter().any(|[high, last]| {
        let number = |byte: u8| match byte {
            b'A'..=b'Z' => Some(byte - b'A'),
            b'a'..=b'z' => Some(byte - b'a' + 26),
            b'0'..=b'9' => Some(byte - b'0' + 52),
            _ if byte == *high => Some(62),
            _ if byte == *last => Some(63),
            _ => None,
        };
        text.split(|byte| number(*byte).is_none()).any(|run| {
            (0..4).any(|skipped| {
                let bits = run.iter().skip(skipped).filter_map(|byte| number(*byte));
                let mut bytes = Vec::new();
                let (mut gathered, mut count) = (0_u32, 0);
                for bit in bits {
                    (gathered, count) = ((gathered << 6 | u32::from(bit)) & 0xffff, count + 6);
                    if count >= 8 {
                        count -= 8;
                        bytes.push((gathered >> count) as u8);
                    }
                }
                contains(&bytes, value)
            })
        })
    })
}

fn unpercent(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = code.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        match (first, code.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = &after[2..];
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// Undoes JSON's escapes one by one, with the library that everybody uses.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.first() {
        let read = (*first == b'\\').then(|| {
            // A pair of surrogates first, then a single unit, then a short escape.
            [12, 6, 2].into_iter().find_map(|length| {
                let escape = std::str::from_utf8(rest.get(..length)?).ok()?;
                let unit = |text: Option<&str>| text.is_some_and(|text| text.starts_with("\\u"));
                let ours = match length {
                    12 => unit(Some(escape)) && unit(escape.get(6..)),
                    6 => unit(Some(escape)),
                    _ => true,
                };
                let read: String = serde_json::from_str(&format!("\"{escape}\"")).ok()?;
                (ours && read.chars().count() == 1).then_some((length, read))
            })
        });
        match read.flatten() {
            Some((length, read)) => {
                out.extend(read.as_bytes());
                rest = &rest[length..];
            }
            None => {
                out.push(*first);
                rest = &rest[1..];
            }
        }
    }
    out
}

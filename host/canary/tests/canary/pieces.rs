//! Texts with canaries in them, as servers might write them. Shares no code with what it tries.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// How a text is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Writing {
    Plain,
    Upper,
    /// Those of the characters whose bit is set.
    Mixed(u32),
    Json(u32),
    JsonTwice(u32),
    Percent(u32),
    PercentTwice(u32),
    /// With neighbours, which are encoded with it.
    Base64 {
        before: Vec<u8>,
        after: Vec<u8>,
        alphabet: u8,
        around: Around,
    },
}

/// What is done to base64 afterwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Around {
    Nothing,
    Lines(&'static str),
    Percent,
    JsonSlashes,
    Upper,
}

impl Writing {
    pub(crate) fn write(&self, text: &str) -> Vec<u8> {
        let each = |bits: u32, write: &dyn Fn(char) -> String| -> Vec<u8> {
            let of = |(place, c): (usize, char)| if bits >> (place % 32) & 1 == 1 { write(c) } else { c.to_string() };
            text.chars().enumerate().map(of).collect::<String>().into_bytes()
        };
        match self {
            Self::Plain => text.as_bytes().to_vec(),
            Self::Upper => text.to_uppercase().into_bytes(),
            Self::Mixed(bits) => each(*bits, &|c| c.to_uppercase().to_string()),
            Self::Json(bits) => each(*bits, &|c| format!("\\u{:04x}", u32::from(c))),
            Self::JsonTwice(bits) => each(*bits, &|c| format!("\\\\u{:04X}", u32::from(c))),
            Self::Percent(bits) => each(*bits, &|c| format!("%{:02X}", u32::from(c))),
            Self::PercentTwice(bits) => each(*bits, &|c| format!("%25{:02x}", u32::from(c))),
            Self::Base64 { before, after, alphabet, around } => {
                let text = if *around == Around::Upper { text.to_uppercase() } else { text.to_owned() };
                let whole = [before, text.as_bytes(), after].concat();
                let encoded = match alphabet % 4 {
                    0 => STANDARD.encode(whole),
                    1 => STANDARD_NO_PAD.encode(whole),
                    2 => URL_SAFE.encode(whole),
                    _ => URL_SAFE_NO_PAD.encode(whole),
                };
                around.write(&encoded).into_bytes()
            }
        }
    }
}

impl Around {
    fn write(self, encoded: &str) -> String {
        match self {
            Self::Nothing | Self::Upper => encoded.to_owned(),
            Self::Lines(end) => {
                let lines =
                    encoded.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).expect("base64 is text"));
                lines.collect::<Vec<_>>().join(end)
            }
            Self::Percent => encoded.replace('+', "%2B").replace('/', "%2f").replace('=', "%3D"),
            Self::JsonSlashes => encoded.replace('/', "\\/"),
        }
    }
}

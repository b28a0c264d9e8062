//! Durations as the contract has them, and as configurations write them: whole milliseconds.

use core::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

use crate::Span;

/// A duration in whole milliseconds. In a configuration it is a number of milliseconds or a text such as `500ms`, `2s`, `1.5s`,
/// `5m` or `1h`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub u32);

impl Millis {
    /// Rounds up, so that a duration just above a limit stays above it.
    pub fn from_f64(milliseconds: f64) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, which is what is wanted"
        )]
        Self(libm::ceil(milliseconds) as u32)
    }

    /// The duration as a number of milliseconds.
    pub fn as_f64(self) -> f64 {
        f64::from(self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let unit = text.find(|c: char| c.is_ascii_alphabetic())?;
        let number: f64 = text[..unit].trim().parse().ok()?;
        let factor = match &text[unit..] {
            "ms" => 1.0,
            "s" => 1_000.0,
            "m" | "min" => 60_000.0,
            "h" => 3_600_000.0,
            _ => return None,
        };
        Self::bounded(number * factor)
    }

    fn bounded(milliseconds: f64) -> Option<Self> {
        (0.0..=f64::from(u32::MAX)).contains(&milliseconds).then(|| Self::from_f64(milliseconds))
    }
}

impl From<Millis> for Span {
    fn from(Millis(milliseconds): Millis) -> Self {
        Self(i64::from(milliseconds))
    }
}

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ms", self.0)
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Duration;

        impl Visitor<'_> for Duration {
            type Value = Millis;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration: milliseconds as a number, or a text such as \"2s\", \"500ms\" or \"5m\"")
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Millis, E> {
                u32::try_from(value).map(Millis).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Millis, E> {
                u32::try_from(value).map(Millis).map_err(|_| E::invalid_value(Unexpected::Signed(value), &self))
            }

            fn visit_f64<E: Error>(self, value: f64) -> Result<Millis, E> {
                Millis::bounded(value).ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
            }

            fn visit_str<E: Error>(self, value: &str) -> Result<Millis, E> {
                Millis::parse(value).ok_or_else(|| E::invalid_value(Unexpected::Str(value), &self))
            }
        }

        deserializer.deserialize_any(Duration)
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn reads_numbers_and_texts() {
        for (json, millis) in [
            ("2000", 2_000),
            ("\"2s\"", 2_000),
            ("\"500ms\"", 500),
            ("\"1.5s\"", 1_500),
            ("\"2m\"", 120_000),
            ("\"1 h\"", 3_600_000),
        ] {
            assert_eq!(serde_json::from_str::<Millis>(json).expect(json), Millis(millis));
        }
    }

    #[test]
    fn refuses_what_is_no_duration() {
        for json in ["-1", "\"2\"", "\"2 days\"", "\"s\"", "\"-2s\"", "4294967296", "true", "\"NaNs\"", "\"1000000h\""]
        {
            let error = serde_json::from_str::<Millis>(json).expect_err(json).to_string();
            assert!(error.contains("a duration"), "{json}: {error}");
        }
    }

    #[test]
    fn rounds_up_so_that_a_limit_stays_exceeded() {
        assert!(Millis::from_f64(2_000.2) > Millis(2_000));
        assert_eq!(Millis::from_f64(2_000.0), Millis(2_000));
    }
}

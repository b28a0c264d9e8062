//! How many times faster waits pass in a rehearsal.

use std::{fmt, str::FromStr};

/// A factor of waits, 2 to 100,000: with 1,440 a day takes a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scale(u32);

/// A number that is no scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a scale is a whole number from {} to {}; with 1440 a day takes a minute", Scale::LEAST, Scale::MOST)]
pub struct NoScale;

impl Scale {
    /// The least that changes anything.
    pub const LEAST: u32 = 2;
    /// With it a day takes a second. What wakes up takes longer.
    pub const MOST: u32 = 100_000;

    /// The scale with this factor.
    pub fn new(times: u32) -> Result<Self, NoScale> {
        if (Self::LEAST..=Self::MOST).contains(&times) { Ok(Self(times)) } else { Err(NoScale) }
    }

    /// The factor.
    pub fn times(self) -> u32 {
        self.0
    }
}

impl FromStr for Scale {
    type Err = NoScale;

    fn from_str(text: &str) -> Result<Self, NoScale> {
        Self::new(text.parse().map_err(|_| NoScale)?)
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_a_whole_number_within_bounds() {
        assert_eq!("1440".parse::<Scale>().map(Scale::times), Ok(1_440));
        for text in ["", "0", "1", "100001", "1.5", "-2", "4294967296"] {
            assert_eq!(text.parse::<Scale>(), Err(NoScale), "{text}");
        }
    }
}

//! Durations and sizes as bundles write them.

use std::time::Duration;

use super::GrantError;

const DURATIONS: [(&str, u64); 5] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
const SIZES: [(&str, u64); 4] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("B", 1)];

/// Reads `500ms`, `5s`, `5m`, `24h`, `7d`.
pub fn parse_duration(text: &str) -> Result<Duration, GrantError> {
    parse(text, &DURATIONS)
        .map(Duration::from_millis)
        .ok_or_else(|| GrantError::new(text, "a duration", "write a whole number and one of ms, s, m, h, d, as in 5m"))
}

/// Reads `512B`, `64KiB`, `64MiB`, `1GiB`.
pub fn parse_size(text: &str) -> Result<u64, GrantError> {
    parse(text, &SIZES)
        .ok_or_else(|| GrantError::new(text, "a size", "write a whole number and one of B, KiB, MiB, GiB, as in 64MiB"))
}

/// Writes a duration in the largest unit that leaves no rest.
pub fn format_duration(duration: Duration) -> String {
    let ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let (unit, factor) =
        DURATIONS.into_iter().rev().find(|(_, factor)| ms.is_multiple_of(*factor) && ms > 0).unwrap_or(("ms", 1));
    format!("{}{unit}", ms / factor)
}

/// Writes a size in the largest unit that leaves no rest.
pub fn format_size(bytes: u64) -> String {
    let (unit, factor) = [SIZES[2], SIZES[1], SIZES[0], SIZES[3]]
        .into_iter()
        .find(|(_, factor)| bytes.is_multiple_of(*factor) && bytes > 0)
        .unwrap_or(("B", 1));
    format!("{}{unit}", bytes / factor)
}

fn parse(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_durations() {
        for text in ["500ms", "5s", "90s", "5m", "7h", "2d"] {
            assert_eq!(format_duration(parse_duration(text).unwrap()), text);
        }
        assert_eq!(parse_duration("24h").unwrap(), Duration::from_secs(86_400));
        for bad in ["", "5", "m", "5 m", "-5m", "1.5h", "5M", "99999999999999999999s", "9999999999999999d"] {
            assert!(parse_duration(bad).is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn reads_and_writes_sizes() {
        for text in ["512B", "64KiB", "65MiB", "1GiB"] {
            assert_eq!(format_size(parse_size(text).unwrap()), text);
        }
        for bad in ["64", "64MB", "64 MiB", "1.5GiB"] {
            assert!(parse_size(bad).is_err(), "{bad:?} should be refused");
        }
    }
}

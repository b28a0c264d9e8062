//! Moments, as milliseconds since 1970-01-01T00:00:00Z.

use std::fmt;

/// A moment. Fractions of a millisecond are kept.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Timestamp(pub f64);

impl Timestamp {
    /// Milliseconds from an earlier moment to this one; negative if it is later.
    pub fn since(self, earlier: Self) -> f64 {
        self.0 - earlier.0
    }

    /// The earlier one of two moments, where there is one.
    pub fn earlier(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        one.into_iter().chain(other).min_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// Days since 1970, and the time of day as hours, minutes, seconds and milliseconds.
    fn parts(self) -> (i64, [u32; 4]) {
        let ms = self.0.max(0.0) as i64;
        let (days, rest) = (ms.div_euclid(86_400_000), ms.rem_euclid(86_400_000) as u32);
        (days, [rest / 3_600_000, rest / 60_000 % 60, rest / 1_000 % 60, rest % 1_000])
    }

    /// `14:02:09`, in UTC.
    pub fn clock(self) -> String {
        let (_, [h, m, s, _]) = self.parts();
        format!("{h:02}:{m:02}:{s:02}")
    }
}

/// RFC 3339 in UTC, to the millisecond.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, [h, m, s, ms]) = self.parts();
        let (year, month, day) = civil(days);
        write!(f, "{year:04}-{month:02}-{day:02}T{h:02}:{m:02}:{s:02}.{ms:03}Z")
    }
}

/// The Gregorian date of a number of days since 1970: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms",
/// `civil_from_days`.
fn civil(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_known_moments() {
        for (ms, text) in [
            (0.0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000.0, "2000-02-29T00:00:00.000Z"),
            (1_735_689_599_999.0, "2024-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Timestamp(ms).to_string(), text);
        }
    }
}

//! Moments and lengths of time in whole milliseconds, and how both are written. Reads no clock.

use core::fmt;
use core::ops::{Add, Mul, Sub};

/// The latest moment that a number of the contract can name exactly: 2^53 milliseconds.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// A time of the contract, which has them as `f64`. A part of a millisecond is cut off towards the past, so that nothing has happened
    /// later than it has. `None` for what is no moment: NaN, infinities, and what lies beyond 2^53.
    pub fn from_f64(milliseconds: f64) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "its magnitude is below 2^53")]
        (milliseconds.abs() <= EXACT).then(|| Self(libm::floor(milliseconds) as i64))
    }

    /// As the contract has it.
    pub fn as_f64(self) -> f64 {
        self.0 as f64
    }
}

/// A length of time in milliseconds. It may be negative, as differences are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span(pub i64);

impl Span {
    /// No time.
    pub const ZERO: Self = Self(0);

    /// So many seconds.
    pub const fn seconds(count: i64) -> Self {
        Self(count.saturating_mul(1_000))
    }

    /// So many minutes.
    pub const fn minutes(count: i64) -> Self {
        Self::seconds(count.saturating_mul(60))
    }

    /// So many hours.
    pub const fn hours(count: i64) -> Self {
        Self::minutes(count.saturating_mul(60))
    }

    /// In seconds.
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1_000.0
    }

    /// In hours.
    pub fn as_hours(self) -> f64 {
        self.0 as f64 / 3_600_000.0
    }

    /// So many hours, to the millisecond below. `None` if that is no length or longer than can be said.
    pub fn from_hours(hours: f64) -> Option<Self> {
        Time::from_f64(hours * 3_600_000.0).map(|time| Self(time.0))
    }
}

impl Sub for Time {
    type Output = Span;

    fn sub(self, earlier: Self) -> Span {
        Span(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Span> for Time {
    type Output = Self;

    fn add(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Time {
    type Output = Self;

    fn sub(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Add for Span {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Mul<i64> for Span {
    type Output = Self;

    fn mul(self, times: i64) -> Self {
        Self(self.0.saturating_mul(times))
    }
}

/// As Prometheus writes lengths: `1h30m`, `5m`, `500ms`, `0s`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut left = self.0.unsigned_abs();
        if self.0 < 0 {
            f.write_str("-")?;
        }
        for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)] {
            if left >= length {
                write!(f, "{}{unit}", left / length)?;
                left %= length;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_time_of_the_contract_is_cut_off_towards_the_past() {
        assert_eq!(Time::from_f64(1_999.9), Some(Time(1_999)));
        assert_eq!(Time::from_f64(-0.5), Some(Time(-1)));
        for none in [f64::NAN, f64::INFINITY, 1e16] {
            assert_eq!(Time::from_f64(none), None, "{none}");
        }
    }

    #[test]
    fn a_span_is_written_as_prometheus_writes_it() {
        for (span, text) in [
            (Span::ZERO, "0s"),
            (Span::minutes(5), "5m"),
            (Span::minutes(90), "1h30m"),
            (Span(500), "500ms"),
            (Span::hours(25) + Span(1_001), "1d1h1s1ms"),
            (Span::seconds(-90), "-1m30s"),
        ] {
            assert_eq!(span.to_string(), text);
        }
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_time() {
        assert_eq!(Time(i64::MAX) + Span(1), Time(i64::MAX));
        assert_eq!(Time(i64::MIN) - Time(i64::MAX), Span(i64::MIN));
        assert_eq!(Span::hours(i64::MAX) * 2, Span(i64::MAX));
    }
}

//! Moments and lengths of time as documents write them. Pure: what time it is, the caller says.

use std::fmt;

use holdpoint::rules::{Span, Time};
use serde::{Deserialize, Deserializer, de::Error};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// How long before its beginning in UTC a day begins where it begins first.
const EAST: Span = Span::hours(14);

/// Ten years.
const MOST_HOURS: i64 = 3_660 * 24;

/// A moment, or a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Of a day, its beginning in UTC.
    pub(crate) at: Time,
    pub(crate) is_day: bool,
}

impl Moment {
    /// A date, or a moment with its offset (RFC 3339).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (moment, is_day) = match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(moment) => (moment, false),
            Err(_) => (OffsetDateTime::parse(&format!("{text}T00:00:00Z"), &Rfc3339).ok()?, true),
        };
        let is_of_our_time = (1970..=9999).contains(&moment.year());
        is_of_our_time.then(|| Self { at: Time(moment.unix_timestamp().saturating_mul(1_000)), is_day })
    }

    /// Whether it is still to come, for a day wherever on Earth it was written.
    pub(crate) fn is_to_come(self, now: Time) -> bool {
        let begins = if self.is_day { self.at - EAST } else { self.at };
        begins > now
    }

    /// What it is, of a time that may be so long ago: as good as it should be, or why not.
    pub(crate) fn is_within(self, length: &Length, now: Time) -> Result<String, String> {
        let age = (now - self.at).max(Span::ZERO);
        if self.is_to_come(now) {
            Err("is still to come".to_owned())
        } else if age > length.span {
            Err(format!("is {} ago, of at most {length}", shown(age)))
        } else {
            Ok(format!("is {} ago", shown(age)))
        }
    }
}

/// How long something may be, or has to be: whole hours or days, as `48h` or `90d`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Length {
    pub(crate) span: Span,
    written: String,
}

impl Length {
    pub(crate) fn hours(count: i64) -> Self {
        Self { span: Span::hours(count), written: format!("{count}h") }
    }

    pub(crate) fn days(count: i64) -> Self {
        Self { span: Span::hours(count.saturating_mul(24)), written: format!("{count}d") }
    }

    fn parse(text: &str) -> Option<Self> {
        let (number, length): (&str, fn(i64) -> Self) = match (text.strip_suffix('h'), text.strip_suffix('d')) {
            (Some(number), _) => (number, Self::hours),
            (_, Some(number)) => (number, Self::days),
            _ => return None,
        };
        let is_plain = number.bytes().all(|byte| byte.is_ascii_digit());
        let length = length(number.parse().ok().filter(|_| is_plain)?);
        (Span::hours(1)..=Span::hours(MOST_HOURS)).contains(&length.span).then_some(length)
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "`{text}` is no length of time: whole hours or days, as 48h or 90d, up to ten years"
            ))
        })
    }
}

/// As people say it: hours and minutes, or whole days of what is longer.
pub(crate) fn shown(span: Span) -> String {
    let minutes = span.0 / 60_000;
    match (minutes / 60, minutes % 60) {
        (hours @ 96.., _) => format!("{} days", hours / 24),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes:02} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Moment {
        Moment::parse(text).expect(text)
    }

    #[test]
    fn a_moment_has_its_offset_and_a_day_begins_in_utc() {
        assert_eq!(moment("1970-01-02"), Moment { at: Time(86_400_000), is_day: true });
        assert_eq!(moment("1970-01-01T01:00:00+01:00"), Moment { at: Time(0), is_day: false });
        for none in ["", "tomorrow", "2026-02-30", "2026-11-30T09:00:00", "30.11.2026", "1969-12-31", "+12026-01-01"] {
            assert_eq!(Moment::parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_day_has_begun_where_it_begins_first() {
        let evening = moment("2026-01-01T10:00:00Z").at;
        assert!(!moment("2026-01-02").is_to_come(evening));
        assert!(moment("2026-01-02").is_to_come(evening - Span(1)));
        assert!(moment("2026-01-01T10:00:01Z").is_to_come(evening));
    }

    #[test]
    fn what_is_too_long_ago_says_how_long() {
        let now = moment("2026-01-15T12:00:00Z").at;
        let within = |text: &str| moment(text).is_within(&Length::days(14), now);
        assert_eq!(within("2026-01-14"), Ok("is 36 h ago".to_owned()));
        assert_eq!(within("2026-01-01T12:00:00Z"), Ok("is 14 days ago".to_owned()));
        assert_eq!(within("2026-01-01T11:59:59Z"), Err("is 14 days ago, of at most 14d".to_owned()));
        assert_eq!(within("2026-01-17"), Err("is still to come".to_owned()));
        assert_eq!(within("2026-01-16"), Ok("is 0 h ago".to_owned()));
    }

    #[test]
    fn a_length_is_whole_hours_or_days() {
        let parse = |text: &str| Length::parse(text).map(|length| length.span);
        assert_eq!((parse("48h"), parse("2d")), (Some(Span::hours(48)), Some(Span::hours(48))));
        for none in ["", "h", "48", "0h", "-1d", "+1d", "1.5d", "48 h", "2w", "3661d", "99999999999999999999h"] {
            assert_eq!(parse(none), None, "{none}");
        }
    }

    #[test]
    fn a_length_is_told_as_people_say_it() {
        let told = [Span::hours(47), Span::minutes(47 * 60 + 59), Span::hours(95), Span::hours(96), Span::hours(2_199)];
        assert_eq!(told.map(shown), ["47 h", "47 h 59 min", "95 h", "4 days", "91 days"]);
    }
}

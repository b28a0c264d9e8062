//! The notation of conditions, durations and severities. Whoever writes something else is told the place and what would do.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::rule::LONGEST_SPAN;
use crate::{Compare, Condition, Severity, Span};

/// The longest text that is looked at, in bytes.
const LONGEST_TEXT: usize = 500;

/// What a number stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A plain number.
    Number,
    /// A share of one: `2%` is 0.02.
    Share,
    /// A time in seconds.
    Seconds,
    /// A share of a baseline by the hour: `5% per hour` is 0.05.
    SharePerHour,
}

impl Unit {
    /// In words, and how it is written.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Number => ("a number", "a number such as `10`"),
            Self::Share => ("a share", "a percentage such as `2%`"),
            Self::Seconds => ("a time", "a time such as `3 seconds` or `500 ms`"),
            Self::SharePerHour => ("a growth", "a growth such as `5% per hour`"),
        }
    }
}

/// A condition as it was written.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// What it speaks of.
    pub measure: String,
    /// What is compared, in the unit's base.
    pub condition: Condition,
    /// What the number stands for.
    pub unit: Unit,
    /// The number with its unit as it was written, and its column, counted from 1.
    pub written: (String, usize),
}

/// What is wrong in a text, where, and what would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {what}; {remedy}")]
pub struct Mistake {
    /// The column in characters, from 1 on.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What would do.
    pub remedy: String,
}

/// Reads `error_rate > 2%`, `response_time_p95 > 3 seconds`, `memory_usage_trend > 5% per hour`.
///
/// # Errors
/// With the place of what is something else.
pub fn condition(text: &str) -> Result<Limit, Mistake> {
    let mut words = Words::new(text)?;
    let measure = words.name();
    if measure.is_empty() {
        return Err(words.mistake("a name is wanted here", "begin with what is measured, as in `error_rate > 2%`"));
    }
    let measure = measure.to_owned();
    let compare = words.compare()?;
    let place = words.column();
    let start = words.at;
    let number = words.number()?.to_owned();
    // Digits and exponent are read together, so that 2% is the number nearest to 0.02.
    let scaled = |exponent: &str| format!("{number}{exponent}").parse::<f64>().unwrap_or(f64::NAN);
    let (mut limit, unit) = if words.eat("%") {
        match words.per()? {
            Some(hours) => (hours.of(scaled("e-2")), Unit::SharePerHour),
            None => (scaled("e-2"), Unit::Share),
        }
    } else {
        match words.unit()? {
            None => (scaled(""), Unit::Number),
            Some(1) => (scaled("e-3"), Unit::Seconds),
            Some(length) => (scaled("") * Span(length).as_seconds(), Unit::Seconds),
        }
    };
    let written = words.text[start..words.at].trim().to_owned();
    words.must_end("a condition ends after its number and unit")?;
    if !limit.is_finite() {
        limit = f64::NAN;
    }
    if limit.is_nan() {
        return Err(Mistake {
            column: place,
            what: format!("`{written}` is too large"),
            remedy: "write a smaller number".to_owned(),
        });
    }
    Ok(Limit { measure, condition: Condition { compare, limit }, unit, written: (written, place) })
}

/// Reads `5 minutes`, `1 minute`, `90s`, `1h30m`, `1 hour 30 minutes`.
///
/// # Errors
/// With the place of what is something else, and if it is longer than seven days.
pub fn duration(text: &str) -> Result<Span, Mistake> {
    let mut words = Words::new(text)?;
    let mut sum = Span::ZERO;
    loop {
        let place = words.column();
        let number = words.number()?.to_owned();
        let Some(unit) = words.unit()? else {
            return Err(words.mistake("a duration without a unit", "say of what, as in `5 minutes`, `90s` or `1h30m`"));
        };
        let length = number.parse::<f64>().unwrap_or(f64::NAN) * unit as f64;
        if !(length >= 0.0 && length <= LONGEST_SPAN.0 as f64) || length != libm::floor(length) {
            let what = format!("`{number}` of this unit is no whole number of milliseconds up to seven days");
            return Err(Mistake { column: place, what, remedy: "write a duration such as `5 minutes`".to_owned() });
        }
        #[expect(clippy::cast_possible_truncation, reason = "it is whole and bounded")]
        let length = Span(length as i64);
        sum = sum + length;
        if words.is_done() {
            break;
        }
    }
    if sum > LONGEST_SPAN {
        return Err(Mistake {
            column: 1,
            what: "it is longer than seven days".to_owned(),
            remedy: "shorten it".to_owned(),
        });
    }
    Ok(sum)
}

/// Reads `CRITICAL`, `WARNING`, `INFO`, in any case.
///
/// # Errors
/// If it is another word.
pub fn severity(text: &str) -> Result<Severity, Mistake> {
    let known = [("critical", Severity::Critical), ("warning", Severity::Warning), ("info", Severity::Info)];
    let found = known.into_iter().find(|(name, _)| text.trim().eq_ignore_ascii_case(name));
    found.map(|(_, severity)| severity).ok_or_else(|| Mistake {
        column: 1,
        what: format!("`{}` is no severity", Shortened(text)),
        remedy: "write CRITICAL, WARNING or INFO".to_owned(),
    })
}

/// In what time something grows.
enum Per {
    Minute,
    Hour,
    Day,
}

impl Per {
    /// A growth in this time, by the hour. Both are one operation on whole numbers, so that 24 percent a day is one an hour.
    fn of(self, growth: f64) -> f64 {
        match self {
            Self::Minute => growth * 60.0,
            Self::Hour => growth,
            Self::Day => growth / 24.0,
        }
    }
}

/// A text of which a prefix has been read.
struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Words<'a> {
    fn new(text: &'a str) -> Result<Self, Mistake> {
        if text.len() > LONGEST_TEXT {
            let what = format!("it is longer than {LONGEST_TEXT} bytes");
            return Err(Mistake { column: 1, what, remedy: "shorten it".to_owned() });
        }
        Ok(Self { text, at: 0 }.skipped())
    }

    fn skipped(mut self) -> Self {
        self.skip();
        self
    }

    fn left(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        self.at = self.text.len() - self.left().trim_start().len();
    }

    fn is_done(&self) -> bool {
        self.left().is_empty()
    }

    fn column(&self) -> usize {
        self.text[..self.at].chars().count() + 1
    }

    /// What is there, for a message.
    fn here(&self) -> Shortened<'a> {
        Shortened(self.left().split_whitespace().next().unwrap_or("the end"))
    }

    fn mistake(&self, what: &str, remedy: &str) -> Mistake {
        Mistake { column: self.column(), what: what.to_owned(), remedy: remedy.to_owned() }
    }

    fn take(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let left = self.left();
        let taken = &left[..left.find(|c| !belongs(c)).unwrap_or(left.len())];
        self.at += taken.len();
        self.skip();
        taken
    }

    fn eat(&mut self, text: &str) -> bool {
        let eaten = self.left().starts_with(text);
        if eaten {
            self.at += text.len();
            self.skip();
        }
        eaten
    }

    fn name(&mut self) -> &'a str {
        if self.left().starts_with(|c: char| c.is_ascii_digit()) {
            return "";
        }
        self.take(|c| c.is_ascii_alphanumeric() || "_.:".contains(c))
    }

    fn compare(&mut self) -> Result<Compare, Mistake> {
        let known = [(">=", Compare::AtLeast), ("<=", Compare::AtMost), (">", Compare::Above), ("<", Compare::Below)];
        // Taken whole, so that `>>` is no `>` with something behind it.
        let (place, sign) = (self.column(), self.take(|c| "<>=!~".contains(c)));
        known.into_iter().find(|(text, _)| *text == sign).map(|(_, compare)| compare).ok_or_else(|| {
            let found = if sign.is_empty() { self.here() } else { Shortened(sign) };
            let remedy = "write `>`, `>=`, `<` or `<=` with a space around it".to_owned();
            Mistake { column: place, what: format!("`{found}` is no comparison"), remedy }
        })
    }

    fn number(&mut self) -> Result<&'a str, Mistake> {
        let place = self.at;
        let taken = self.take(|c| c.is_ascii_digit() || c == '.');
        let is_number = taken.starts_with(|c: char| c.is_ascii_digit()) && taken.parse::<f64>().is_ok();
        if is_number && !taken.ends_with('.') {
            return Ok(taken);
        }
        self.at = place;
        let what = format!("`{}` is no number", self.here());
        Err(self.mistake(&what, "write digits, with a point for fractions, as in `2` or `0.5`"))
    }

    /// A unit of time in milliseconds.
    fn unit(&mut self) -> Result<Option<i64>, Mistake> {
        let place = self.at;
        let word = self.take(|c| c.is_ascii_alphabetic());
        let length = match word {
            "" => return Ok(None),
            "ms" | "millisecond" | "milliseconds" => 1,
            "s" | "sec" | "second" | "seconds" => 1_000,
            "m" | "min" | "minute" | "minutes" => 60_000,
            "h" | "hour" | "hours" => 3_600_000,
            "d" | "day" | "days" => 86_400_000,
            _ => {
                self.at = place;
                let what = format!("`{}` is no unit", Shortened(word));
                return Err(self.mistake(&what, "write ms, seconds, minutes, hours or days, or `%`"));
            }
        };
        Ok(Some(length))
    }

    /// `per hour`.
    fn per(&mut self) -> Result<Option<Per>, Mistake> {
        if !self.eat("per ") && !self.eat("/") {
            return Ok(None);
        }
        let place = self.at;
        let per = match self.take(|c| c.is_ascii_alphabetic()) {
            "h" | "hour" => Per::Hour,
            "m" | "min" | "minute" => Per::Minute,
            "d" | "day" => Per::Day,
            _ => {
                self.at = place;
                let what = format!("`{}` is no time to grow in", self.here());
                return Err(self.mistake(&what, "write `per minute`, `per hour` or `per day`"));
            }
        };
        Ok(Some(per))
    }

    fn must_end(&self, remedy: &str) -> Result<(), Mistake> {
        if self.is_done() {
            return Ok(());
        }
        let what = format!("`{}` is not understood", self.here());
        Err(self.mistake(&what, remedy))
    }
}

/// No more of a text than a message needs.
#[derive(Clone, Copy)]
struct Shortened<'a>(&'a str);

impl fmt::Display for Shortened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().take(40).try_for_each(|c| write!(f, "{c}"))
    }
}

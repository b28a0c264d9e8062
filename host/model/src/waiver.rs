//! Waivers: a person answers for a row that did not pass, within what the operator allows.
//!
//! A waiver changes no verdict. It says who lets the release go on in spite of it, why, and until when.

use std::{fmt, time::Duration};

use crate::{
    RequirementId, Timestamp,
    grant::{GrantError, Missing, format_duration},
};

/// Longest text that a person gives as a reason, in characters.
pub const LONGEST_REASON: usize = 500;
/// Longest name of a person, in characters.
pub const LONGEST_NAME: usize = 64;

/// A row that somebody answers for.
#[derive(Debug, Clone, PartialEq)]
pub struct Waiver {
    pub row: RequirementId,
    pub by: String,
    pub reason: String,
    /// A decision at this moment or later does not count it.
    pub until: Timestamp,
}

/// Rows that may be waived: one by its id, or all whose ids begin so, as in `P1.*` and `KI-*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowPattern(String);

/// What the operator lets people waive at most. The default lets nobody waive anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaiverCeiling {
    pub rows: Vec<RowPattern>,
    pub by: Vec<String>,
    pub most: Duration,
}

/// A text that can't stand as a person's word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is one line of 1 to {longest} characters without control characters")]
pub struct WordsError {
    what: &'static str,
    longest: usize,
}

/// Checks a reason and takes blanks off its ends.
pub fn parse_reason(text: &str) -> Result<String, WordsError> {
    words("a reason", text, LONGEST_REASON)
}

/// Checks the name of a person and takes blanks off its ends.
pub fn parse_name(text: &str) -> Result<String, WordsError> {
    words("a name", text, LONGEST_NAME)
}

fn words(what: &'static str, text: &str, longest: usize) -> Result<String, WordsError> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(WordsError { what, longest }) }
}

impl RowPattern {
    /// Reads an id, or the beginning of ids up to a `.` or `-`, with a star behind it.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let bare = match text.strip_suffix('*') {
            None => text,
            Some(beginning) if beginning.len() > 1 && beginning.ends_with(['.', '-']) => beginning,
            Some(_) => return Err(Self::refused(text)),
        };
        RequirementId::parse(bare).map(|_| Self(text.to_owned())).map_err(|_| Self::refused(text))
    }

    fn refused(text: &str) -> GrantError {
        GrantError::new(text, "a pattern of rows", "write an id, or its beginning as in P1.* or KI-*")
    }

    /// Whether it is about a row.
    pub fn covers(&self, row: &RequirementId) -> bool {
        match self.0.strip_suffix('*') {
            Some(beginning) => row.as_str().starts_with(beginning) && row.as_str().len() > beginning.len(),
            None => self.0 == row.as_str(),
        }
    }
}

impl fmt::Display for RowPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl WaiverCeiling {
    /// What keeps a waiver that is given now from being allowed, with the lines that would allow it.
    pub fn missing(&self, waiver: &Waiver, now: Timestamp) -> Vec<Missing> {
        let line = |what: String, line: String| Missing { what, table: "waivers", line };
        let mut missing = Vec::new();
        if !self.rows.iter().any(|pattern| pattern.covers(&waiver.row)) {
            missing.push(line(format!("waive row {}", waiver.row), format!("rows = [\"{}\"]", waiver.row)));
        }
        if !self.by.contains(&waiver.by) {
            missing.push(line(format!("let {} waive rows", waiver.by), format!("by = [{:?}]", waiver.by)));
        }
        let lasts = waiver.until.since(now).max(0.0);
        if lasts > self.most.as_secs_f64() * 1_000.0 {
            let days = Duration::from_secs(86_400 * (lasts / 86_400_000.0).ceil() as u64);
            let days = format_duration(days);
            missing.push(line(format!("waive a row until {}", waiver.until), format!("max = \"{days}\"")));
        }
        missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> RequirementId {
        RequirementId::parse(text).unwrap()
    }

    fn waiver(row: &str, by: &str, days: f64) -> Waiver {
        Waiver { row: id(row), by: by.into(), reason: "known".into(), until: Timestamp(days * 86_400_000.0) }
    }

    #[test]
    fn a_pattern_covers_what_it_says_and_no_more() {
        for (pattern, row, covered) in [
            ("KI-1", "KI-1", true),
            ("KI-1", "KI-10", false),
            ("P1.*", "P1.3", true),
            ("P1.*", "P1.3.x", true),
            ("P1.*", "P10.3", false),
            ("P1.*", "P1.", false),
            ("KI-*", "KI-1", true),
        ] {
            assert_eq!(RowPattern::parse(pattern).unwrap().covers(&id(row)), covered, "{pattern} {row}");
        }
        for bad in ["", "*", ".*", "P*", "P1*", "P1.*.x", "P 1", "P1.**"] {
            assert!(RowPattern::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn an_absent_ceiling_lets_nobody_waive_anything() {
        let missing = WaiverCeiling::default().missing(&waiver("KI-1", "alice", 6.5), Timestamp(0.0));
        let lines: Vec<&str> = missing.iter().map(|missing| missing.line.as_str()).collect();
        assert_eq!(lines, ["rows = [\"KI-1\"]", "by = [\"alice\"]", "max = \"7d\""]);
    }

    #[test]
    fn a_ceiling_lets_exactly_its_rows_people_and_time() {
        let ceiling = WaiverCeiling {
            rows: vec![RowPattern::parse("KI-*").unwrap()],
            by: vec!["alice".into()],
            most: Duration::from_secs(7 * 86_400),
        };
        let now = Timestamp(0.0);
        assert_eq!(ceiling.missing(&waiver("KI-1", "alice", 7.0), now), []);
        for other in [waiver("P1.3", "alice", 7.0), waiver("KI-1", "bob", 7.0), waiver("KI-1", "alice", 7.1)] {
            assert_eq!(ceiling.missing(&other, now).len(), 1, "{other:?}");
        }
    }

    #[test]
    fn words_of_people_are_one_bounded_line() {
        assert_eq!(parse_reason("  known, TICKET-1 "), Ok("known, TICKET-1".into()));
        let longest = "x".repeat(LONGEST_REASON);
        assert!(parse_reason(&longest).is_ok());
        for bad in ["", "  ", "a\nb", "a\u{1b}[2J", &format!("{longest}x")] {
            assert!(parse_reason(bad).is_err(), "{bad:?} should be refused");
        }
        assert_eq!(
            parse_name(&"x".repeat(65)).unwrap_err().to_string(),
            "a name is one line of 1 to 64 characters without control characters"
        );
    }
}

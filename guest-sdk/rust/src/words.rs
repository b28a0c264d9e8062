//! Words that must not stand in a text: the hosts, projects and prefixes of another environment. Pure.
//!
//! ```
//! let foreign: holdpoint::words::Pattern = serde_json::from_str("\"netra-*-production\"")?;
//! assert!(foreign.is_in("url: https://netra-backend-production.example"));
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error};

/// Fewer letters stand in too many texts.
const SHORTEST: usize = 4;
const LONGEST: usize = 200;

/// A piece of text, in small letters; `*` stands for what may be within one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    written: String,
    parts: Vec<String>,
}

impl Pattern {
    fn parse(written: &str) -> Result<Self, String> {
        let parts: Vec<String> = written.split('*').map(str::to_lowercase).collect();
        let letters: usize = parts.iter().map(|part| part.chars().count()).sum();
        let is_open = parts.first().is_none_or(String::is_empty) || parts.last().is_none_or(String::is_empty);
        if letters < SHORTEST || written.len() > LONGEST || is_open || parts.iter().any(String::is_empty) {
            return Err(format!(
                "`{written}` is no word to look for: {SHORTEST} characters or more, at most {LONGEST} bytes, and a `*` only between others"
            ));
        }
        Ok(Self { written: written.to_owned(), parts })
    }

    /// Whether it stands in a text that is in small letters already.
    pub fn is_in(&self, text: &str) -> bool {
        let Some((first, rest)) = self.parts.split_first() else { return false };
        text.match_indices(first.as_str()).any(|(at, found)| follows(&text[at + found.len()..], rest))
    }
}

/// Whether these parts follow in their order, before the word ends.
fn follows(text: &str, parts: &[String]) -> bool {
    let Some((first, rest)) = parts.split_first() else { return true };
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    let word = &text[..end];
    // The first place leaves the most room for the others.
    word.find(first.as_str()).is_some_and(|at| follows(&word[at + first.len()..], rest))
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_a_word() {
        for (pattern, text, is_in) in [
            ("netra-production", "host: db.netra-production.internal", true),
            ("netra-*-production", "https://netra-backend-production-demo.a.run.app/x", true),
            ("netra-*-production", "netra-backend-staging and x-production", false),
            ("netra-*-production", "netra-a netra-b-production", true),
            ("netra-*-*-prod", "netra-a-b-prod", true),
            ("PRODUCTION_", "export production_key=1", true),
            ("PRODUCTION_", "production", false),
        ] {
            let parsed = Pattern::parse(pattern).expect(pattern);
            assert_eq!(parsed.is_in(&text.to_lowercase()), is_in, "{pattern} in {text}");
        }
    }

    #[test]
    fn a_word_that_would_be_everywhere_is_refused() {
        for wrong in ["", "abc", "*prod", "prod*", "a**bcd", &"x".repeat(201)] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Pattern::parse("Pro*d-x").expect("a pattern").to_string(), "Pro*d-x");
    }
}

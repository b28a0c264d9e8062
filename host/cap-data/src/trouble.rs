//! What is wrong with a store that did not do what it was asked, and what to do about it.

use std::fmt;

use holdpoint_gate::Scrubber;
use serde::{Deserialize, Serialize};

use crate::bounds::SAID;

/// A store did not do it. Nothing of what was asked has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    pub kind: TroubleKind,
    /// What it said or showed, in one line.
    pub said: String,
}

/// Which of the usual things is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// Nobody answers at its address.
    Refused,
    /// There is no TLS with it, or nobody knows its certificate.
    Tls,
    /// It does not know the user or the password.
    Credentials,
    /// The user may not do this.
    Forbidden,
    /// It takes no writes, or no settings.
    ReadOnly,
    /// It has no connection, no memory or no disk left.
    Full,
    /// There was no answer in time.
    Late,
    /// It starts, or stops.
    Starting,
    /// It has no such database, table or column.
    Missing,
    /// The connection ended in the middle of an answer.
    Broken,
    /// It answers something else than was expected, or did not understand.
    Wrong,
}

impl TroubleKind {
    /// Every kind, for parsers.
    pub const ALL: [Self; 11] = [
        Self::Refused,
        Self::Tls,
        Self::Credentials,
        Self::Forbidden,
        Self::ReadOnly,
        Self::Full,
        Self::Late,
        Self::Starting,
        Self::Missing,
        Self::Broken,
        Self::Wrong,
    ];

    /// The word in fixtures and messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Tls => "tls",
            Self::Credentials => "credentials",
            Self::Forbidden => "forbidden",
            Self::ReadOnly => "read-only",
            Self::Full => "full",
            Self::Late => "late",
            Self::Starting => "starting",
            Self::Missing => "missing",
            Self::Broken => "broken",
            Self::Wrong => "wrong",
        }
    }

    /// What somebody can do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Refused => "see that it runs, and that its address in the operator's file is right",
            Self::Tls => "give it a certificate that ca-file covers, or write tls = false where the way to it is safe",
            Self::Credentials => "put the user and the password in the operator's file right",
            Self::Forbidden => "grant the user what the phase does",
            Self::ReadOnly => "lead the address to a primary, and let it and the user write",
            Self::Full => "raise its bound, or find out what fills it",
            Self::Late => "see whether it is paused, overloaded or locked",
            Self::Starting => "wait until it is up, and see why it started anew",
            Self::Missing => "make what is missing, or put the name right",
            Self::Broken => "see its log: it stopped in the middle of an answer",
            Self::Wrong => "see that the address leads to a store of this kind, and that the SQL is right",
        }
    }
}

impl Trouble {
    /// What a server said, all of it.
    pub(crate) fn new(kind: TroubleKind, said: impl Into<String>) -> Self {
        Self { kind, said: said.into() }
    }

    /// The first of it, in one line, without secrets: what is cut through would not be found any more.
    pub(crate) fn told(self, scrubber: &dyn Scrubber) -> Self {
        Self { said: told(self.said, scrubber), ..self }
    }

    /// No answer within so many milliseconds.
    pub(crate) fn late(limit: u32) -> Self {
        Self::new(TroubleKind::Late, format!("no answer within {limit} ms"))
    }
}

/// A text of a server as it is told: without secrets, in one line, and not without end.
pub(crate) fn told(mut text: String, scrubber: &dyn Scrubber) -> String {
    scrubber.scrub_text(&mut text);
    text.trim().chars().take(SAID).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.said, self.kind.word())
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_gate::Scrubbed;

    use super::*;

    struct Stars;

    impl Scrubber for Stars {
        fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed> {
            let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains("the-secret"))?;
            Some(Scrubbed { bytes: text.replace("the-secret", "***").into_bytes(), replaced: vec![] })
        }
    }

    #[test]
    fn every_kind_has_a_word_of_its_own_and_something_to_do() {
        for kind in TroubleKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
            assert!(kind.remedy().len() > 10);
        }
    }

    #[test]
    fn what_a_server_says_is_one_line_with_an_end_and_is_searched_before_it_is_cut() {
        let told = |said: String| Trouble::new(TroubleKind::Wrong, said).told(&Stars).said;
        let long = told(format!("a\nb\u{1b}{}", "x".repeat(10_000)));
        assert!(long.starts_with("a b x") && long.chars().count() == SAID, "{long}");
        let cut = told(format!("{}the-secret", "x".repeat(SAID - 3)));
        assert!(cut.ends_with("x***"), "{cut}");
        assert_eq!(Trouble::late(5).to_string(), "no answer within 5 ms (late)");
    }
}

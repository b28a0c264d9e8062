//! What a policy finds.

use std::fmt;

use crate::{RequirementId, Verdict};

/// The action of a finding that asks for a rollback.
pub const ROLLBACK: &str = "rollback";

/// How bad it is when a rule fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For people to know.
    Info,
    /// For people to look at.
    Warning,
    /// A reason to stop.
    Critical,
}

impl Severity {
    /// Every severity, for parsers.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The word that people and machines read.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// The severity of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.word() == word)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Where one rule of a policy stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The rule, and whose it is if it keeps several apart. No two findings of one evaluation have the same name.
    pub name: String,
    /// The rows that it is a check of.
    pub requirements: Vec<RequirementId>,
    pub verdict: Verdict,
    /// None for what is no alert.
    pub severity: Option<Severity>,
    /// What should be seen.
    pub expected: String,
    /// What was seen, with its age.
    pub observed: String,
    /// Since when the condition is met, in milliseconds since 1970; there while it is.
    pub since: Option<f64>,
    /// The condition was met for long enough.
    pub firing: bool,
    /// What is to follow if it fires: [`ROLLBACK`], or a word of the bundle or the operator.
    pub action: Option<String>,
}

/// What one evaluation came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evaluation {
    pub findings: Vec<Finding>,
    /// What the policy is given at the next one.
    pub state: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_reads_back() {
        for severity in Severity::ALL {
            assert_eq!(Severity::parse(severity.word()), Some(severity));
        }
        assert_eq!(Severity::parse("fatal"), None);
    }
}

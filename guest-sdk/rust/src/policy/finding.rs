//! What a policy finds.

use std::fmt;

use crate::rules::{Severity, Time};

/// What a finding comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It is as it should be.
    Pass,
    /// It is not.
    Fail,
    /// What was seen does not tell.
    Inconclusive,
    /// Nothing was asked.
    NotExercised,
    /// It is not over yet.
    Pending,
}

impl Verdict {
    /// The verdict of a word as reports have it.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Pass, Self::Fail, Self::Inconclusive, Self::NotExercised, Self::Pending]
            .into_iter()
            .find(|verdict| verdict.to_string() == word)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::NotExercised => "not-exercised",
            Self::Pending => "pending",
        })
    }
}

impl From<crate::rules::Verdict> for Verdict {
    fn from(verdict: crate::rules::Verdict) -> Self {
        match verdict {
            crate::rules::Verdict::Pass => Self::Pass,
            crate::rules::Verdict::Fail => Self::Fail,
            crate::rules::Verdict::Inconclusive => Self::Inconclusive,
        }
    }
}

/// Where one rule stands at an evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule, and whose it is. No two findings of an evaluation have the same.
    pub name: String,
    /// The rows that it is a check of.
    pub requirements: Vec<String>,
    /// What it comes to.
    pub verdict: Verdict,
    /// How bad it is when it fires; absent for what is no alert.
    pub severity: Option<Severity>,
    /// What should be seen.
    pub expected: String,
    /// What was seen, with its age.
    pub observed: String,
    /// Since when the condition is met.
    pub since: Option<Time>,
    /// It was met for long enough.
    pub firing: bool,
    /// What is to follow if it fires, for people to read, e.g. `rollback`. It is shown and does nothing: which rows take a release back is the
    /// bundle's word.
    pub action: Option<String>,
}

impl Finding {
    /// A finding that speaks for no row and says nothing yet.
    pub fn new(name: impl fmt::Display, verdict: Verdict) -> Self {
        Self {
            name: name.to_string(),
            requirements: Vec::new(),
            verdict,
            severity: None,
            expected: String::new(),
            observed: String::new(),
            since: None,
            firing: false,
            action: None,
        }
    }

    /// The rows that it is a check of. Those that the bundle does not let the policy claim are left out.
    #[must_use]
    pub fn rows<I>(mut self, rows: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.requirements = rows.into_iter().map(Into::into).collect();
        self
    }

    /// What should be seen.
    #[must_use]
    pub fn expected(mut self, what: impl fmt::Display) -> Self {
        self.expected = what.to_string();
        self
    }

    /// What was seen.
    #[must_use]
    pub fn observed(mut self, what: impl fmt::Display) -> Self {
        self.observed = what.to_string();
        self
    }
}

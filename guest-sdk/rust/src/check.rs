//! A check: opened with a name, closed by a verdict. One that is forgotten is inconclusive; none is passed by omission.

use std::fmt;

use crate::{CallError, Cause, Context, Evidence, host};

/// The longest text of a statement in bytes; well below the contract's 64 KiB for the whole of it.
const LONGEST_TEXT: usize = 8 * 1024;

/// The most calls that a check names as its evidence.
const MOST_EVIDENCE: usize = 1_000;

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// What was expected was observed.
    Pass,
    /// Something else was observed.
    Fail,
    /// It was tried and says neither.
    Inconclusive,
    /// It was not tried.
    NotExercised,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
            Self::NotExercised => "not-exercised",
        })
    }
}

/// What should be seen. Made by [`expected`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected(String);

/// What was seen. Made by [`observed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observed(String);

/// What should be seen: `expected("200")`.
pub fn expected(what: impl fmt::Display) -> Expected {
    Expected(what.to_string())
}

/// What was seen: `observed(response.status())`.
pub fn observed(what: impl fmt::Display) -> Observed {
    Observed(what.to_string())
}

/// What is stated to the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) requirements: Vec<String>,
    pub(crate) name: String,
    pub(crate) verdict: Verdict,
    pub(crate) expected: String,
    pub(crate) observed: String,
    pub(crate) evidence: Vec<u32>,
}

/// A check that has no verdict yet.
#[derive(Debug)]
#[must_use = "a check without a verdict is inconclusive"]
pub struct Check<'a> {
    cx: &'a Context,
    requirements: Vec<String>,
    name: String,
    expected: String,
    stated: bool,
}

impl<'a> Check<'a> {
    pub(crate) fn new(cx: &'a Context, requirements: Vec<String>, name: String) -> Self {
        Self { cx, requirements, name, expected: String::new(), stated: false }
    }

    /// Says beforehand what should be seen, so that `pass`, `inconclusive` and `from_error` show it too.
    pub fn expecting(mut self, what: Expected) -> Self {
        self.expected = what.0;
        self
    }

    /// What was expected was observed.
    pub fn pass(self, observed: Observed, evidence: impl Evidence) {
        self.state(Verdict::Pass, observed.0, evidence.calls());
    }

    /// Something else was observed.
    pub fn fail(self, expected: Expected, observed: Observed, evidence: impl Evidence) {
        self.expecting(expected).state(Verdict::Fail, observed.0, evidence.calls());
    }

    /// It was tried and says neither.
    pub fn inconclusive(self, observed: Observed, evidence: impl Evidence) {
        self.state(Verdict::Inconclusive, observed.0, evidence.calls());
    }

    /// It was not tried, for this reason.
    pub fn not_exercised(self, reason: impl fmt::Display) {
        self.state(Verdict::NotExercised, reason.to_string(), Vec::new());
    }

    /// Passes or fails by a condition.
    pub fn passes_if(self, condition: bool, expected: Expected, observed: Observed, evidence: impl Evidence) {
        let check = self.expecting(expected);
        let verdict = if condition { Verdict::Pass } else { Verdict::Fail };
        check.state(verdict, observed.0, evidence.calls());
    }

    /// A time-out or a failure is one of what is validated, and fails. A denial is a mistake in the bundle, and a bound, a doubt or an
    /// interruption says nothing about what is validated: these are inconclusive.
    pub fn from_error(self, error: impl std::borrow::Borrow<CallError>) {
        let error = error.borrow();
        let verdict = match error.cause() {
            Cause::Timeout(_) | Cause::Failed(_) => Verdict::Fail,
            Cause::Denied(_) | Cause::InDoubt(_) | Cause::Interrupted(_) | Cause::Exhausted(_) => Verdict::Inconclusive,
        };
        let check = if self.expected.is_empty() { self.expecting(expected("an answer")) } else { self };
        check.state(verdict, error.to_string(), error.calls());
    }

    fn state(mut self, verdict: Verdict, observed: String, evidence: Vec<u32>) {
        self.report(verdict, observed, evidence);
    }

    fn report(&mut self, verdict: Verdict, observed: String, mut evidence: Vec<u32>) {
        self.stated = true;
        evidence.truncate(MOST_EVIDENCE);
        let statement = Statement {
            requirements: std::mem::take(&mut self.requirements),
            name: bounded(std::mem::take(&mut self.name)),
            verdict,
            expected: bounded(std::mem::take(&mut self.expected)),
            observed: bounded(observed),
            evidence,
        };
        if let Err(cause) = host::check(&statement) {
            self.cx.refused(format!("check `{}` ({verdict}) was refused: {cause}", statement.name));
        }
    }
}

impl Drop for Check<'_> {
    fn drop(&mut self) {
        // A phase that panics ends with an error of its own.
        if !self.stated && !std::thread::panicking() {
            self.report(Verdict::Inconclusive, "the phase gave no verdict".to_owned(), Vec::new());
        }
    }
}

/// Cuts at a character's boundary, and says so.
fn bounded(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        let mut end = LONGEST_TEXT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

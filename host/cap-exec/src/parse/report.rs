//! The one form of a report, and its bounds.

use serde::{Deserialize, Serialize};

/// Cases of a report.
const MOST_CASES: usize = 10_000;
/// Bytes of a name.
const LONGEST_NAME: usize = 1 << 10;
/// Bytes of a message.
const LONGEST_MESSAGE: usize = 2 << 10;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// XML as nearly every runner can write it.
    Junit,
    /// The Test Anything Protocol, 12 to 14. Cases within a case are counted as it.
    Tap,
    /// Lines of `go test -json`, or of libtest's `--format json`.
    Json,
}

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    Pass,
    Skipped,
    /// It was executed and found something wrong.
    Fail,
    /// It could not be executed, or not to its end.
    Error,
}

/// A case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestCase {
    /// What it belongs to: a class, a package; empty if it does not say.
    pub suite: String,
    pub name: String,
    pub outcome: Outcome,
    /// How long it took, if it says.
    pub seconds: Option<f64>,
    /// Why it did not pass, or how it failed before it passed; its beginning, if it is long.
    pub message: Option<String>,
}

/// What a runner reports, in its order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestReport {
    pub cases: Vec<TestCase>,
}

impl TestReport {
    /// How many cases ended so.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.cases.iter().filter(|case| case.outcome == outcome).count()
    }

    /// Takes a case in, within the bounds.
    pub(super) fn push(&mut self, mut case: TestCase) -> Result<(), ParseError> {
        if self.cases.len() == MOST_CASES {
            return Err(ParseError::TooLarge(format!("it has more than {MOST_CASES} cases")));
        }
        cut(&mut case.suite, LONGEST_NAME);
        cut(&mut case.name, LONGEST_NAME);
        case.seconds = case.seconds.filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
        if let Some(message) = &mut case.message {
            let trimmed = message.trim();
            if trimmed.len() != message.len() {
                *message = trimmed.to_owned();
            }
            cut(message, LONGEST_MESSAGE);
        }
        case.message = case.message.filter(|message| !message.is_empty());
        self.cases.push(case);
        Ok(())
    }
}

/// Takes text in as long as there is room for it.
pub(super) fn append(to: &mut String, text: &str) {
    // A little more than is kept, so that spaces at the beginning cost nothing.
    let room = (2 * LONGEST_MESSAGE).saturating_sub(to.len());
    to.push_str(&text[..text.floor_char_boundary(room)]);
}

fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.shrink_to_fit();
    }
}

/// Why a report can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    #[error("the report is too large: {0}")]
    TooLarge(String),
    #[error("the report can't be read: {0}")]
    Malformed(String),
    #[error("the report is not whole: {0}")]
    Incomplete(String),
}

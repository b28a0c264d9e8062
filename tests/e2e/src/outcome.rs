//! How a command came out.

use std::{fmt, process::Output};

use serde_json::Value;

/// What a command printed, and its exit code.
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    /// The most memory that it held at once, in bytes; 0 where that was not measured.
    pub peak: u64,
}

/// As a failing test shows it: the texts as they stand, and of long ones the end.
impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |text: &str| {
            let skipped = text.chars().count().saturating_sub(3_000);
            let dots = if skipped > 0 { "…" } else { "" };
            format!("{dots}{}", text.chars().skip(skipped).collect::<String>())
        };
        write!(f, "exit {:?}\nstdout: {}\nstderr: {}", self.code, shown(&self.stdout), shown(&self.stderr))
    }
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            peak: 0,
        }
    }
}

impl Outcome {
    /// All of stdout as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no JSON ({e}): {self:#?}"))
    }

    /// The last line of stdout as JSON: `{"decision", "failed", "rows"}`.
    pub fn summary(&self) -> Value {
        let last = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|e| panic!("no summary ({e}): {self:#?}"))
    }

    /// The verdict of a row.
    pub fn row(&self, id: &str) -> String {
        self.summary()["rows"][id].as_str().unwrap_or_else(|| panic!("no row {id}: {self:#?}")).to_owned()
    }

    /// The decision.
    pub fn decision(&self) -> String {
        self.summary()["decision"].as_str().unwrap_or_default().to_owned()
    }

    /// Checks the exit code, and shows everything if it is another.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:#?}");
        self
    }

    /// Checks that it was refused, and that its standard error says all of this.
    #[track_caller]
    pub fn refuses(self, parts: &[&str]) {
        let outcome = self.exits(2);
        for part in parts {
            assert!(outcome.stderr.contains(part), "it does not say `{part}`: {outcome:?}");
        }
    }
}

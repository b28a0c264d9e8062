//! How a command came out.

use std::process::Output;

use serde_json::Value;

/// What a command printed, and its exit code.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Outcome {
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
}

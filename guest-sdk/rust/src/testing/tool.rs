//! What a script answers to a tool that is started.

use std::fmt::Write as _;

use super::answer::denial;
use crate::exec::Ended;
use crate::{Cause, Exit, Millis, TestCase, TestOutcome};

/// How a tool ends in a script.
#[derive(Clone, Debug)]
pub struct ToolEnds {
    outcome: Result<Ended, Cause>,
    /// The cases that its output is a report of.
    pub(super) report: Option<Vec<TestCase>>,
}

/// It returns this code and writes this.
pub fn exits(code: i32, stdout: impl Into<Vec<u8>>) -> ToolEnds {
    ends(Exit::Code(code), stdout)
}

/// It ends in this way and has written this.
pub fn ends(exit: Exit, stdout: impl Into<Vec<u8>>) -> ToolEnds {
    let stdout = stdout.into();
    #[expect(clippy::cast_precision_loss, reason = "a scripted output is short")]
    let written = (stdout.len() as f64, 0.0);
    let ended = Ended { exit, stdout, stderr: Vec::new(), written, truncated: false, milliseconds: 900 };
    ToolEnds { outcome: Ok(ended), report: None }
}

/// It returns this code and writes a report of these cases as JUnit.
pub fn reports(code: i32, cases: impl IntoIterator<Item = TestCase>) -> ToolEnds {
    let cases: Vec<TestCase> = cases.into_iter().collect();
    ToolEnds { report: Some(cases.clone()), ..exits(code, junit(&cases)) }
}

/// A case of a report.
pub fn case(suite: &str, name: &str, outcome: TestOutcome) -> TestCase {
    TestCase { suite: suite.to_owned(), name: name.to_owned(), outcome, seconds: None, message: None }
}

/// No grant covers it.
pub fn denied_tool() -> ToolEnds {
    ToolEnds { outcome: Err(Cause::Denied(denial("exec"))), report: None }
}

/// It could not be started; the reason.
pub fn unstartable(why: &str) -> ToolEnds {
    ToolEnds { outcome: Err(Cause::Failed(why.to_owned())), report: None }
}

impl ToolEnds {
    /// What it says to people.
    #[must_use]
    pub fn stderr(mut self, text: &str) -> Self {
        if let Ok(ended) = &mut self.outcome {
            text.as_bytes().clone_into(&mut ended.stderr);
        }
        self
    }

    /// How long it takes, 900 ms without this.
    #[must_use]
    pub fn after(mut self, duration: Millis) -> Self {
        if let Ok(ended) = &mut self.outcome {
            ended.milliseconds = duration.0;
        }
        self
    }

    /// More was written than is kept.
    #[must_use]
    pub fn truncated(mut self) -> Self {
        if let Ok(ended) = &mut self.outcome {
            ended.truncated = true;
        }
        self
    }

    pub(super) fn play(&self) -> Result<Ended, Cause> {
        self.outcome.clone()
    }
}

fn junit(cases: &[TestCase]) -> String {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let mut text = "<testsuites><testsuite name=\"script\">".to_owned();
    for TestCase { suite, name, outcome, message, .. } in cases {
        let message = escaped(message.as_deref().unwrap_or_default());
        let end = match outcome {
            TestOutcome::Pass => String::new(),
            TestOutcome::Skipped => format!("<skipped message=\"{message}\"/>"),
            TestOutcome::Fail => format!("<failure message=\"{message}\"/>"),
            TestOutcome::Error => format!("<error message=\"{message}\"/>"),
        };
        // A string takes every text.
        let _ = write!(text, "<testcase classname=\"{}\" name=\"{}\">{end}</testcase>", escaped(suite), escaped(name));
    }
    text + "</testsuite></testsuites>"
}

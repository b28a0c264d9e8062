//! Lines of JSON: those of `go test -json`, and those of libtest's `--format json`. Other lines are what tests printed.
//!
//! Neither says how many packages there are, so a runner that breaks off between two is known by its exit code alone.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::report::{Outcome, ParseError, TestCase, TestReport, append};

/// Tests and packages under way at once. A runner that starts more and ends none is no runner.
const MOST_OPEN: usize = 20_000;

pub(super) fn parse(text: &str) -> Result<TestReport, ParseError> {
    let mut run = Run::default();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start();
        if !line.starts_with('{') {
            continue;
        }
        let wrong = |error: serde_json::Error| ParseError::Malformed(format!("line {number}: {error}"));
        match serde_json::from_str(line).map_err(wrong)? {
            Line::Go(event) => run.go(event)?,
            Line::Rust(event) => run.rust(event)?,
            Line::Other(_) => {}
        }
        if run.open.len() > MOST_OPEN {
            return Err(ParseError::TooLarge(format!("more than {MOST_OPEN} tests are under way at once")));
        }
    }
    run.end()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Go(GoEvent),
    Rust(RustEvent),
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GoEvent {
    action: String,
    #[serde(default)]
    package: String,
    test: Option<String>,
    elapsed: Option<f64>,
    output: Option<String>,
}

#[derive(Deserialize)]
struct RustEvent {
    r#type: String,
    event: String,
    name: Option<String>,
    exec_time: Option<f64>,
    stdout: Option<String>,
    message: Option<String>,
    test_count: Option<usize>,
}

/// A test or a package by its suite and its name; that of a package is empty.
type Key = (String, String);

#[derive(Default)]
struct Run {
    /// What has begun and not ended, and what it has printed.
    open: BTreeMap<Key, String>,
    /// Packages in which a case failed.
    failing: BTreeMap<String, usize>,
    /// Cases that libtest's suites announce, and those that were there.
    announced: usize,
    seen: usize,
    suites: usize,
    report: TestReport,
}

impl Run {
    fn go(&mut self, event: GoEvent) -> Result<(), ParseError> {
        let GoEvent { action, package, test, elapsed, output } = event;
        if package.is_empty() {
            return Ok(());
        }
        let key = (package, test.unwrap_or_default());
        let outcome = match action.as_str() {
            "pass" | "bench" => Outcome::Pass,
            "fail" => Outcome::Fail,
            "skip" => Outcome::Skipped,
            "output" | "build-output" | "start" | "run" | "pause" | "cont" => {
                let printed = self.open.entry(key).or_default();
                if let Some(output) = output.filter(|output| !output.starts_with("=== ")) {
                    append(printed, &output);
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        let printed = self.open.remove(&key);
        let (suite, name) = key;
        if name.is_empty() {
            // A package is a case of its own only where no test says why it failed: it did not build, or it broke off.
            let blameless = self.failing.remove(&suite).unwrap_or(0) == 0;
            if outcome != Outcome::Fail || !blameless {
                return Ok(());
            }
            let name = suite.clone();
            return self.report.push(TestCase {
                suite,
                name,
                outcome: Outcome::Error,
                seconds: elapsed,
                message: printed,
            });
        }
        if outcome == Outcome::Fail {
            *self.failing.entry(suite.clone()).or_default() += 1;
        }
        let message = printed.filter(|_| outcome != Outcome::Pass);
        self.report.push(TestCase { suite, name, outcome, seconds: elapsed, message })
    }

    fn rust(&mut self, event: RustEvent) -> Result<(), ParseError> {
        let key = (String::new(), event.name.unwrap_or_default());
        let outcome = match (event.r#type.as_str(), event.event.as_str()) {
            ("suite", "started") => {
                self.announced += event.test_count.unwrap_or(0);
                self.suites += 1;
                return Ok(());
            }
            ("suite", "ok" | "failed") => {
                self.suites = self.suites.saturating_sub(1);
                return Ok(());
            }
            ("test", "started") => {
                self.open.insert(key, String::new());
                return Ok(());
            }
            ("test", "ok") => Outcome::Pass,
            ("test", "failed") => Outcome::Fail,
            ("test", "ignored") => Outcome::Skipped,
            _ => return Ok(()),
        };
        self.open.remove(&key);
        self.seen += 1;
        let mut message = String::new();
        append(&mut message, event.message.as_deref().or(event.stdout.as_deref()).unwrap_or_default());
        let message = (outcome != Outcome::Pass).then_some(message);
        self.report.push(TestCase { suite: key.0, name: key.1, outcome, seconds: event.exec_time, message })
    }

    /// Nothing may be under way any more: a runner that broke off has no last word.
    fn end(mut self) -> Result<TestReport, ParseError> {
        if let Some((suite, name)) = self.open.keys().next() {
            let who = if name.is_empty() { suite } else { name };
            let who: String = who.chars().take(200).collect();
            return Err(ParseError::Incomplete(format!("{who:?} began and did not end")));
        }
        if self.suites > 0 || self.seen != self.announced {
            let Self { announced, seen, .. } = self;
            return Err(ParseError::Incomplete(format!("its suites announce {announced} cases and it has {seen}")));
        }
        self.report.cases.shrink_to_fit();
        Ok(self.report)
    }
}

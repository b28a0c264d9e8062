//! What a run of tests shows: one check for the whole, and one for each test that did not pass.

use holdpoint::prelude::*;
use holdpoint::{Exit, Finished, TestCase, TestOutcome};

use crate::Config;

const ROW: [&str; 1] = ["P1.2"];
/// Tests with a check of their own.
const SHOWN: usize = 20;

/// The check of the whole.
pub(crate) fn whole<'c>(cx: &'c Context, tool: &Tool) -> Check<'c> {
    cx.check(ROW, format!("{tool} passes"))
}

pub(crate) fn finished(cx: &Context, tool: &Tool, finished: &Finished, config: &Config) {
    let check = whole(cx, tool);
    let code = match finished.exit() {
        Exit::Code(code) => *code,
        // The host ends what is beyond its bounds, which says nothing of the release.
        exit @ Exit::Killed(_) => return check.inconclusive(observed(exit), finished),
        exit @ (Exit::Signal(_) | Exit::Deadline) => {
            return check.fail(expected("tests that end by themselves"), observed(exit), finished);
        }
    };
    let cases = match finished.report(config.format) {
        Ok(cases) => cases,
        Err(error) => {
            let seen = format!("{error}; exit code {code}: {}", cut(&finished.last_line()));
            return check.inconclusive(observed(seen), finished);
        }
    };
    let tally = Tally::of(&cases);
    cx.measure("tests executed", tally.executed() as f64, "tests");
    cx.measure("tests skipped", tally.skipped as f64, "tests");
    let wrong: Vec<&TestCase> =
        cases.iter().filter(|case| matches!(case.outcome, TestOutcome::Fail | TestOutcome::Error)).collect();
    for case in wrong.iter().take(SHOWN) {
        let why = case.message.as_deref().unwrap_or("it does not say why");
        cx.check(ROW, case).fail(expected("pass"), observed(cut(why)), finished);
    }
    if !wrong.is_empty() {
        let names: Vec<String> = wrong.iter().take(SHOWN).map(ToString::to_string).collect();
        check.fail(expected("no test fails"), observed(format!("{tally}: {}", names.join(", "))), finished);
    } else if code != 0 && tally.executed() > 0 {
        let seen = format!("exit code {code}, and no test of the report failed: {}", cut(&finished.last_line()));
        check.fail(expected("exit code 0"), observed(seen), finished);
    } else if tally.executed() == 0 && code != 0 {
        // The runner says so itself: there were to be tests, and it found none.
        let seen = format!("no test was executed, exit code {code}; {tally}");
        check.fail(expected("tests that are executed"), observed(seen), finished);
    } else if tally.executed() == 0 {
        let seen = format!("no test was executed, exit code {code}; {tally}");
        check.expecting(expected("tests that are executed")).inconclusive(observed(seen), finished);
    } else {
        let least = expected(format!("{} tests or more, and none fails", config.least));
        let seen = observed(format!("{tally} in {}", finished.took()));
        check.passes_if(tally.executed() >= config.least, least, seen, finished);
    }
}

/// How many tests ended in which way.
struct Tally {
    passed: usize,
    skipped: usize,
    failed: usize,
}

impl Tally {
    fn of(cases: &[TestCase]) -> Self {
        let count = |outcome| cases.iter().filter(|case| case.outcome == outcome).count();
        Self {
            passed: count(TestOutcome::Pass),
            skipped: count(TestOutcome::Skipped),
            failed: count(TestOutcome::Fail) + count(TestOutcome::Error),
        }
    }

    fn executed(&self) -> usize {
        self.passed + self.failed
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// The first line of a text, of a length that a table has room for.
fn cut(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().chars().take(300).collect()
}

//! The phase against scripts; the cases that are pure data lie in `fixtures/`.

use holdpoint::prelude::*;
use holdpoint::testing::{Test, ToolEnds, case, denied_tool, ends, exits, reports, unstartable};
use holdpoint::{Exit, TestOutcome};

use super::run;

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

fn judged(ends: ToolEnds) -> Test<'static> {
    let config = json!({ "tool": "pytest", "arguments": ["tests"] });
    holdpoint::test(run).config(config).tool(Tool::new("pytest").argument("tests"), ends)
}

fn passing() -> holdpoint::TestCase {
    case("tests.test_a", "test_one", TestOutcome::Pass)
}

#[test]
fn tests_that_are_executed_and_pass_pass() {
    let t = judged(reports(0, [passing(), case("tests.test_a", "test_later", TestOutcome::Skipped)]));
    t.expect("P1.2", Pass, "1 passed, 0 failed, 1 skipped");
    assert_eq!(t.calls(), ["exec pytest tests", "poll 0"]);
}

#[test]
fn one_that_fails_fails_by_its_name() {
    let mut failing = case("tests.test_b", "test_two", TestOutcome::Fail);
    failing.message = Some("assert 1 == 2\n  at line 3".to_owned());
    let t = judged(reports(1, [passing(), failing.clone()]));
    t.expect("P1.2", Fail, "tests.test_b::test_two");
    t.expect("P1.2", Fail, "assert 1 == 2");
    // A runner that says 0 all the same is not believed.
    judged(reports(0, [passing(), failing])).expect("P1.2", Fail, "1 passed, 1 failed");
    let error = case("", "tests/test_c.py", TestOutcome::Error);
    judged(reports(2, [error])).expect("P1.2", Fail, "tests/test_c.py");
}

#[test]
fn zero_tests_are_no_pass() {
    judged(reports(5, [])).expect("P1.2", Fail, "no test was executed, exit code 5");
    judged(reports(0, [])).expect("P1.2", Inconclusive, "no test was executed");
    let skipped = case("tests", "test_later", TestOutcome::Skipped);
    judged(reports(0, [skipped])).expect("P1.2", Inconclusive, "0 passed, 0 failed, 1 skipped");
}

#[test]
fn fewer_than_there_must_be_are_not_enough() {
    let t = holdpoint::test(run)
        .config(json!({ "tool": "pytest", "least": 2 }))
        .tool(Tool::new("pytest"), reports(0, [passing()]));
    t.expect("P1.2", Fail, "1 passed");
}

#[test]
fn a_runner_that_is_not_content_fails_whatever_it_reports() {
    judged(reports(3, [passing()]).stderr("INTERNALERROR\n")).expect("P1.2", Fail, "exit code 3");
    judged(ends(Exit::Deadline, "")).expect("P1.2", Fail, "ended at its deadline");
    judged(ends(Exit::Signal(11), "")).expect("P1.2", Fail, "ended by signal 11");
}

#[test]
fn what_can_not_be_read_or_started_judges_nothing() {
    for (ends, says) in [
        (exits(0, "ok"), "can't be read"),
        (exits(4, "").stderr("ERROR: usage\n"), "exit code 4: ERROR: usage"),
        (reports(0, [passing()]).truncated(), "not whole"),
        (ends(Exit::Killed("too many processes".into()), ""), "too many processes"),
        (denied_tool(), "denied"),
        (unstartable("pytest was not started: it is not the pinned program"), "not the pinned program"),
    ] {
        judged(ends).expect("P1.2", Inconclusive, says);
    }
}

#[test]
fn no_test_at_all_can_not_be_asked_for() {
    let t = holdpoint::test(run).config(json!({ "tool": "pytest", "least": 0 }));
    assert!(t.returned().is_err_and(|error| error.contains("no test is no pass")));
}

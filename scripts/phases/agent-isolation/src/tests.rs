use holdpoint::Verdict;
use holdpoint::load::{End, Summary, ThresholdResult};
use holdpoint::prelude::*;
use holdpoint::testing::{LoadEnds, Test, loads};

use crate::run;

/// A load whose p95 was so long, of whose exchanges so many were deliberate.
fn ends(p95: f64, deliberate: u32) -> LoadEnds {
    loads(3_000).with(|summary| {
        summary.routes[0].deliberate = deliberate;
        summary.thresholds = vec![ThresholdResult {
            metric: "http_req_duration".to_owned(),
            expression: "p(95)<2000".to_owned(),
            observed: Some(p95),
            holds: true,
        }];
    })
}

fn gauge(agents: u32) -> holdpoint::testing::Scripted {
    text(&format!("# TYPE agents_live gauge\nagents_live{{instance=\"a\"}} {agents}\n"))
}

/// The control group, those with agents that fail, and how many agents live before and after.
fn test(
    control: impl FnOnce(&mut Summary),
    disturbed: impl FnOnce(&mut Summary),
    (before, after): (u32, u32),
) -> Test<'static> {
    let inventory = json!({ "service": "backend", "path": "/metrics", "gauge": "agents_live", "settles": "2s" });
    holdpoint::test(run)
        .service("backend")
        .config(json!({ "user": "agent-user", "inventory": inventory }))
        .load("user agent-user", ends(40.0, 0).with(control))
        .load("user agent-user", ends(42.0, 400).with(disturbed))
        .answer(get("/metrics"), gauge(before))
        .answer(get("/metrics"), gauge(after))
}

fn nothing(_: &mut Summary) {}

#[test]
fn agents_that_fail_alone_and_are_gone_pass_every_row() {
    let t = test(nothing, nothing, (7, 7));
    let told = "400 agents failed, and of the others' requests 0 of 2600 failed with p95 42 ms; without that 0 of 3000 failed with p95 40 ms";
    t.expect("BIZ-1", Verdict::Pass, told);
    t.expect("SUC-3.failures", Verdict::Pass, "0 of 2600 failed, at most 0.12 % with 95 % confidence");
    t.expect("SUC-3.cleanup", Verdict::Pass, "7 live after 6000 iterations");
    t.expect("P4.1.cleanup", Verdict::Pass, "7 as before, within 2000 ms");
    assert_eq!(t.calls().iter().filter(|call| *call == "load user agent-user").count(), 2);
}

#[test]
fn a_failure_that_spreads_is_found_and_one_in_thousands_may_be_chance() {
    let t = test(nothing, |summary| summary.routes[0].failures.status = 300, (7, 7));
    t.expect("BIZ-1", Verdict::Fail, "300 of 2600 failed");
    t.expect("SUC-3.failures", Verdict::Fail, "300 of 2600 failed");
    let t = test(nothing, |summary| summary.routes[0].failures.status = 1, (7, 7));
    t.expect("BIZ-1", Verdict::Pass, "1 of 2600 failed");
    t.expect("SUC-3.failures", Verdict::Fail, "1 of 2600 failed");
}

#[test]
fn what_fails_anyway_is_not_blamed_on_the_agents() {
    let failing = |summary: &mut Summary| summary.routes[0].failures.status = 60;
    let t = test(failing, failing, (7, 7));
    t.expect("BIZ-1", Verdict::Pass, "60 of 2600 failed");
    t.expect("SUC-3.failures", Verdict::Inconclusive, "60 failed in the control group too");
}

#[test]
fn others_that_get_slow_or_see_what_is_not_theirs_are_touched() {
    let slow = |summary: &mut Summary| summary.thresholds[0].observed = Some(311.0);
    test(nothing, slow, (7, 7)).expect("BIZ-1", Verdict::Fail, "p95 311 ms");
    let bearable = |summary: &mut Summary| summary.thresholds[0].observed = Some(309.0);
    test(nothing, bearable, (7, 7)).expect("BIZ-1", Verdict::Pass, "p95 309 ms");
    test(nothing, |summary| summary.leak_count = 2, (7, 7)).expect("BIZ-1", Verdict::Fail, "2 leaks");
}

#[test]
fn without_a_control_group_or_a_failing_agent_nothing_is_said() {
    let guarded = |summary: &mut Summary| summary.end = End::Guard("half of it failed".to_owned());
    let t = test(guarded, nothing, (7, 7));
    t.expect("BIZ-1", Verdict::Inconclusive, "the control group did not go through");
    let t = test(nothing, |summary| summary.routes[0].deliberate = 0, (7, 7));
    for row in ["BIZ-1", "SUC-3.failures"] {
        t.expect(row, Verdict::Inconclusive, "no agent failed");
    }
}

#[test]
fn an_agent_that_stays_is_found() {
    let t = test(nothing, nothing, (7, 8));
    for row in ["SUC-3.cleanup", "P4.1.cleanup"] {
        t.expect(row, Verdict::Fail, "8 live after 6000 iterations");
    }
    t.expect("BIZ-1", Verdict::Pass, "");
}

#[test]
fn an_agent_that_a_failed_request_may_have_left_says_nothing() {
    let failing = |failed| move |summary: &mut Summary| summary.routes[0].failures.status = failed;
    let t = test(failing(1), failing(1), (7, 9));
    t.expect(
        "SUC-3.cleanup",
        Verdict::Inconclusive,
        "9 live after 6000 iterations without a failure; 2 requests failed",
    );
    t.expect("P4.1.cleanup", Verdict::Inconclusive, "2 requests failed");
    let t = test(|summary| summary.interrupted = true, nothing, (7, 10));
    t.expect("SUC-3.cleanup", Verdict::Inconclusive, "the host was gone in between");
    test(failing(1), failing(1), (7, 10)).expect("SUC-3.cleanup", Verdict::Fail, "10 live after 6000 iterations");
}

#[test]
fn where_nobody_came_through_nothing_could_have_stayed() {
    let none = |summary: &mut Summary| summary.iterations.failed = summary.iterations.ended;
    let t = test(none, none, (7, 7));
    t.expect("SUC-3.cleanup", Verdict::Inconclusive, "nobody started an agent and ended it");
}

#[test]
fn without_a_count_nothing_is_said_of_what_stays() {
    let inventory = json!({ "service": "backend", "path": "/metrics", "gauge": "agents" });
    let of = |config: Value| {
        let t = holdpoint::test(run).service("backend").config(config).load("user agent-user", ends(40.0, 400));
        t.answer(get("/metrics"), gauge(7))
    };
    let t = of(json!({ "user": "agent-user", "inventory": inventory }));
    for row in ["SUC-3.cleanup", "P4.1.cleanup"] {
        t.expect(row, Verdict::Inconclusive, "GET backend /metrics has no agents");
        of(json!({ "user": "agent-user" })).expect(row, Verdict::NotExercised, "config.inventory");
    }
}

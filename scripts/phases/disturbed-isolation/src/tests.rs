use holdpoint::Verdict;
use holdpoint::load::{Disturbed, End, Harm, Summary, ThresholdResult};
use holdpoint::prelude::*;
use holdpoint::testing::{LoadEnds, Test, loads};

use crate::run;

/// A load whose p95 was so long.
fn ends(p95: f64) -> LoadEnds {
    loads(3_000).with(|summary| {
        summary.thresholds = vec![ThresholdResult {
            metric: "http_req_duration".to_owned(),
            expression: "p(95)<2000".to_owned(),
            observed: Some(p95),
            holds: true,
        }];
    })
}

/// The control group, and those of whom some are harmed.
fn test(control: impl FnOnce(&mut Summary), disturbed: impl FnOnce(&mut Summary)) -> Test<'static> {
    let harmed = |summary: &mut Summary| {
        summary.routes[0].deliberate = 900;
        let harms = vec![(Harm::Abort, 90), (Harm::Malformed, 1)];
        summary.disturbed = Some(Disturbed { seed: 7, iterations: 300, users_lost: 0, harms });
    };
    holdpoint::test(run)
        .config(json!({ "user": "browse-user", "harms": ["abort", "slow", "malformed"] }))
        .load("user browse-user", ends(40.0).with(control))
        .load("user browse-user", ends(42.0).with(harmed).with(disturbed))
}

fn nothing(_: &mut Summary) {}

#[test]
fn harm_that_touches_nobody_else_passes_both_rows() {
    let t = test(nothing, nothing);
    let told = "91 requests went wrong on purpose (abort 90, malformed 1; seed 7), never slow, and of the others' requests 0 of 2100 failed with p95 42 ms; \
        without that 0 of 3000 failed with p95 40 ms";
    t.expect("BIZ-1", Verdict::Pass, told);
    t.expect("SUC-3.failures", Verdict::Pass, "0 of 2100 failed, at most 0.14 % with 95 % confidence");
    assert_eq!(t.calls().iter().filter(|call| *call == "load user browse-user").count(), 2);
}

#[test]
fn a_failure_of_somebody_else_is_found() {
    let t = test(nothing, |summary| summary.routes[0].failures.status = 300);
    t.expect("BIZ-1", Verdict::Fail, "300 of 2100 failed");
    t.expect("SUC-3.failures", Verdict::Fail, "300 of 2100 failed");
    let slow = |summary: &mut Summary| summary.thresholds[0].observed = Some(311.0);
    test(nothing, slow).expect("BIZ-1", Verdict::Fail, "p95 311 ms");
    test(nothing, |summary| summary.leak_count = 2).expect("BIZ-1", Verdict::Fail, "2 leaks");
}

#[test]
fn what_fails_anyway_is_not_blamed_on_the_harm() {
    let failing = |summary: &mut Summary| summary.routes[0].failures.status = 60;
    let t = test(failing, failing);
    t.expect("BIZ-1", Verdict::Pass, "60 of 2100 failed");
    t.expect("SUC-3.failures", Verdict::Inconclusive, "60 failed in the control group too");
}

#[test]
fn without_a_control_group_or_a_harm_nothing_is_said() {
    let guarded = |summary: &mut Summary| summary.end = End::Guard("half of it failed".to_owned());
    test(guarded, nothing).expect("BIZ-1", Verdict::Inconclusive, "the control group did not go through");
    let unharmed = |summary: &mut Summary| summary.disturbed.iter_mut().for_each(|disturbed| disturbed.harms.clear());
    for t in [test(nothing, unharmed), test(nothing, |summary| summary.disturbed = None)] {
        for row in ["BIZ-1", "SUC-3.failures"] {
            t.expect(row, Verdict::Inconclusive, "nothing went wrong on purpose");
        }
    }
}

//! The phase against scripts; the cases that are pure data lie in `fixtures/`.

use holdpoint::prelude::*;
use holdpoint::testing::{fails, late_command, prints};
use holdpoint::{Command, Failure};

use super::run;

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

/// A list with one service that is as it should be, changed by a test.
fn listed(change: impl FnOnce(&mut Value)) -> Value {
    let mut service = json!({
        "metadata": {
            "name": "backend",
            "generation": 3,
            "annotations": { "serving.knative.dev/lastModifier": "deployer@example.com" }
        },
        "spec": { "template": { "metadata": { "annotations": { "autoscaling.knative.dev/minScale": "1" } } } },
        "status": {
            "url": "https://backend-x.a.run.app",
            "observedGeneration": 3,
            "latestReadyRevisionName": "backend-00003-abc",
            "latestCreatedRevisionName": "backend-00003-abc",
            "traffic": [{ "revisionName": "backend-00003-abc", "percent": 100 }],
            "conditions": [{ "type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z" }]
        }
    });
    change(&mut service);
    json!([service])
}

fn judged(list: &Value) -> holdpoint::testing::Test<'static> {
    holdpoint::test(run)
        .config(json!({ "services": ["backend"], "deployer": "deployer@example.com", "min-instances": 1 }))
        .command(Command::new("run services list"), prints(list))
}

#[test]
fn a_service_that_is_all_it_should_be_passes() {
    let t = judged(&listed(|_| {}));
    t.expect("P2.2", Pass, "100 % to backend-00003-abc");
    t.expect("CRIT-1", Pass, "since 2026-01-01T00:00:00Z");
    t.expect("KI-1", Pass, "1");
}

#[test]
fn each_thing_that_is_wrong_fails_its_row_in_its_own_words() {
    type Change = fn(&mut Value);
    let cases: [(Change, &str, &str); 9] = [
        (|s| s["status"]["conditions"][0]["status"] = json!("False"), "CRIT-1", "not ready since"),
        (|s| s["status"]["conditions"][0]["status"] = json!("Unknown"), "P2.2", "Unknown since"),
        (|s| s["status"]["observedGeneration"] = json!(2), "P2.2", "generation 2"),
        (|s| s["status"]["traffic"][0]["revisionName"] = json!("backend-00002-old"), "P2.2", "backend-00002-old"),
        (
            |s| s["status"]["traffic"] = json!([{ "revisionName": "backend-00003-abc", "percent": 90 }, { "revisionName": "old", "percent": 10 }]),
            "P2.2",
            "10 % to old",
        ),
        (
            |s| s["status"]["latestCreatedRevisionName"] = json!("backend-00004-new"),
            "P2.2",
            "100 % to backend-00003-abc",
        ),
        (|s| s["status"]["url"] = json!(null), "CRIT-1", "none"),
        (
            |s| s["metadata"]["annotations"] = json!({ "serving.knative.dev/lastModifier": "other@example.com" }),
            "P2.2",
            "other@example.com",
        ),
        (|s| s["spec"] = json!({}), "KI-1", "0"),
    ];
    for (change, row, says) in cases {
        judged(&listed(change)).expect(row, Fail, says);
    }
}

#[test]
fn what_is_not_told_is_never_passed() {
    judged(&listed(|s| s["status"]["conditions"] = json!([]))).expect("CRIT-1", Inconclusive, "no condition");
    judged(&listed(|s| s["metadata"]["generation"] = json!(null))).expect("P2.2", Inconclusive, "no generation");
    judged(&json!({ "items": [] })).expect("P2.2", Inconclusive, "can't be read");
    judged(&json!([])).expect("CRIT-1", Fail, "no service at all");
}

#[test]
fn a_list_that_could_not_be_had_judges_nothing() {
    let t = holdpoint::test(run)
        .config(json!({ "services": ["backend"] }))
        .command(Command::new("run services list"), fails(Failure::PermissionDenied, "ERROR: HTTPError 403: no\n"));
    t.expect("P2.2", Inconclusive, "permission denied: ERROR: HTTPError 403: no");
    t.expect("CRIT-1", Inconclusive, "permission denied");
    let t = holdpoint::test(run)
        .config(json!({ "services": ["backend"] }))
        .command(Command::new("run services list"), late_command());
    t.expect("CRIT-1", Inconclusive, "60000 ms");
}

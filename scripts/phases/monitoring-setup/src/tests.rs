//! The phase against scripts; the cases that are pure data lie in `fixtures/`.

use holdpoint::prelude::*;
use holdpoint::testing::{Test, fails, late_command, prints};
use holdpoint::{Command, Failure};

use super::run;

const POLICY: &str = "displayName: High errors\ncombiner: OR\nconditions:\n- displayName: errors\n  conditionThreshold: {filter: f, thresholdValue: 0.02, duration: 300s}\n";

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

fn list() -> Command {
    Command::new("alpha monitoring policies list")
}

fn create() -> Command {
    Command::new("alpha monitoring policies create").flag("policy-from-file", "-")
}

fn there(change: impl FnOnce(&mut Value)) -> Value {
    let mut policy = json!({
        "name": "projects/p/alertPolicies/7",
        "displayName": "High errors",
        "combiner": "OR",
        "enabled": true,
        "mutationRecord": { "mutateTime": "2026-01-01T00:00:00Z" },
        "conditions": [{
            "name": "projects/p/alertPolicies/7/conditions/1",
            "displayName": "errors",
            "conditionThreshold": { "filter": "f", "thresholdValue": 0.02, "duration": "300s" }
        }]
    });
    change(&mut policy);
    json!([policy])
}

fn alerts(on_drift: &str) -> Test<'static> {
    holdpoint::test(run)
        .config(json!({ "alerts": ["monitoring/alerts.yaml"], "on-drift": on_drift }))
        .file("monitoring/alerts.yaml", POLICY)
}

#[test]
fn what_is_not_there_is_created_and_read_back() {
    let t = alerts("fail")
        .command(list(), prints(&json!([])))
        .command(list(), prints(&there(|_| {})))
        .command(create(), prints(&json!({})));
    t.expect("P4.2.alerts", Pass, "created, and reads back so");
}

#[test]
fn what_was_created_and_does_not_show_fails() {
    let t = alerts("fail").command(list(), prints(&json!([]))).command(create(), prints(&json!({})));
    t.expect("P4.2.alerts", Fail, "none of that name is listed");
    let t = alerts("fail")
        .command(list(), prints(&json!([])))
        .command(list(), prints(&there(|policy| policy["combiner"] = json!("AND"))))
        .command(create(), prints(&json!({})));
    t.expect("P4.2.alerts", Fail, "created, but combiner: \"AND\", not \"OR\"");
}

#[test]
fn what_has_drifted_fails_or_is_updated() {
    let drifted = there(|policy| policy["conditions"][0]["conditionThreshold"]["thresholdValue"] = json!(0.5));
    let t = alerts("fail").command(list(), prints(&drifted));
    t.expect("P4.2.alerts", Fail, "drifted: conditions[0].conditionThreshold.thresholdValue: 0.5, not 0.02");
    let update = Command::new("alpha monitoring policies update").argument("7").flag("policy-from-file", "-");
    let t = alerts("update")
        .command(list(), prints(&drifted))
        .command(list(), prints(&there(|_| {})))
        .command(update, prints(&json!({})));
    t.expect("P4.2.alerts", Pass, "updated, and reads back so");
}

#[test]
fn two_of_a_name_are_one_too_many() {
    let mut two = there(|_| {});
    let again = two[0].clone();
    two.as_array_mut().unwrap().push(again);
    alerts("update").command(list(), prints(&two)).expect("P4.2.alerts", Fail, "2 of that name");
}

#[test]
fn a_refusal_fails_in_its_own_words_and_a_log_in_that_is_missing_does_not() {
    let refused =
        |failure, words| alerts("fail").command(list(), prints(&json!([]))).command(create(), fails(failure, words));
    let words = "ERROR: (gcloud.alpha.monitoring.policies.create) INVALID_ARGUMENT: Field filter is wrong.\n- more\n";
    refused(Failure::InvalidArgument, words).expect("P4.2.alerts", Fail, "not created: invalid argument: ERROR:");
    refused(Failure::PermissionDenied, "no\n").expect("P4.2.alerts", Fail, "permission denied: no");
    refused(Failure::Unauthenticated, "who?\n").expect("P4.2.alerts", Inconclusive, "unauthenticated");
}

#[test]
fn a_list_that_could_not_be_had_changes_nothing_and_judges_nothing() {
    let t = alerts("fail").command(list(), fails(Failure::PermissionDenied, "ERROR: no\n"));
    t.expect("P4.2.alerts", Inconclusive, "permission denied: ERROR: no");
    alerts("fail").command(list(), late_command()).expect("P4.2.alerts", Inconclusive, "60000 ms");
    let t = alerts("fail").command(list(), prints(&json!([]))).command(create(), late_command());
    t.expect("P4.2.alerts", Fail, "60000 ms");
}

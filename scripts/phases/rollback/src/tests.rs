//! The phase against scripts: what it does, and what it leaves alone.

use holdpoint::Failure;
use holdpoint::prelude::*;
use holdpoint::testing::{Test, fails, prints};

use super::run;

fn service(name: &str, latest: &str, traffic: Value) -> Value {
    json!({
        "metadata": { "name": name, "generation": 2 },
        "status": {
            "observedGeneration": 2,
            "latestCreatedRevisionName": latest,
            "traffic": traffic,
            "conditions": [{ "type": "Ready", "status": "True" }],
        }
    })
}

fn target(revision: &str, percent: u32, tag: &str) -> Value {
    let mut target = json!({ "revisionName": revision, "percent": percent });
    if !tag.is_empty() {
        target["tag"] = json!(tag);
    }
    target
}

fn deployed(name: &str) -> Value {
    let traffic =
        json!([target(&format!("{name}-old"), 0, "before-100"), target(&format!("{name}-new"), 100, "candidate")]);
    service(name, &format!("{name}-new"), traffic)
}

fn back(name: &str) -> Value {
    let traffic =
        json!([target(&format!("{name}-old"), 100, "before-100"), target(&format!("{name}-new"), 0, "candidate")]);
    service(name, &format!("{name}-new"), traffic)
}

fn list() -> Command {
    Command::new("run services list")
}

fn describe(revision: &str) -> Command {
    Command::new("run revisions describe").argument(revision)
}

fn shift(name: &str) -> Command {
    Command::new("run services update-traffic").argument(name).flag("to-revisions", format!("{name}-old=100"))
}

fn scripted(services: &[&str]) -> Test<'static> {
    holdpoint::test(run).config(json!({ "project": "p", "region": "r", "services": services }))
}

fn there(revision: &str) -> Value {
    json!({ "metadata": { "name": revision } })
}

#[test]
fn services_go_back_to_what_their_tags_say() {
    let t = scripted(&["a", "b"])
        .command(list(), prints(&json!([deployed("a"), back("b")])))
        .command(describe("a-old"), prints(&there("a-old")))
        .command(shift("a"), prints(&json!({})))
        .command(list(), prints(&json!([deployed("a"), back("b")])))
        .command(list(), prints(&json!([back("a"), back("b")])));
    t.expect("RB-C1", Pass, "100 % to a-old");
    t.expect("RB-C1", Pass, "as before");
    t.expect("SUC-1.rollback", Pass, "ms");
    assert_eq!(t.calls().iter().filter(|call| call.contains("update-traffic")).count(), 1, "{}", t.shown());
}

#[test]
fn somebody_else_s_deployment_keeps_everything_as_it_is() {
    let mut other = deployed("b");
    other["status"]["latestCreatedRevisionName"] = json!("b-other");
    let t = scripted(&["a", "b"]).command(list(), prints(&json!([deployed("a"), other])));
    t.expect("RB-C1", Fail, "somebody else has deployed b-other since");
    assert!(t.calls().iter().all(|call| !call.contains("update-traffic")), "{}", t.shown());
}

#[test]
fn a_service_that_can_t_go_back_does_not_keep_the_others() {
    let t = scripted(&["a", "b", "c"])
        .command(
            list(),
            prints(&json!([deployed("a"), deployed("b"), service("c", "c-new", json!([target("c-new", 100, "")]))])),
        )
        .command(describe("a-old"), fails(Failure::NotFound, "ERROR: Cannot find revision [a-old]\n"))
        .command(describe("b-old"), prints(&there("b-old")))
        .command(shift("b"), prints(&json!({})))
        .command(list(), prints(&json!([deployed("a"), back("b")])));
    t.expect("RB-C1", Fail, "a-old can't serve any more: not found");
    t.expect(
        "RB-C1",
        Fail,
        "by hand: gcloud run services update-traffic a --project=p --region=r --to-revisions=a-old=100",
    );
    t.expect("RB-C1", Fail, "no tag says what served before");
    assert!(
        t.checks().iter().any(|check| check.verdict == Pass && check.observed == "100 % to b-old"),
        "{}",
        t.shown()
    );
}

#[test]
fn a_question_without_an_answer_keeps_nothing_from_going_back() {
    let t = scripted(&["a"])
        .command(list(), prints(&json!([deployed("a")])))
        .command(describe("a-old"), fails(Failure::Unavailable, "ERROR: 503\n"))
        .command(shift("a"), prints(&json!({})))
        .command(list(), prints(&json!([back("a")])));
    t.expect("RB-C1", Pass, "100 % to a-old");
}

#[test]
fn a_refusal_is_a_failure_with_the_command_for_a_person() {
    let t = scripted(&["a"])
        .command(list(), prints(&json!([deployed("a")])))
        .command(describe("a-old"), prints(&there("a-old")))
        .command(shift("a"), fails(Failure::PermissionDenied, "ERROR: 403\n"));
    t.expect("RB-C1", Fail, "ERROR: 403; by hand: gcloud");
}

#[test]
fn traffic_that_does_not_move_is_waited_for_and_then_a_failure() {
    let t = scripted(&["a"])
        .command(list(), prints(&json!([deployed("a")])))
        .command(describe("a-old"), prints(&there("a-old")))
        .command(shift("a"), prints(&json!({})));
    t.expect("RB-C1", Fail, "100 % to a-new; by hand");
    t.expect("SUC-1.rollback", Fail, "not done after 300000 ms");
}

#[test]
fn nothing_known_is_nothing_judged() {
    let t = scripted(&["a"]).command(list(), fails(Failure::Unavailable, "ERROR: 503\n"));
    t.expect("RB-C1", Inconclusive, "unavailable: ERROR: 503");
    assert!(scripted(&[]).returned().is_err());
}

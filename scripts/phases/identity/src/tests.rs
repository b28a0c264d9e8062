//! The phase against scripts; the cases that are pure data lie in `fixtures/`.

use holdpoint::prelude::*;
use holdpoint::testing::{Test, prints};

use super::run;

fn told(change: impl Fn(&mut Value)) -> Value {
    let mut identity = json!({
        "principal": "deployer@netra-staging.iam.gserviceaccount.com",
        "kind": "service-account",
        // The script begins at 2026-01-01T00:00:00Z.
        "ends": 1_767_225_600_000.0 + 3_600_000.0,
        "project": "netra-staging",
        "region": "us-central1",
        "own-project": null,
    });
    change(&mut identity);
    identity
}

fn config() -> Value {
    json!({
        "project": "netra-staging",
        "lasts": "5m",
        "kinds": ["service-account"],
        "principals": ["*@netra-staging.iam.gserviceaccount.com"],
    })
}

fn described() -> Value {
    json!({ "projectId": "netra-staging", "lifecycleState": "ACTIVE" })
}

fn script<'a>(identity: &Value, project: &Value) -> Test<'a> {
    holdpoint::test(run)
        .command(Command::new("identity"), prints(identity))
        .command(Command::new("projects describe").argument("netra-staging"), prints(project))
}

fn outcome<'a>(identity: &Value) -> Test<'a> {
    script(identity, &described()).config(config())
}

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::fixtures(run, "fixtures");
}

#[test]
fn whoever_may_act_and_sees_the_project_passes() {
    let t = outcome(&told(|_| {}));
    assert_eq!(t.calls(), ["gcloud identity", "gcloud projects describe netra-staging"]);
    assert_eq!(t.rows().into_iter().collect::<Vec<_>>(), [("PRE-1.identity", Pass), ("PRE-1.project", Pass)]);
    assert_eq!(t.checks().len(), 6);
}

#[test]
fn each_thing_that_is_wrong_with_an_identity_fails_its_row_alone() {
    let ends = |after: f64| move |told: &mut Value| told["ends"] = json!(1_767_225_600_000.0 + after);
    for (identity, words) in [
        (told(|told| told["kind"] = json!("user")), "user"),
        (told(|told| told["principal"] = json!("deployer@other.iam.gserviceaccount.com")), "deployer@other"),
        (told(ends(60_000.0)), "for 1 min"),
        (told(ends(-3_600_000.0)), "it ended 60 min"),
    ] {
        let t = outcome(&identity);
        t.expect("PRE-1.identity", Fail, words);
        assert_eq!(t.rows()["PRE-1.project"], Pass, "{words}");
    }
}

#[test]
fn what_nobody_tells_of_an_identity_judges_nothing() {
    let unknown = |field: &'static str| move |told: &mut Value| told[field] = Value::Null;
    for (identity, words) in [
        (told(|told| told["kind"] = json!("token")), "token: nobody tells what it is"),
        (told(unknown("principal")), "nobody tells who it is"),
        (told(unknown("ends")), "nobody tells when a service-account ends"),
    ] {
        outcome(&identity).expect("PRE-1.identity", Inconclusive, words);
    }
    let bare = script(&told(unknown("ends")), &described()).config(json!({ "project": "netra-staging" }));
    bare.expect("PRE-1.identity", Pass, "deployer@netra-staging.iam.gserviceaccount.com (service-account)");
}

#[test]
fn each_thing_that_is_wrong_with_the_project_fails_its_row_alone() {
    let elsewhere = |field: &'static str| told(move |told| told[field] = json!("netra-production"));
    for (identity, project, words) in [
        (elsewhere("project"), described(), "netra-production"),
        (elsewhere("own-project"), described(), "netra-production"),
        (
            told(|_| {}),
            json!({ "projectId": "netra-staging", "lifecycleState": "DELETE_REQUESTED" }),
            "DELETE_REQUESTED",
        ),
        (told(|_| {}), json!({ "projectId": "netra-other", "lifecycleState": "ACTIVE" }), "netra-other"),
    ] {
        let t = script(&identity, &project).config(config());
        t.expect("PRE-1.project", Fail, words);
        assert_eq!(t.rows()["PRE-1.identity"], Pass, "{words}");
    }
    script(&told(|_| {}), &json!([])).config(config()).expect("PRE-1.project", Inconclusive, "can't be read");
}

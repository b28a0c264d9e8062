//! The phase against scripts: a deployment that goes well, and each thing that stops one.

use holdpoint::Failure;
use holdpoint::load::End;
use holdpoint::prelude::*;
use holdpoint::testing::{LoadEnds, Test, fails, loads, prints, refused_load};

use super::run;

const OLD: &str = "pkg.dev/n/a@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const NEW: &str = "pkg.dev/n/a@sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

/// The service `a` with its newest revision, and its targets as `revision percent tag`.
fn service(latest: &str, targets: &[(&str, u32, &str)]) -> Value {
    let targets: Vec<Value> = targets
        .iter()
        .map(|(revision, percent, tag)| {
            let mut target = json!({ "revisionName": revision, "percent": percent });
            if !tag.is_empty() {
                target["tag"] = json!(tag);
            }
            target
        })
        .collect();
    json!({
        "metadata": { "name": "a", "generation": 2 },
        "status": {
            "observedGeneration": 2,
            "latestCreatedRevisionName": latest,
            "traffic": targets,
            "conditions": [{ "type": "Ready", "status": "True" }],
        }
    })
}

fn before() -> Value {
    service("a-old", &[("a-old", 100, "")])
}

fn shared(new: u32) -> Value {
    service(
        "a-new",
        &[("a-old", 100 - new, ""), ("a-new", new, ""), ("a-old", 0, "before-100"), ("a-new", 0, "candidate")],
    )
}

fn revision(name: &str, image: &str, warm: &str) -> Value {
    json!({
        "metadata": { "name": name, "annotations": { "autoscaling.knative.dev/minScale": warm } },
        "spec": { "containers": [{ "image": image }] },
        "status": { "conditions": [{ "type": "Ready", "status": "True" }] },
    })
}

fn list() -> Command {
    Command::new("run services list")
}

fn traffic(flag: &str, value: &str) -> Command {
    Command::new("run services update-traffic").argument("a").flag(flag, value)
}

fn update() -> Command {
    Command::new("run services update")
        .argument("a")
        .flag("image", NEW)
        .flag("tag", "candidate")
        .switch("no-traffic")
        .flag("min-instances", "1")
}

fn describe(name: &str) -> Command {
    Command::new("run revisions describe").argument(name)
}

fn config() -> Value {
    json!({
        "project": "p", "region": "r", "steps": [10, 100], "probes": 3,
        "services": [{ "name": "a", "image": NEW, "service": "s", "candidate": "c", "min-instances": 1 }]
    })
}

const PROBED: &str = "GET s /health";

/// Up to where the new revision is made.
fn begun() -> Test<'static> {
    holdpoint::test(run)
        .config(config())
        .service("s")
        .service("c")
        .command(list(), prints(&json!([before()])))
        .command(traffic("update-tags", "before-100=a-old"), prints(&json!({})))
        .command(update(), prints(&json!({})))
}

/// Up to the first traffic.
fn ready() -> Test<'static> {
    probed(loads(80))
}

/// The same, and what probes of the service see.
fn probed(ends: LoadEnds) -> Test<'static> {
    begun()
        .load(PROBED, ends)
        .command(list(), prints(&json!([shared(0)])))
        .command(describe("a-new"), prints(&revision("a-new", NEW, "1")))
        .command(describe("a-old"), prints(&revision("a-old", OLD, "1")))
        .command(traffic("to-revisions", "a-new=10,a-old=90"), prints(&json!({})))
        .command(traffic("to-revisions", "a-new=100"), prints(&json!({})))
}

fn shifts(test: &Test<'_>) -> usize {
    test.calls().iter().filter(|call| call.contains("--to-revisions")).count()
}

#[test]
fn a_deployment_that_goes_well_passes_every_row() {
    let t = ready()
        .command(list(), prints(&json!([shared(10)])))
        .command(list(), prints(&json!([shared(100)])))
        .answer(get("/health"), ok(json!({})));
    t.expect("P2.1.checks", Pass, "started");
    t.expect("P2.1.local", Pass, "10 % to a-new, 90 % to a-old");
    t.expect("P2.1.local", Pass, "200, 3 of 3 times");
    t.expect("KI-1", Pass, "1");
    t.expect("RB-C2", Pass, OLD);
    t.expect("SUC-1.deploy", Pass, "ms");
    t.expect("SUC-1.gap", Pass, "0 ms at most; 0 of 80 probes failed");
    assert_eq!(shifts(&t), 2);
    let (begins, ends) = (place(&t, "load "), place(&t, "stop load"));
    assert!(begins < place(&t, "--to-revisions=a-new=10") && place(&t, "--to-revisions=a-new=100") < ends);
    assert!(
        t.log().iter().any(|line| line
            .ends_with("gcloud run services update-traffic a --project=p --region=r --to-revisions=a-old=100")),
        "{}",
        t.shown()
    );
    assert!(t.log().iter().any(|line| line.contains(&format!("update a --project=p --region=r --image={OLD}"))));
    assert_eq!(t.attachments(), ["rollback.sh"]);
}

/// Where a call stands that contains this.
fn place(test: &Test<'_>, part: &str) -> Option<usize> {
    let found = test.calls().iter().position(|call| call.contains(part));
    assert!(found.is_some(), "{part}: {}", test.shown());
    found
}

/// A deployment that goes well, but for what its probes see.
fn with_probes(ends: LoadEnds) -> Test<'static> {
    probed(ends)
        .command(list(), prints(&json!([shared(10)])))
        .command(list(), prints(&json!([shared(100)])))
        .answer(get("/health"), ok(json!({})))
}

#[test]
fn a_gap_while_traffic_moves_fails_its_row_and_no_other() {
    let t = with_probes(loads(80).failing(20).outage(Millis(3_000), Millis(2_000)));
    t.expect("SUC-1.gap", Fail, "a gap of 2000 ms; 20 of 80 probes failed: 20 status");
    t.expect("SUC-1.deploy", Pass, "ms");
    let short = with_probes(loads(80).failing(3).outage(Millis(3_000), Millis(300)));
    short.expect("SUC-1.gap", Pass, "300 ms at most; 3 of 80 probes failed");
}

#[test]
fn a_gap_that_nobody_could_have_seen_is_not_none() {
    with_probes(loads(0)).expect("SUC-1.gap", Inconclusive, "no exchange at all");
    let gone = loads(80).with(|summary| summary.interrupted = true);
    with_probes(gone).expect("SUC-1.gap", Inconclusive, "the host was gone in between");
    let ended = loads(80).with(|summary| summary.end = End::Guard("all failed".into()));
    with_probes(ended).expect("SUC-1.gap", Inconclusive, "not asked all the time");
    let denied = refused_load(Cause::Failed("no room".into()));
    with_probes(denied).expect("SUC-1.gap", Fail, "no room");
}

#[test]
fn what_is_not_at_rest_is_not_deployed_over() {
    let mut moving = before();
    moving["status"]["observedGeneration"] = json!(1);
    let split = service("a-new", &[("a-old", 90, ""), ("a-new", 10, "candidate")]);
    for (services, says) in [
        (json!([]), "no service at all: no such one; a first deployment"),
        (json!([moving]), "a change of it is under way"),
        (json!([split]), "a deployment was stopped in the midst"),
        (json!([service("a-old", &[("a-old", 60, "")])]), "no whole"),
    ] {
        let t = holdpoint::test(run).config(config()).command(list(), prints(&services));
        t.expect("P2.1.local", Fail, says);
        t.expect("KI-1", NotExercised, "stopped before");
        t.expect("SUC-1.deploy", NotExercised, "stopped before");
        assert_eq!(t.calls().len(), 1, "{}", t.shown());
    }
}

#[test]
fn a_new_revision_that_can_t_serve_gets_no_traffic() {
    let mut broken = shared(0);
    broken["status"]["conditions"] =
        json!([{ "type": "Ready", "status": "False", "reason": "HealthCheckContainerError" }]);
    let others = service("a-other", &[("a-old", 100, ""), ("a-new", 0, "candidate")]);
    for (services, says) in [
        (json!([broken]), "HealthCheckContainerError"),
        (json!([others]), "somebody else has deployed a-other after a-new"),
        (json!([shared(30)]), "traffic has moved meanwhile"),
        (json!([before()]), "a-old is still the newest"),
        (json!([]), "the service is gone"),
    ] {
        let t = begun().command(list(), prints(&services));
        t.expect("P2.1.local", Fail, says);
        assert_eq!(shifts(&t), 0, "{}", t.shown());
    }
}

#[test]
fn a_new_revision_that_is_not_what_was_asked_for_gets_no_traffic() {
    for (described, row, says) in [
        (revision("a-new", OLD, "1"), "P2.1.local", OLD),
        (revision("a-new", "pkg.dev/n/a:latest", "1"), "P2.1.local", "an image without a digest"),
        (revision("a-new", NEW, "0"), "KI-1", "0"),
    ] {
        let t = begun().command(list(), prints(&json!([shared(0)]))).command(describe("a-new"), prints(&described));
        t.expect(row, Fail, says);
        assert_eq!(shifts(&t), 0, "{}", t.shown());
    }
}

#[test]
fn a_new_revision_that_does_not_answer_gets_no_traffic() {
    let t = ready().answer(get("/health"), status(503));
    t.expect("P2.1.local", Fail, "503 of GET c /health; 1 of 1 are not 200");
    assert_eq!(shifts(&t), 0, "{}", t.shown());
}

#[test]
fn a_service_that_stops_answering_gets_no_more_traffic_to_its_new_revision() {
    let t = ready()
        .command(list(), prints(&json!([shared(10)])))
        .answer(get("/health"), ok(json!({})))
        .answer(get("/health"), ok(json!({})))
        .answer(get("/health"), status(500))
        .answer(get("/health"), ok(json!({})));
    t.expect("P2.1.local", Fail, "500 of GET s /health; 1 of 3 are not 200");
    t.expect("SUC-1.gap", NotExercised, "stopped before");
    assert_eq!(shifts(&t), 1, "{}", t.shown());
}

#[test]
fn traffic_that_does_not_move_stops_it() {
    let t = ready().answer(get("/health"), ok(json!({})));
    t.expect("P2.1.local", Fail, "100 % to a-old");
    assert_eq!(shifts(&t), 1);
}

#[test]
fn a_deployment_that_takes_too_long_fails_its_row_when_it_is_done() {
    let mut slow = shared(0);
    slow["status"]["observedGeneration"] = json!(1);
    let mut config = config();
    config["within"] = json!("500ms");
    let t = begun()
        .config(config)
        .command(list(), prints(&json!([slow])))
        .load(PROBED, loads(80))
        .command(list(), prints(&json!([shared(0)])))
        .command(describe("a-new"), prints(&revision("a-new", NEW, "1")))
        .command(describe("a-old"), prints(&revision("a-old", OLD, "1")))
        .command(traffic("to-revisions", "a-new=10,a-old=90"), prints(&json!({})))
        .command(list(), prints(&json!([shared(10)])))
        .command(traffic("to-revisions", "a-new=100"), prints(&json!({})))
        .command(list(), prints(&json!([shared(100)])))
        .answer(get("/health"), ok(json!({})));
    t.expect("P2.1.local", Pass, "100 % to a-new");
    t.expect("SUC-1.deploy", Fail, "in less than 500 ms");
}

#[test]
fn a_refusal_stops_it() {
    let t = holdpoint::test(run)
        .config(config())
        .command(list(), prints(&json!([before()])))
        .command(traffic("update-tags", "before-100=a-old"), fails(Failure::PermissionDenied, "ERROR: 403\n"));
    t.expect("P2.1.local", Fail, "permission denied: ERROR: 403");
    assert_eq!(t.calls().len(), 2);
}

#[test]
fn a_stale_image_in_the_command_of_a_person_is_found() {
    let mut config = config();
    config["services"][0]["previous"] = json!(NEW);
    let t = ready().config(config).answer(get("/health"), ok(json!({})));
    t.expect("RB-C2", Fail, "stale");
}

#[test]
fn what_can_t_be_deployed_as_it_is_written_is_refused_first() {
    for (field, value) in [
        ("/services", json!([])),
        ("/steps", json!([50, 10, 100])),
        ("/steps", json!([10, 50])),
        ("/steps", json!([0, 100])),
        ("/steps", json!([])),
        ("/probes", json!(0)),
        ("/probe-rate", json!(0)),
        ("/probe-rate", json!(101)),
        ("/services/0/image", json!("pkg.dev/n/a:latest")),
        ("/services/0/image", json!("pkg.dev/n/a@sha256:abc")),
        ("/services/0/paths", json!([])),
    ] {
        let mut config = config();
        if let Some(place) = config.pointer_mut(field) {
            *place = value.clone();
        } else if field.starts_with("/probe-") {
            config[&field[1..]] = value.clone();
        } else {
            config["services"][0]["paths"] = value.clone();
        }
        let t = holdpoint::test(run).config(config);
        assert!(t.returned().is_err() && t.calls().is_empty(), "{field} {value}: {}", t.shown());
    }
}

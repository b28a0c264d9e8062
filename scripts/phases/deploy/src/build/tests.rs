//! Images that are built: by tools and by Cloud Build, well and in each wrong way. Nothing that serves is touched where one is missing.

use holdpoint::prelude::*;
use holdpoint::testing::{Asked, Scripted, Test, ToolEnds, denied_tool, ends, exits, fails, prints, unstartable};
use holdpoint::{Exit, Failure};

use crate::run;

const REPOSITORY: &str = "127.0.0.1:5000/netra/a";
const TAGGED: &str = "127.0.0.1:5000/netra/a:v7";
const DIGEST: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const OTHER: &str = "sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc";

fn config(build: &Value) -> Value {
    json!({
        "project": "p", "region": "r", "build": build,
        "services": [{ "name": "a", "image": REPOSITORY, "context": "backend", "service": "s", "candidate": "c" }]
    })
}

fn by_tools() -> Value {
    config(&json!({ "by": "tools", "tag": "v7" }))
}

fn by_cloud() -> Value {
    config(&json!({ "by": "cloud-build", "tag": "v7", "source": "https://git.example/app", "revision": "main" }))
}

fn image_build() -> Tool {
    Tool::new("image-build").arguments(["--tag", TAGGED, "--file", "backend/Containerfile", "backend"])
}

fn image_push() -> Tool {
    Tool::new("image-push").argument(TAGGED)
}

fn manifest() -> Asked {
    Asked::new("HEAD", "/v2/netra/a/manifests/v7").on("registry")
}

fn has(digest: &str) -> Scripted {
    status(200).header("docker-content-digest", digest)
}

fn services() -> Test<'static> {
    holdpoint::test(run).service("s").service("c").service("registry")
}

/// Built, pushed with these words, and then this is told.
fn pushed(said: &str, told: Scripted) -> Test<'static> {
    services()
        .config(by_tools())
        .tool(image_build(), exits(0, "STEP 1/2\n"))
        .tool(image_push(), exits(0, said))
        .answer(manifest(), told)
}

/// Services were not even looked at.
fn untouched(t: &Test<'_>) -> bool {
    !t.calls().iter().any(|call| call.contains("run services"))
}

#[test]
fn what_the_registry_tells_is_what_is_deployed() {
    let service = json!({
        "metadata": { "name": "a", "generation": 1 },
        "status": {
            "observedGeneration": 1, "latestCreatedRevisionName": "a-old",
            "traffic": [{ "revisionName": "a-old", "percent": 100 }],
            "conditions": [{ "type": "Ready", "status": "True" }],
        }
    });
    let marks = Command::new("run services update-traffic").argument("a").flag("update-tags", "before-100=a-old");
    let update = Command::new("run services update")
        .argument("a")
        .flag("image", format!("{REPOSITORY}@{DIGEST}"))
        .flag("tag", "candidate")
        .switch("no-traffic");
    let refused = fails(Failure::PermissionDenied, "ERROR: far enough\n");
    let t = pushed(&format!("v7: digest: {DIGEST} size: 499\n"), has(DIGEST))
        .command(Command::new("run services list"), prints(&json!([service])))
        .command(marks, prints(&json!({})))
        .command(update, refused);
    // The row fails where the script ends; the command that it refuses is the one with the digest.
    t.expect("P2.1.local", Fail, "far enough");
    assert!(t.log().iter().any(|line| line.ends_with(&format!("{REPOSITORY}@{DIGEST}"))), "{}", t.shown());
    let calls = t.calls();
    let at = |part: &str| calls.iter().position(|call| call.contains(part));
    assert!(
        at("image-build") < at("image-push") && at("image-push") < at("HEAD") && at("HEAD") < at("run services list")
    );
}

#[test]
fn a_build_that_fails_shows_its_last_lines_and_nothing_is_pushed() {
    let words = "STEP 1/2: FROM scratch\nSTEP 2/2: COPY nothing /\nError: copier: no such file\n";
    let t = services().config(by_tools()).tool(image_build(), exits(125, "").stderr(words));
    t.expect("P2.1.local", Fail, "exit code 125: STEP 1/2: FROM scratch / STEP 2/2: COPY nothing / / Error: copier");
    t.expect("SUC-1.deploy", NotExercised, "stopped before");
    assert_eq!(t.calls().iter().filter(|call| call.contains("image-push")).count(), 0, "{}", t.shown());
    assert!(untouched(&t));
    assert_eq!(t.attachments(), ["the-image-of-a-is-built.log"]);
}

#[test]
fn tools_that_can_not_be_judged_judge_nothing() {
    let judged = |ends: ToolEnds| services().config(by_tools()).tool(image_build(), ends);
    judged(ends(Exit::Killed("too many processes".into()), "")).expect(
        "P2.1.local",
        Inconclusive,
        "too many processes",
    );
    judged(denied_tool()).expect("P2.1.local", Inconclusive, "denied");
    judged(ends(Exit::Deadline, "")).expect("P2.1.local", Fail, "deadline");
    judged(unstartable("image-build was not started: no such file")).expect("P2.1.local", Fail, "no such file");
}

#[test]
fn a_push_that_is_refused_fails_for_that_reason() {
    let t = services()
        .config(by_tools())
        .tool(image_build(), exits(0, ""))
        .tool(image_push(), exits(125, "").stderr("Error: trying to reuse blob: authentication required\n"));
    t.expect("P2.1.local", Fail, "authentication required");
    assert!(untouched(&t) && !t.calls().iter().any(|call| call.contains("HEAD")), "{}", t.shown());
}

#[test]
fn a_registry_that_has_something_else_or_nothing_stops_it() {
    for (said, told, verdict, says) in [
        (DIGEST, has(OTHER), Fail, OTHER),
        (DIGEST, status(404), Fail, "no such image"),
        (DIGEST, status(401), Inconclusive, "401"),
        (DIGEST, status(200), Inconclusive, "tells no digest"),
        (DIGEST, has("sha256:abc"), Inconclusive, "tells no digest"),
        ("pushed, and that is all", has(DIGEST), Inconclusive, "wrote no digest"),
        (DIGEST, denied(), Inconclusive, "denied"),
    ] {
        let t = pushed(said, told);
        t.expect("P2.1.local", verdict, says);
        assert!(untouched(&t), "{}", t.shown());
    }
}

fn submit() -> Command {
    Command::new("builds submit").argument("https://git.example/app").flag("git-source-revision", "main")
}

fn describe() -> Command {
    Command::new("builds describe").argument("build-1")
}

fn told(status: &str) -> Value {
    json!({
        "id": "build-1", "status": status, "logUrl": "https://log.example/1",
        "failureInfo": { "type": "USER_BUILD_STEP", "detail": "step 0 failed" },
    })
}

fn begun(build: Value) -> Test<'static> {
    services().config(build).command(submit(), prints(&told("QUEUED")))
}

#[test]
fn cloud_build_is_looked_at_until_it_has_ended_and_its_digest_is_deployed() {
    let mut done = told("SUCCESS");
    done["results"] = json!({ "images": [{ "name": TAGGED, "digest": DIGEST }] });
    let t = begun(by_cloud())
        .command(describe(), prints(&told("QUEUED")))
        .command(describe(), prints(&told("WORKING")))
        .command(describe(), prints(&done))
        .command(Command::new("run services list"), prints(&json!([])));
    t.expect("P2.1.cloud", Pass, DIGEST);
    assert!(t.log().iter().any(|line| line.ends_with(&format!("{REPOSITORY}@{DIGEST}"))), "{}", t.shown());
    assert!(!untouched(&t));
}

#[test]
fn a_build_that_does_not_succeed_fails_both_rows_by_its_status() {
    for status in ["FAILURE", "TIMEOUT", "CANCELLED", "INTERNAL_ERROR", "EXPIRED"] {
        let t = begun(by_cloud()).command(describe(), prints(&told(status)));
        for row in ["P2.1.cloud", "P2.1.local"] {
            t.expect(row, Fail, &format!("{status}: step 0 failed; https://log.example/1"));
        }
        assert!(untouched(&t), "{}", t.shown());
    }
    let t = begun(by_cloud()).command(describe(), prints(&told("SUCCESS")));
    t.expect("P2.1.cloud", Inconclusive, "no digest");
    let t = begun(by_cloud()).command(describe(), prints(&told("SOMETHING_NEW")));
    t.expect("P2.1.cloud", Inconclusive, "SOMETHING_NEW");
}

#[test]
fn a_build_that_goes_on_and_on_fails_when_its_time_is_over() {
    let mut build = by_cloud();
    build["build"]["within"] = json!("12s");
    let t = begun(build).command(describe(), prints(&told("WORKING")));
    t.expect("P2.1.cloud", Fail, "WORKING after 12000 ms");
    assert!(t.calls().iter().filter(|call| call.contains("builds describe")).count() > 1, "{}", t.shown());
}

#[test]
fn a_build_that_is_refused_fails_for_that_reason() {
    let refused = fails(Failure::PermissionDenied, "ERROR: cloudbuild.builds.create denied\n");
    let t = services().config(by_cloud()).command(submit(), refused);
    t.expect("P2.1.cloud", Fail, "permission denied: ERROR: cloudbuild.builds.create denied");
    assert!(untouched(&t));
}

#[test]
fn where_nobody_asks_cloud_build_its_row_says_so() {
    let t = services().config(by_tools()).requirements(["P2.1.local", "P2.1.cloud"]).tool(image_build(), exits(1, ""));
    t.expect("P2.1.cloud", NotExercised, "tools build the images");
    let mut named = by_tools();
    named["build"] = json!({ "by": "nobody" });
    named["services"][0]["image"] = json!(format!("{REPOSITORY}@{DIGEST}"));
    let t = services()
        .config(named)
        .requirements(["P2.1.local", "P2.1.cloud"])
        .command(Command::new("run services list"), prints(&json!([])));
    t.expect("P2.1.cloud", NotExercised, "named by their digests");
}

#[test]
fn what_can_t_be_built_as_it_is_written_is_refused_first() {
    for (place, value) in [
        ("/services/0/image", json!("netra")),
        ("/services/0/image", json!(TAGGED)),
        ("/services/0/image", json!(format!("{REPOSITORY}@{DIGEST}"))),
        ("/services/0/image", json!("--help/x")),
        ("/services/0/image", json!("host/A")),
        ("/services/0/image", json!("host//a")),
        ("/services/0/image", json!(format!("host/{}", "a".repeat(256)))),
        ("/services/0/context", json!("../secrets")),
        ("/services/0/context", json!("/etc")),
        ("/services/0/context", json!("--volume=/:/host")),
        ("/services/0/context", json!("")),
        ("/build/tag", json!("")),
        ("/build/tag", json!("-v")),
        ("/build/tag", json!("a b")),
        ("/build/tag", json!("a".repeat(129))),
    ] {
        let mut config = by_tools();
        *config.pointer_mut(place).unwrap_or_else(|| panic!("{place}")) = value.clone();
        let t = holdpoint::test(run).config(config);
        assert!(t.returned().is_err() && t.calls().is_empty(), "{place} {value}: {}", t.shown());
    }
    let mut config = by_cloud();
    config["build"]["source"] = json!("/home/somebody/source");
    assert!(holdpoint::test(run).config(config).returned().is_err());
}

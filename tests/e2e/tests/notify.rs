//! People are told of a run by webhooks and tools: within what the operator allows, at least once, and without any say in the decision.

use std::{
    os::unix::fs::PermissionsExt as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use holdpoint_e2e::{
    Outcome, Scene,
    process::until,
    rows::{Judge, scene},
    server::{Reply, Server, answer},
    staging::Staging,
};
use serde_json::Value;

const PATH: &str = "/services/T0/B0/very-secret-path";

/// A held run that tells a webhook; the URL lies in a file.
fn telling(staging: &Staging, server: &Server, on: &str, judges: &[Judge]) -> Scene {
    let scene = scene(&staging.backend(), "", judges);
    let place = server.url().trim_start_matches("http://").to_owned();
    let notify = format!("\n[[notify]]\non = [{on}]\nwebhook = {{ secret = \"HOOK\", hosts = [\"{place}\"] }}\n");
    scene.edit("bundle/bundle.toml", |bundle| {
        let services = "[environments.test.services";
        bundle.replace(services, &format!("[environments.test]\nsecrets = [\"HOOK\"]\n{services}")) + &notify
    });
    scene.write("hook", &format!("{}{PATH}\n", server.url()));
    scene.edit("holdpoint.toml", |operator| {
        let operator = operator.replace("[connect-to]\n", &format!("[connect-to]\n\"{place}\" = \"{place}\"\n"));
        format!("{operator}\n[secrets.HOOK]\nfrom = {{ file = \"hook\" }}\n")
    });
    scene
}

fn allowed(scene: &Scene) {
    let shown = scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    let both = format!("{}{}", shown.stdout, shown.stderr);
    assert!(both.contains("send POST to hosts 127.0.0.1:") && both.contains("use the secret HOOK"), "{shown:?}");
}

fn held(scene: &Scene) -> Outcome {
    scene.run(&["run", "BUNDLE"]).exits(1)
}

fn told(scene: &Scene) -> Value {
    scene.run(&["report", "--format", "json"]).exits(0).json()["notifications"].clone()
}

fn body(request: &str) -> Value {
    let body = request.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    serde_json::from_str(body).unwrap_or_else(|e| panic!("no JSON ({e}): {request}"))
}

/// The URL stands in no file of the run and on no page about it.
fn assert_secret(scene: &Scene) {
    let folder = scene.journal().parent().expect("it has a folder").to_owned();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let bytes = std::fs::read(entry.path()).unwrap_or_default();
        let found = bytes.windows(PATH.len()).any(|window| window == PATH.as_bytes());
        assert!(!found, "{} has the URL", entry.path().display());
    }
    let shown = scene.run(&["show"]).exits(0);
    assert!(!format!("{shown:?}").contains("very-secret"), "{shown:?}");
}

#[test]
fn a_hold_is_told_once_and_a_release_is_not() {
    let staging = Staging::start();
    let server = Server::start(|_| answer("200 OK", "ok"));
    let scene = telling(&staging, &server, "\"hold\"", &[Judge::good("fine"), Judge::bad("ki-1")]);
    allowed(&scene);
    held(&scene);
    let seen = server.seen();
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen[0].starts_with(&format!("POST {PATH} HTTP/1.1")), "{}", seen[0]);
    let told_body = body(&seen[0]);
    let key = told_body["key"].as_str().expect("a key");
    assert!(seen[0].to_lowercase().contains(&format!("idempotency-key: {}", key.to_lowercase())), "{}", seen[0]);
    assert_eq!((&told_body["kind"], &told_body["decision"]), (&"hold".into(), &"hold".into()));
    assert!(told_body["text"].as_str().is_some_and(|text| text.starts_with("scene 1.0.0 (test): hold")));
    assert_eq!(told(&scene)[0]["delivered"], true);
    assert_secret(&scene);
    scene.run(&["replay"]).exits(0);
    assert_eq!(server.seen().len(), 1, "a replay tells nobody");
    let server = Server::start(|_| answer("200 OK", "ok"));
    let scene = telling(&staging, &server, "\"hold\"", &[Judge::good("fine")]);
    allowed(&scene);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert!(server.seen().is_empty());
    scene.run(&["run", "BUNDLE", "--dry-run"]);
    assert!(server.seen().is_empty());
}

#[test]
fn a_failure_that_passes_is_tried_again_with_the_same_key() {
    let staging = Staging::start();
    let asked = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => answer("500 Oops", "no"),
        _ => answer("200 OK", "ok"),
    });
    let scene = telling(&staging, &server, "\"hold\"", &[Judge::bad("ki-1")]);
    allowed(&scene);
    held(&scene);
    let keys: Vec<Value> = server.seen().iter().map(|request| body(request)["key"].clone()).collect();
    assert_eq!(keys.len(), 3);
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert_eq!((&told(&scene)[0]["delivered"], &told(&scene)[0]["tries"]), (&true.into(), &3.into()));
}

#[test]
fn a_failure_that_stays_is_tried_five_times_told_in_the_report_and_decides_nothing() {
    let staging = Staging::start();
    let server = Server::start(|_| answer("500 Oops", "no"));
    let scene = telling(&staging, &server, "\"release\"", &[Judge::good("fine")]);
    allowed(&scene);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(server.seen().len(), 5);
    let report = scene.run(&["report"]).exits(0).stdout;
    assert!(report.contains("not delivered: release to webhook HOOK (it was answered with 500)"), "{report}");
    assert!(report.ends_with("release\n"), "{report}");
    assert_secret(&scene);
    let refused = Server::start(|_| answer("404 Not Found", "no"));
    let scene = telling(&staging, &refused, "\"release\"", &[Judge::good("fine")]);
    allowed(&scene);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(refused.seen().len(), 1, "what is refused is not asked again");
}

#[test]
fn a_receiver_that_says_nothing_does_not_hold_the_run_for_ever() {
    let staging = Staging::start();
    let server = Server::start(|_| Reply::Silence);
    let scene = telling(&staging, &server, "\"release\"", &[Judge::good("fine")]);
    allowed(&scene);
    scene.run(&["run", "BUNDLE"]).exits(0);
    let tries = server.seen().len();
    assert!((2..=5).contains(&tries), "{tries}");
    assert_eq!(told(&scene)[0]["reason"], "in doubt: no answer within 10000 ms");
}

#[test]
fn a_host_that_nobody_allowed_is_told_nothing() {
    let staging = Staging::start();
    let server = Server::start(|_| answer("200 OK", "ok"));
    let scene = telling(&staging, &server, "\"release\"", &[Judge::good("fine")]);
    // What was allowed before knows nothing of it.
    let refused = scene.run(&["run", "BUNDLE"]).exits(2);
    assert!(refused.stderr.contains("whoever sends what `notify` asks for more than was allowed"), "{refused:?}");
    allowed(&scene);
    // The secret leads elsewhere than the bundle states.
    let other = Server::start(|_| answer("200 OK", "ok"));
    scene.write("hook", &format!("{}{PATH}\n", other.url()));
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert!(server.seen().is_empty() && other.seen().is_empty());
    let reason = told(&scene)[0]["reason"].clone();
    assert!(reason.as_str().is_some_and(|reason| reason.contains("is none of those")), "{reason}");
    assert_secret(&scene);
    // And where there is none.
    std::fs::remove_file(scene.path().join("hook")).expect("it was there");
    scene.edit("holdpoint.toml", |operator| operator.replace("{ file = \"hook\" }", "{ env = \"NO_SUCH_HOOK\" }"));
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(told(&scene)[0]["reason"], "secret HOOK has no value on this machine");
}

#[test]
fn what_was_not_known_to_be_sent_when_the_host_was_killed_is_sent_afterwards() {
    let staging = Staging::start();
    let asked = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Silence,
        _ => answer("200 OK", "ok"),
    });
    let scene = telling(&staging, &server, "\"hold\"", &[Judge::bad("ki-1")]);
    allowed(&scene);
    let run = scene.start(&["run", "BUNDLE"]);
    until("it was sent once", || server.seen().len() == 1);
    drop(run);
    assert_eq!(told(&scene)[0]["delivered"], Value::Null, "nobody knows");
    let resumed = scene.run(&["resume", "last"]).exits(2);
    assert!(resumed.stderr.contains("but what was still to be told: 1 of its notifications"), "{resumed:?}");
    let keys: Vec<Value> = server.seen().iter().map(|request| body(request)["key"].clone()).collect();
    assert_eq!(keys.len(), 2);
    assert_eq!(keys[0], keys[1]);
    assert_eq!(told(&scene)[0]["delivered"], true);
    let again = scene.run(&["resume", "last"]).exits(2);
    assert!(!again.stderr.contains("still to be told"), "{again:?}");
    assert_eq!(server.seen().len(), 2, "what is known to be sent is not sent again");
}

#[test]
fn a_waiver_is_told_by_whoever_waives_and_a_tool_gets_it_on_its_input() {
    let staging = Staging::start();
    let scene = scene(
        &staging.backend(),
        "[waivers]\nrows = [\"KI-*\"]\nby = [\"alice\"]\nmax = \"7d\"\n",
        &[Judge::good("fine"), Judge::bad("ki-1")],
    );
    scene.edit("bundle/bundle.toml", |bundle| format!("{bundle}\n[[notify]]\non = [\"waive\"]\ncommand = \"pager\"\n"));
    let missing = scene.run(&["allow", "BUNDLE", "--yes"]).exits(2);
    assert!(missing.stderr.contains("the tool `pager`, which this machine does not have"), "{missing:?}");
    let (pager, out) = (scene.path().join("pager"), scene.path().join("told"));
    std::fs::create_dir(&out).expect("a folder");
    std::fs::write(&pager, format!("#!/bin/sh\ncat >> {}/all\n", out.display())).expect("a tool");
    std::fs::set_permissions(&pager, std::fs::Permissions::from_mode(0o755)).expect("it can be started");
    let pin = format!(
        "\n[tools.pager]\nprogram = \"/bin/sh\"\narguments = [\"{}\"]\nread = [\"{}\"]\nwrite = [\"{}\"]\n",
        pager.display(),
        scene.path().display(),
        out.display()
    );
    scene.edit("holdpoint.toml", |operator| format!("{operator}{pin}"));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    held(&scene);
    assert!(!out.join("all").exists());
    let waive = ["waive", "last", "KI-1", "--by", "alice", "--reason", "known", "--until", "1d"];
    scene.run(&waive).exits(0);
    let given = std::fs::read_to_string(out.join("all")).unwrap_or_else(|e| panic!("{e}: {:#}", told(&scene)));
    let given: Value = serde_json::from_str(&given).expect("one object");
    assert_eq!((&given["kind"], &given["row"]), (&"waive".into(), &"KI-1".into()));
    assert_eq!(told(&scene)[0]["delivered"], true);
    let runs = scene.run(&["runs", "--output", "json"]).exits(0).stdout;
    assert!(runs.contains(r#""state":"release""#), "{runs}");
}

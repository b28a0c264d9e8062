//! Faults on purpose, through the command line: what the phase `disturbed-isolation` says of a system where what some do wrong is nobody else's
//! business, and of one where it is not; and that nobody disturbs what the operator has not named.

use std::time::Duration;

use holdpoint_e2e::Scene;
use holdpoint_e2e::acting::{self, KEY, expect, ran, rows};
use holdpoint_e2e::process::until;
use holdpoint_e2e::staging::{Change, Service, Staging};
use serde_json::Value;

const ROWS: [&str; 2] = ["BIZ-1", "SUC-3.failures"];
/// What is tried.
const MODULE: &str = "disturbed-isolation.wasm";

/// A bundle with the phase, of which more is said, with more in its grant of load. The operator has named the environment.
fn scene_of(backend: &str, more: &str, grant: &str) -> Scene {
    let user = format!(
        r#"id = "browse-user"
module = "browse-user"
identities = {{ mint = "{KEY}" }}
config = {{ think = "20ms" }}
[user.grants]
http = [{{ services = ["backend"], methods = ["GET", "PUT"], paths = ["/api/me", "/api/state/note"] }}]"#
    );
    let module = MODULE.trim_end_matches(".wasm");
    let phase = format!(
        r#"id = "disturbed"
module = "{module}"
requirements = {ROWS:?}
[phase.config]
user = "browse-user"
users = 12
users-one-in = 3
requests-one-in = 3
pace = "400ms"
ramp = "400ms"
slowdown = 100
{more}
[phase.grants]
load = {{ max-users = 12, max-rate = 60, max-duration = "1m", max-requests = 20000, users = ["browse-user"]{grant} }}"#
    );
    acting::scene_by(backend, (&user, &phase), &ROWS, "disruptive = [\"test\"]\n")
}

fn scene(backend: &str) -> Scene {
    scene_of(backend, "during = \"3s\"", ", disturb = true")
}

/// What was done on purpose, in words.
fn harms(rows: &Value) -> String {
    let told = rows["BIZ-1"]["observed"].as_str().unwrap_or_default();
    told.split_once(" (")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(harms, _)| harms.to_owned())
        .unwrap_or_default()
}

#[test]
fn a_system_that_bears_what_some_do_wrong_passes_and_a_replay_harms_nobody() {
    let staging = Staging::start();
    // Long enough for all kinds, two of which wait.
    let scene = scene_of(&staging.backend(), "during = \"8s\"\nseed = 7", ", disturb = true");
    let seen = ran(&scene, 0);
    expect(&seen, "BIZ-1", "pass", " requests went wrong on purpose (");
    expect(&seen, "SUC-3.failures", "pass", "0 of ");
    let told = harms(&seen);
    for harm in ["abort", "slow", "malformed", "reset", "oversized", "delay", "reset-answer", "truncate", "blackhole"] {
        assert!(told.split(", ").any(|part| part.starts_with(&format!("{harm} "))), "{harm}: {told}");
    }
    assert!(told.ends_with("; seed 7"), "{told}");
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(rows(&scene), seen);
}

#[test]
fn a_server_that_breaks_everybodys_answers_when_somebody_breaks_off_is_found() {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::SharedBreak(Duration::from_millis(300)));
    // What such a server notices has its turn at once, whoever is drawn.
    let noticed = "during = \"3s\"\nharms = [\"malformed\", \"abort\"]";
    let seen = ran(&scene_of(&staging.backend(), noticed, ", disturb = true"), 1);
    expect(&seen, "BIZ-1", "fail", "; without that 0 of ");
    expect(&seen, "SUC-3.failures", "fail", " status");
}

#[test]
fn a_system_that_fails_anyway_is_not_blamed_on_those_who_are_harmed() {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::Errors(20));
    let seen = ran(&scene(&staging.backend()), 3);
    expect(&seen, "BIZ-1", "pass", " went wrong on purpose");
    expect(&seen, "SUC-3.failures", "inconclusive", "failed in the control group too");
}

#[test]
fn nobody_disturbs_what_the_operator_has_not_named_nor_what_is_not_granted() {
    let staging = Staging::start();
    // A phase that does what its grant does not let it is denied, and says nothing of the system.
    let seen = ran(&scene_of(&staging.backend(), "during = \"3s\"", ""), 3);
    expect(&seen, "BIZ-1", "inconclusive", "the grant of load does not let it disturb");
    let before = staging.served_users().len();
    let scene = scene(&staging.backend());
    let operator = std::fs::read_to_string(scene.path().join("holdpoint.toml")).unwrap_or_default();
    scene.write("holdpoint.toml", &operator.replace("disruptive = [\"test\"]\n", ""));
    let said = scene.run(&["run", "BUNDLE"]).exits(2).stderr;
    assert!(said.contains("phase `disturbed` disturbs environment `test` on purpose"), "{said}");
    assert!(said.contains("add \"test\" to disruptive in "), "{said}");
    assert_eq!(staging.served_users().len(), before, "nothing was sent");
}

#[test]
fn a_host_that_is_killed_in_between_goes_on_with_the_same_plan() {
    let staging = Staging::start();
    let scene = scene_of(&staging.backend(), "during = \"5s\"", ", disturb = true");
    let run = scene.start(&["run", "BUNDLE"]);
    // The second load has begun when another dozen has acted.
    until("some of the second load have acted", || staging.served_users().len() > 20);
    drop(run);
    scene.run(&["resume", "last"]).exits(0);
    let seen = rows(&scene);
    expect(&seen, "BIZ-1", "pass", "requests went wrong on purpose");
    expect(&seen, "SUC-3.failures", "pass", "the host was gone in between");
}

//! Agents of virtual users, through the command line: what the phase `agent-isolation` says of a system where the failure of one is nobody
//! else's, and of those where it is not.

use std::time::Duration;

use holdpoint_e2e::Scene;
use holdpoint_e2e::acting::{self, KEY, expect, ran};
use holdpoint_e2e::process::until;
use holdpoint_e2e::staging::{Change, Service, Staging};

const ROWS: [&str; 4] = ["BIZ-1", "SUC-3.failures", "SUC-3.cleanup", "P4.1.cleanup"];
/// What is tried.
const MODULES: [&str; 2] = ["agent-isolation.wasm", "agent-user.wasm"];

fn scene(backend: &str) -> Scene {
    scene_of(backend, MODULES[1])
}

/// The same with other users.
fn scene_of(backend: &str, users: &str) -> Scene {
    let [phase, user] = [MODULES[0], users].map(|module| module.trim_end_matches(".wasm"));
    let user = format!(
        r#"id = "operator"
module = "{user}"
identities = {{ mint = "{KEY}" }}
config = {{ think = "50ms" }}
[user.grants]
http = [{{ services = ["backend"], methods = ["POST", "DELETE"], paths = ["/api/agents"] }}]"#
    );
    let phase = format!(
        r#"id = "agents"
module = "{phase}"
requirements = {ROWS:?}
[phase.config]
user = "operator"
users = 12
failing-one-in = 4
pace = "500ms"
ramp = "500ms"
during = "2s"
slowdown = 100
inventory = {{ service = "backend", path = "/metrics", gauge = "agents_live", settles = "2s" }}
[phase.grants]
http = [{{ services = ["backend"], methods = ["GET"], paths = ["/metrics"] }}]
load = {{ max-users = 12, max-rate = 50, max-duration = "1m", max-requests = 20000, users = ["operator"] }}"#
    );
    acting::scene(backend, &user, &phase, &ROWS)
}

#[test]
fn agents_that_fail_for_their_users_alone_pass_every_row_and_a_replay_starts_none() {
    let staging = Staging::start();
    let scene = scene(&staging.backend());
    let seen = ran(&scene, 0);
    expect(&seen, "BIZ-1", "pass", " agents failed, and of the others' requests 0 of ");
    expect(&seen, "SUC-3.failures", "pass", "with 95 % confidence");
    expect(&seen, "SUC-3.cleanup", "pass", "0 live after ");
    expect(&seen, "P4.1.cleanup", "pass", "0 live after ");
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_crash_that_all_share_is_found() {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::SharedCrash(Duration::from_millis(300)));
    let seen = ran(&scene(&staging.backend()), 1);
    expect(&seen, "BIZ-1", "fail", "; without that 0 of ");
    expect(&seen, "SUC-3.failures", "fail", " status");
    // One whose end failed is nobody's fault but that of the crash.
    assert_ne!(seen["SUC-3.cleanup"]["verdict"], "fail", "{seen:#}");
}

#[test]
fn agents_that_stay_are_found() {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::Orphans);
    let seen = ran(&scene(&staging.backend()), 1);
    expect(&seen, "SUC-3.cleanup", "fail", " live after ");
    expect(&seen, "P4.1.cleanup", "fail", " live after ");
    expect(&seen, "BIZ-1", "pass", "");
}

#[test]
fn a_system_that_fails_anyway_is_not_blamed_on_the_agents() {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::Errors(20));
    let seen = ran(&scene(&staging.backend()), 3);
    expect(&seen, "BIZ-1", "pass", " agents failed");
    expect(&seen, "SUC-3.failures", "inconclusive", "failed in the control group too");
}

#[test]
fn users_that_know_no_agents_show_nothing_and_the_reason_is_told() {
    let staging = Staging::start();
    let seen = ran(&scene_of(&staging.backend(), "browse-user.wasm"), 3);
    for row in ["BIZ-1", "SUC-3.failures"] {
        expect(&seen, row, "inconclusive", "unknown field `fail-one-in`");
    }
    for row in ["SUC-3.cleanup", "P4.1.cleanup"] {
        expect(&seen, row, "inconclusive", "nobody started an agent and ended it");
    }
}

#[test]
fn a_host_that_is_killed_between_the_groups_goes_on_with_the_second() {
    let staging = Staging::start();
    let scene = scene(&staging.backend());
    let run = scene.start(&["run", "BUNDLE"]);
    until("some have arrived", || staging.served_users().values().sum::<u64>() > 60);
    drop(run);
    scene.run(&["resume", "last"]);
    let seen = acting::rows(&scene);
    expect(&seen, "BIZ-1", "pass", "");
}

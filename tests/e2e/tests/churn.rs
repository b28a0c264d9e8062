//! Agents that come and go, round by round, through the command line: what the phase `agent-churn` says of a system that forgets them, and of those that keep
//! something of each.

use holdpoint_e2e::Scene;
use holdpoint_e2e::acting::{self, KEY, expect, ran};
use holdpoint_e2e::staging::{Change, Service, Staging};

const ROWS: [&str; 1] = ["KI-4"];
/// What is tried.
const MODULE: &str = "agent-churn.wasm";

fn scene(backend: &str, gauges: &str) -> Scene {
    let user = format!(
        r#"id = "operator"
module = "agent-user"
identities = {{ mint = "{KEY}" }}
[user.grants]
http = [{{ services = ["backend"], methods = ["POST", "DELETE"], paths = ["/api/agents"] }}]"#
    );
    let phase = format!(
        r#"id = "churn"
module = "{}"
requirements = {ROWS:?}
[phase.config]
user = "operator"
users = 6
rounds = 5
pace = "300ms"
during = "900ms"
settles = "1s"
service = "backend"
{gauges}
[phase.grants]
metrics = [{{ services = ["backend"], scrape = ["/metrics"] }}]
load = {{ max-users = 6, max-rate = 50, max-duration = "1m", max-requests = 20000, users = ["operator"] }}"#,
        MODULE.trim_end_matches(".wasm")
    );
    acting::scene(backend, &user, &phase, &ROWS)
}

const BOTH: &str = "live = \"agents_live\"\nmemory = \"process_resident_memory_bytes\"";

/// The check that has this verdict.
fn told(scene: &Scene, verdict: &str) -> String {
    let checks = scene.checks();
    let found = checks.iter().find(|check| check.starts_with(verdict));
    found.unwrap_or_else(|| panic!("no check is {verdict}: {checks:#?}")).clone()
}

#[test]
fn agents_that_leave_nothing_behind_pass_and_a_replay_starts_none() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), BOTH);
    expect(&ran(&scene, 0), "KI-4", "pass", "");
    let seen = told(&scene, "pass");
    assert!(seen.ends_with("instance=staging-1 stays, or comes down again: 0, 0, 0, 0, 0"), "{seen}");
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn memory_that_stays_of_each_agent_is_found_though_none_of_them_lives() {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::AgentLeak(1 << 20));
    let scene = scene(&staging.backend(), BOTH);
    expect(&ran(&scene, 1), "KI-4", "fail", "instance=staging-1 grows by ");
    assert!(told(&scene, "fail").contains(" MiB with each round: "), "{:#?}", scene.checks());
    assert!(told(&scene, "pass").ends_with("0, 0, 0, 0, 0"), "{:#?}", scene.checks());
}

#[test]
fn agents_that_stay_are_found_though_no_memory_does() {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::Orphans);
    let scene = scene(&staging.backend(), BOTH);
    expect(&ran(&scene, 1), "KI-4", "fail", "instance=staging-1 grows by ");
    assert!(told(&scene, "pass").contains("200.0 MiB, 200.0 MiB"), "{:#?}", scene.checks());
}

#[test]
fn a_page_without_the_gauge_says_nothing_and_nobody_comes() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), "live = \"agents\"");
    expect(&ran(&scene, 3), "KI-4", "inconclusive", "the page backend /metrics: it has no agents");
    assert!(staging.served_users().is_empty());
}

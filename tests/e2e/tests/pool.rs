//! The pool of connections under steps of load, through the command line: what the phase `pool` says of one that bears its users, and of those that do not.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use holdpoint_e2e::Scene;
use holdpoint_e2e::acting::{self, KEY, expect, ran};
use holdpoint_e2e::staging::{Change, Service, Staging};
use holdpoint_staging_double::{Options, PoolFault, SmallPool};
use serde_json::Value;

const ROWS: [&str; 2] = ["KI-2", "P4.1.pool"];
/// What is tried.
const MODULE: &str = "pool.wasm";

/// A double whose requests work with their connections for a while, its files, and a bundle with the phase and its users.
struct Tried {
    staging: Staging,
    scene: Scene,
    _files: tempfile::TempDir,
}

fn tried(config: &str) -> Tried {
    let files = tempfile::tempdir().unwrap();
    let work = Duration::from_millis(20);
    let staging = Staging::with(Options { files: Some(files.path().to_owned()), work, ..Options::default() });
    let user = format!(
        r#"id = "browser"
module = "browse-user"
identities = {{ mint = "{KEY}" }}
[user.grants]
http = [{{ services = ["backend"], methods = ["GET", "PUT"], paths = ["/api/me", "/api/state/note"] }}]"#
    );
    let directory = files.path().join("config");
    let phase = format!(
        r#"id = "pool"
module = "{}"
requirements = {ROWS:?}
[phase.config]
user = "browser"
users = 16
step = 8
up-to = 24
pace = "400ms"
during = "2s"
settles = "1s"
service = "backend"
waiting-for = "300ms"
{config}
[phase.grants]
metrics = [{{ services = ["backend"], scrape = ["/metrics"] }}]
files = [{{ directory = "config", path = "{}" }}]
load = {{ max-users = 24, max-rate = 100, max-duration = "1m", max-requests = 20000, users = ["browser"] }}"#,
        MODULE.trim_end_matches(".wasm"),
        directory.display()
    );
    let scene = acting::scene(&staging.backend(), &user, &phase, &ROWS);
    Tried { staging, scene, _files: files }
}

/// What the pool is configured with, in the double's files.
const SOURCE: &str = r#"[phase.config.source]
file = "config/staging.yaml"
size = "databases.postgres.pool.max"
timeout = "databases.postgres.pool.timeout""#;

fn observed(rows: &Value, row: &str) -> String {
    rows[row]["observed"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_pool_that_bears_its_users_passes_both_rows_and_a_replay_puts_no_load_on_it() {
    let Tried { staging, scene, _files } = tried(SOURCE);
    let seen = ran(&scene, 0);
    expect(&seen, "KI-2", "pass", "");
    expect(&seen, "P4.1.pool", "pass", "4 in use before and after each of 5 steps; under 8 users ");
    let checks = scene.checks();
    let of = |text: &str| checks.iter().any(|check| check.contains(text));
    assert!(of("pass: as it is configured"), "{checks:#?}");
    assert!(
        of("pass: 16 users: ") && of(" of 200 in use at most and ") && of("; no knee up to 24 users"),
        "{checks:#?}"
    );
    let report = scene.run(&["report", "--format", "json"]).json();
    let measures = report["measures"].as_array().cloned().unwrap_or_default();
    let in_use = measures.iter().find(|one| one["name"] == "pool in use under 24 users").unwrap();
    let in_use = in_use["value"].as_f64().unwrap();
    assert!(in_use > 4.0 && in_use < 40.0, "requests have connections while they take: {in_use}");
    let served = staging.served_users();
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(staging.served_users(), served);
}

#[test]
fn a_pool_that_is_used_up_by_fewer_users_fails_at_its_knee_and_comes_back() {
    let Tried { staging, scene, _files } = tried("");
    let small = SmallPool { size: 6, work: Duration::from_millis(40), patience: Duration::from_millis(5_000) };
    staging.change(Service::Backend, Change::Pool(PoolFault::Small(small)));
    let seen = ran(&scene, 1);
    expect(&seen, "KI-2", "fail", "the knee is at 8 users, first too much in use; 8 users: 6 of 6 in use at most");
    assert_ne!(seen["P4.1.pool"]["verdict"], "fail", "{seen:#}");
}

#[test]
fn users_who_wait_and_who_give_up_are_told() {
    let Tried { staging, scene, _files } = tried("at-most = 1.0");
    let small = |patience: u64| {
        let (work, patience) = (Duration::from_millis(100), Duration::from_millis(patience));
        Change::Pool(PoolFault::Small(SmallPool { size: 5, work, patience }))
    };
    staging.change(Service::Backend, small(10_000));
    let told = observed(&ran(&scene, 1), "KI-2");
    assert!(told.contains(" 0 gave up, ") && !told.contains(" 0 waiting, "), "{told}");
    staging.clear();
    staging.change(Service::Backend, small(50));
    let told = observed(&ran(&scene, 1), "KI-2");
    assert!(told.contains(" gave up, ") && !told.contains(" 0 gave up, ") && told.contains(" status)"), "{told}");
}

#[test]
fn connections_that_are_kept_are_found_though_the_pool_bears_its_users() {
    let Tried { staging, scene, _files } = tried("");
    staging.change(Service::Backend, Change::Pool(PoolFault::Leaks(20)));
    let seen = ran(&scene, 1);
    expect(&seen, "P4.1.pool", "fail", " in use after 8 users, 4 before (instance=staging-1)");
    expect(&seen, "KI-2", "pass", "");
}

#[test]
fn a_pool_of_another_size_than_configured_fails_though_it_bears_its_users() {
    let Tried { staging, scene, _files } = tried(SOURCE);
    staging.change(Service::Backend, Change::Pool(PoolFault::OtherSize(100)));
    let seen = ran(&scene, 1);
    expect(&seen, "KI-2", "fail", "size 100 of instance=staging-1");
    expect(&seen, "P4.1.pool", "pass", "");
}

#[test]
fn a_page_without_the_gauges_says_nothing_and_nobody_comes() {
    let Tried { staging, scene, _files } = tried("gauges = { in-use = \"pool_active\" }");
    let seen = ran(&scene, 3);
    for row in ROWS {
        expect(&seen, row, "inconclusive", "the page backend /metrics: it has no pool_active");
    }
    assert!(staging.served_users().is_empty());
}

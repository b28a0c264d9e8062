//! Watching a live environment, through the command line: what the phase `monitor` sees, the policy `objectives` judges, and a host that was killed in the midst
//! goes on with.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use holdpoint_e2e::{
    Scene,
    acting::{expect, ran, rows},
    checklist, connect_to,
    staging::{Change, Crowd, Resource, Service, Staging},
    watching::{looks, until_looks},
};
use serde_json::Value;

/// What is tried.
const MODULE: &str = "monitor.wasm";

/// What the policy judges, and what the phase does.
const ROWS: [&str; 4] = ["P4.1.availability", "P4.1.cpu", "P4.1.memory", "P4.1.connections"];
const WATCHED: &str = "WATCHED";

/// A bundle that watches the backend for so long, twice a second. Objectives are those of a day with shorter times: every instance is asked for a second.
fn scene(backend: &str, during: &str) -> Scene {
    scene_with(backend, during, ("", "", &[]))
}

/// The same with more metrics, and with policies for more rows.
fn scene_with(backend: &str, during: &str, (metrics, policies, rows): (&str, &str, &[&str])) -> Scene {
    let scene = Scene::bare();
    let module = MODULE.trim_end_matches(".wasm");
    let level = |row: &str, limit: f64| format!("{{ rows = [\"{row}\"], limit = {limit}, hold = \"1s\" }}");
    let bundle = format!(
        r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
tick = "1s"
[environments.test.services.backend]
url = "{backend}"

[[phase]]
id = "day"
module = "{module}"
requirements = ["{WATCHED}"]
[phase.config]
during = "{during}"
every = "500ms"
at-least = 0.7
requirements = ["{WATCHED}"]
[phase.config.services.backend]
endpoints = ["/health", "/api/me"]
[phase.config.services.backend.metrics]
cpu = {{ counter = "process_cpu_seconds_total", of = 1 }}
memory = {{ gauge = "process_resident_memory_bytes", of = "process_memory_limit_bytes" }}
connections = {{ gauge = "db_pool_in_use", of = "db_pool_size" }}
{metrics}
[phase.grants]
http = [{{ services = ["backend"], methods = ["GET"] }}]

[[policy]]
id = "objectives"
module = "objectives"
requirements = {ROWS:?}
[policy.config]
availability = {{ rows = ["P4.1.availability"], limit = 0.8, every = "500ms", at_least = 20 }}
cpu = {}
memory = {}
connections = {}
{policies}
"#,
        level("P4.1.cpu", 0.7),
        level("P4.1.memory", 0.8),
        level("P4.1.connections", 0.8),
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist(&[&ROWS[..], &[WATCHED], rows].concat()));
    scene.write("holdpoint.toml", &connect_to(backend));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

/// The rows that do not pass.
fn wrong(rows: &Value) -> Vec<&str> {
    let all = rows.as_object().unwrap().iter();
    all.filter(|(_, row)| row["verdict"] != "pass").map(|(id, _)| id.as_str()).collect()
}

#[test]
fn a_day_on_which_all_is_well_passes_every_row_and_a_replay_judges_the_same() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), "10s");
    let seen = ran(&scene, 0);
    assert_eq!(wrong(&seen), Vec::<&str>::new(), "{seen:#}");
    assert_eq!(seen.as_object().unwrap().len(), 5, "{seen:#}");
    expect(&seen, WATCHED, "pass", " of 20 looks were made");
    expect(&seen, "P4.1.availability", "pass", " probes were good: ");
    expect(&seen, "P4.1.cpu", "pass", "cpu_share ");
    let report = scene.run(&["report", "--format", "json"]).json();
    let samples = report["phases"][0]["samples"].as_u64().unwrap();
    let looks = looks(&scene).len() as u64;
    assert_eq!(samples, 4 * looks - 1, "four at each look, but no share of a processor at the first");
    let shown = scene.run(&["show", "last", "day"]).exits(0).stdout;
    assert!(shown.contains("memory_share{instance=\"staging-1\",service=\"backend\"} = 0.39"), "{shown}");
    assert!(shown.contains(" of 20, 0 of 3 requests failed"), "{shown}");
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(rows(&scene), seen);
}

#[test]
fn what_is_nearly_used_up_fails_its_row_and_no_other() {
    for (resource, row) in [
        (Resource::Processor, "P4.1.cpu"),
        (Resource::Memory, "P4.1.memory"),
        (Resource::Connections, "P4.1.connections"),
    ] {
        let staging = Staging::start();
        staging.change(Service::Backend, Change::Pressed(resource));
        let seen = ran(&scene(&staging.backend(), "10s"), 1);
        assert_eq!(wrong(&seen), [row], "{seen:#}");
        expect(&seen, row, "fail", "fired 1 time");
    }
}

/// What the backend serves to whomever, and the guide's alerts about that, with shorter times.
const SERVED: &str =
    r#"served = { requests = "requests_total", errors = "errors_total", duration = "request_duration_seconds" }"#;
const ALERTS: &str = r#"
[[policy]]
id = "alerts"
module = "alerts"
requirements = ["ALERT-1", "ALERT-2"]
[policy.config]
window = "2s"
at_least = 1
alerts = """
alerts:
  - { name: "High Error Rate", condition: "error_rate > 2%", duration: "2 seconds", severity: "CRITICAL" }
  - { name: "Slow Response Time", condition: "response_time_p95 > 3 seconds", duration: "2 seconds", severity: "WARNING" }
"""
[policy.config.series]
requests = "served"
requests_bad = "served_bad"
request_duration = "served_duration_bucket"
"#;

#[test]
fn what_others_are_served_is_an_alert_beyond_its_limit_and_none_below() {
    for (what, errors, slow, fails) in [
        ("nobody else", 0, 0, None),
        ("1.9 % of errors", 19, 0, None),
        ("2.1 % of errors", 21, 0, Some("ALERT-1")),
        ("4 % of slow answers", 0, 40, None),
        ("10 % of slow answers", 0, 100, Some("ALERT-2")),
    ] {
        let staging = Staging::start();
        if what != "nobody else" {
            staging.change(Service::Backend, Change::Crowd(Crowd { requests: 1_000, errors, slow }));
        }
        let scene = scene_with(&staging.backend(), "10s", (SERVED, ALERTS, &["ALERT-1", "ALERT-2"]));
        let seen = ran(&scene, i32::from(fails.is_some()));
        assert_eq!(wrong(&seen), fails.into_iter().collect::<Vec<_>>(), "{what}: {seen:#}");
    }
}

#[test]
fn errors_fail_availability_and_no_other_row() {
    let staging = Staging::start();
    // Of the three that are asked, health and metrics stay as they are.
    staging.change(Service::Backend, Change::Errors(100));
    let scene = scene(&staging.backend(), "10s");
    let seen = ran(&scene, 1);
    assert_eq!(wrong(&seen), ["P4.1.availability"], "{seen:#}");
    expect(&seen, "P4.1.availability", "fail", " probes were good: ");
    let shown = scene.run(&["show", "last", "day"]).exits(0).stdout;
    assert_eq!(shown.matches("GET backend /api/me: status 500").count(), 1, "it is told once: {shown}");
}

#[test]
fn a_service_that_is_not_there_fails_availability_and_says_nothing_of_the_rest() {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::Unavailable);
    let seen = ran(&scene(&staging.backend(), "10s"), 1);
    expect(&seen, "P4.1.availability", "fail", "0 of ");
    for row in ["P4.1.cpu", "P4.1.memory", "P4.1.connections"] {
        assert_eq!(seen[row]["verdict"], "inconclusive", "no data is no good news: {seen:#}");
    }
    expect(&seen, WATCHED, "pass", " of 20 looks were made");
}

#[test]
fn a_host_that_was_killed_goes_on_with_the_look_that_is_due_and_makes_none_twice() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), "12s");
    let live = scene.start(&["run", "BUNDLE"]);
    until_looks(&scene, 4);
    drop(live);
    let before = looks(&scene);
    let asked = staging.requests();
    // Four looks are due that nobody makes, and only time can bring them.
    std::thread::sleep(std::time::Duration::from_millis(2_000));
    assert_eq!(staging.requests(), asked);
    let end = scene.run(&["resume"]);
    let seen = rows(&scene);
    let after = looks(&scene);
    assert_eq!(after[..before.len()], before, "what was seen stays");
    assert!(after.len() < 24 && after.len() > before.len() + 4, "{after:?}");
    // A look belongs to the half second in which it was due, and no two to one.
    let slots: Vec<i64> = after.iter().map(|look| (look / 500.0).round() as i64).collect();
    assert!(slots.windows(2).all(|two| two[0] < two[1]), "{after:?}");
    assert!(*slots.last().unwrap() <= 23, "{after:?}");
    let told = seen[WATCHED]["observed"].as_str().unwrap();
    assert!(
        told.starts_with(&format!("{} of 24 looks were made, {} were missed", after.len(), 24 - after.len())),
        "{told}"
    );
    assert!(matches!(end.code, Some(0 | 3)), "what nobody saw may leave rows open: {end:?}");
    scene.run(&["replay", "last"]).exits(0);
}

//! Every guest through the host that ships: a run that passes and one that does not, with what was observed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use holdpoint_e2e::{
    Phase, Scene, guests,
    staging::{Change, Fault, Staging},
};
use holdpoint_staging_double::{Drawn, Options, Service};
use serde_json::Value;

/// A phase of the guest that does what ordinary programs do.
fn ordinary(behaviour: &str) -> Phase {
    Phase {
        id: behaviour.into(),
        guest: "wasi".into(),
        table: format!("requirements = []\nconfig = {{ behaviour = \"{behaviour}\" }}"),
        grants: String::new(),
    }
}

/// A run of one phase of it, whatever it comes to, and its report.
fn ordinary_run(behaviour: &str) -> (Scene, Value) {
    let scene = Scene::new("http://127.0.0.1:9", &[ordinary(behaviour)]);
    let run = scene.run(&["run", "BUNDLE"]);
    assert!([Some(0), Some(3)].contains(&run.code), "{run:?}");
    let report = report(&scene);
    (scene, report)
}

fn report(scene: &Scene) -> Value {
    scene.run(&["report", "--format", "json"]).exits(0).json()
}

/// Verdict and observation of a check.
fn check<'a>(report: &'a Value, name: &str) -> (&'a str, &'a str) {
    let checks = report["checks"].as_array().unwrap();
    let found =
        checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no check {name}: {checks:#?}"));
    (found["verdict"].as_str().unwrap(), found["observed"].as_str().unwrap())
}

/// Log lines of the first phase, as `level: message`.
fn log(report: &Value) -> Vec<String> {
    let lines = report["phases"][0]["log"].as_array().unwrap();
    let text = |line: &Value, part: &str| line[part].as_str().unwrap().to_owned();
    lines.iter().map(|line| format!("{}: {}", text(line, "level"), text(line, "message"))).collect()
}

#[test]
fn what_a_guest_prints_becomes_its_log() {
    let (_, report) = ordinary_run("print");
    assert_eq!(log(&report), ["info: a line to stdout", "warn: a line to stderr"]);
    assert_eq!(check(&report, "printing works").0, "pass");
}

#[test]
fn a_guest_sees_nothing_of_the_environment() {
    let (_, report) = ordinary_run("environment");
    let seen = check(&report, "nothing of the host's environment is seen");
    assert_eq!(seen, ("pass", "0 variables, 0 arguments"));
}

#[test]
fn the_clocks_of_a_guest_are_those_of_its_run() {
    let (scene, report) = ordinary_run("clocks");
    assert_eq!(check(&report, "the clocks are those of the run").0, "pass");
    let wall = report["measures"][0]["value"].as_f64().unwrap();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs_f64() * 1_000.0;
    assert!((now - wall).abs() < 60_000.0, "the run's clock says {wall}, and it is {now}");
    scene.run(&["replay"]).exits(0);
}

#[test]
fn a_sleep_is_one_recorded_call_and_a_replay_does_not_wait_for_it() {
    let (scene, report) = ordinary_run("sleep");
    assert_eq!(check(&report, "thread::sleep waits").0, "pass");
    assert_eq!(report["phases"][0]["calls"]["total"], 1);
    let took = report["phases"][0]["milliseconds"].as_f64().unwrap();
    assert!((19.0..5_000.0).contains(&took), "the phase took {took} ms");
    let show = scene.run(&["show", "last", "sleep/0"]).exits(0);
    assert!(show.stdout.starts_with("sleep ") && show.stdout.contains("· clock · read"), "{show:?}");
    scene.run(&["replay"]).exits(0);
}

#[test]
fn hash_order_differs_between_runs_and_not_between_a_run_and_its_replay() {
    let (scene, first) = ordinary_run("hash-order");
    scene.run(&["replay", "last", "--keep", "second.db"]).exits(0);
    let again = scene.run(&["report", "./second.db", "--format", "json"]).exits(0).json();
    let order = |report: &Value| check(report, "a hash map has an order").1.to_owned();
    assert_eq!(order(&first), order(&again));
    scene.run(&["run", "BUNDLE"]);
    assert_ne!(order(&first), order(&report(&scene)));
}

#[test]
fn a_socket_is_refused_and_the_attempt_is_recorded() {
    let (_, report) = ordinary_run("connect");
    let (verdict, observed) = check(&report, "a socket is refused");
    assert_eq!(verdict, "pass");
    assert!(observed.starts_with("PermissionDenied"), "{observed}");
    let line =
        "warn: wasi:sockets tcp denied: a phase opens no sockets; use holdpoint:http, whose grants name the hosts";
    assert_eq!(log(&report), [line]);
}

#[test]
fn a_file_of_the_host_is_not_there() {
    let (_, report) = ordinary_run("read-file");
    let (verdict, observed) = check(&report, "a file of the host is refused");
    assert_eq!(verdict, "pass");
    assert!(observed.starts_with("NotFound"), "{observed}");
}

#[test]
fn everything_at_once_comes_to_the_same_in_a_replay() {
    let (scene, first) = ordinary_run("all");
    assert_eq!(first["checks"].as_array().unwrap().len(), 7);
    assert!(first["checks"].as_array().unwrap().iter().all(|check| check["verdict"] == "pass"), "{first:#}");
    scene.run(&["replay", "last", "--keep", "second.db"]).exits(0);
    let body = |run: &str| scene.run(&["report", run, "--format", "body"]).exits(0).stdout;
    assert_eq!(body("last"), body("./second.db"));
}

#[test]
fn swarm_counts_its_answers() {
    let staging = Staging::start();
    let scene = Scene::new(&staging.backend(), &[Phase::reading("reads", "swarm", "{ calls = 5 }")]);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(check(&report(&scene), "every call answers 200"), ("pass", "5"));
    staging.change(Service::Backend, Change::Unavailable);
    assert_eq!(scene.run(&["run", "BUNDLE", "--output", "json"]).exits(1).row("P3.1"), "fail");
    assert_eq!(check(&report(&scene), "every call answers 200"), ("fail", "0"));
}

#[test]
fn crash_makes_its_effects_and_sees_when_one_is_denied() {
    let staging = Staging::start();
    let phase = |paths: &str| Phase {
        id: "writes".into(),
        guest: "crash".into(),
        table: "requirements = [\"P3.1\"]\nconfig = { steps = 2 }".into(),
        grants: format!("http = [{{ services = [\"backend\"], methods = [\"GET\", \"POST\"]{paths} }}]"),
    };
    let scene = Scene::new(&staging.backend(), &[phase("")]);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(check(&report(&scene), "every answer is 200"), ("pass", "2 steps, 0 not 200"));
    assert_eq!(staging.effects().len(), 2);
    let scene = Scene::new(&staging.backend(), &[phase(", paths = [\"/health\"]")]);
    scene.run(&["run", "BUNDLE"]).exits(1);
    let report = report(&scene);
    assert!(check(&report, "every answer is 200").1.contains("2 not 200 1: denied"), "{report:#}");
    assert_eq!(staging.effects().len(), 2);
}

/// The shipped bundle with its files in a folder.
fn shipped(files: &Path) -> (Staging, Scene) {
    let staging = Staging::with(Options { files: Some(files.to_owned()), ..Options::default() });
    let mut choices = staging.services();
    for input in ["config", "source"] {
        choices.extend(["--set".into(), format!("{input}={}", files.join(input).display())]);
    }
    // The bundle takes its modules from here.
    for module in ["architecture.wasm", "config.wasm", "health.wasm"] {
        assert!(guests().join(module).is_file(), "{module} is not built");
    }
    let scene = Scene::shipped(choices);
    (staging, scene)
}

/// Runs the shipped bundle; verdict, expectation and observation of a row.
fn row(scene: &Scene, exit: i32, row: &str) -> [String; 3] {
    scene.run(&["run", "BUNDLE", "--output", "json"]).exits(exit);
    let report = report(scene);
    ["verdict", "expected", "observed"].map(|part| report["rows"][row][part].as_str().unwrap().to_owned())
}

#[test]
fn config_passes_clean_files_and_names_the_place_of_a_local_address() {
    let files = tempfile::tempdir().unwrap();
    let (staging, scene) = shipped(files.path());
    let [verdict, ..] = row(&scene, 7, "P1.3");
    assert_eq!(verdict, "pass");
    for fault in ["localhost-name", "localhost-v6"] {
        let setting = Fault::named(fault).unwrap().settle(11);
        let shown = setting.to_string();
        let file = shown.split("file config/").nth(1).unwrap().split(',').next().unwrap().to_owned();
        staging.switch(setting);
        let [verdict, expected, observed] = row(&scene, 1, "P1.3");
        assert_eq!(verdict, "fail", "{shown}");
        assert!(observed.contains(&file) || scene.run(&["report"]).stdout.contains(&file), "{shown}: {observed}");
        assert_ne!(expected, observed);
        staging.clear();
    }
    assert_eq!(row(&scene, 7, "P1.3")[0], "pass");
}

#[test]
fn architecture_passes_a_clean_tree_and_names_each_offence() {
    let files = tempfile::tempdir().unwrap();
    let (staging, scene) = shipped(files.path());
    let [verdict, ..] = row(&scene, 7, "P1.1");
    assert_eq!(verdict, "pass");
    for fault in
        ["required-file-missing", "oversized-function", "forbidden-import", "duplicated-type", "forbidden-pattern"]
    {
        let setting = Fault::named(fault).unwrap().settle(11);
        let Drawn::Source(edit) = setting.drawn.clone() else { panic!("{setting}") };
        staging.switch(setting);
        let [verdict, expected, observed] = row(&scene, 1, "P1.1");
        assert_eq!(verdict, "fail", "{fault}");
        let file = edit.file.trim_start_matches("source/");
        assert!(observed.contains(file), "{fault}: {observed}");
        assert_ne!(expected, observed);
        staging.clear();
    }
    assert_eq!(row(&scene, 7, "P1.1")[0], "pass");
}

#[test]
fn health_passes_a_healthy_system_and_says_what_is_wrong_with_another() {
    let files = tempfile::tempdir().unwrap();
    let (staging, scene) = shipped(files.path());
    let [verdict, expected, observed] = row(&scene, 7, "P3.1");
    assert_eq!((verdict.as_str(), expected.as_str()), ("pass", "200 within 2000 ms"));
    assert!(observed.starts_with("200 in "), "{observed}");
    for (service, change, seen) in [
        (Service::Backend, Change::DependencyDown("clickhouse"), "clickhouse is down"),
        (Service::Auth, Change::Unavailable, "503 in "),
        (Service::Auth, Change::TruncatedJson(50), "no JSON: "),
        (Service::Frontend, Change::Refused, "refused"),
    ] {
        staging.change(service, change.clone());
        let [verdict, _, observed] = row(&scene, 1, "P3.1");
        assert_eq!(verdict, "fail", "{change:?}");
        assert!(observed.contains(seen), "{change:?}: {observed}");
        staging.clear();
    }
}

#[test]
fn health_tells_a_slow_answer_from_none() {
    let files = tempfile::tempdir().unwrap();
    let (staging, scene) = shipped(files.path());
    staging.change(Service::Frontend, Change::Slow(std::time::Duration::from_millis(2_050)));
    let [verdict, expected, observed] = row(&scene, 1, "CRIT-2");
    assert_eq!((verdict.as_str(), expected.as_str()), ("fail", "200 within 2000 ms"));
    assert!(observed.starts_with("200 in 2"), "{observed}");
}

//! Policies in runs: what they find are checks of their rows, at every tick and once each; what fires takes a release back; and runs of the past
//! are judged by another policy.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{path::Path, time::Duration};

use holdpoint_e2e::{
    Phase, Scene, guests, inline,
    process::until,
    rows::{self, Judge},
    staging::{Change, Service, Staging},
};
use holdpoint_journal::Reader;
use holdpoint_model::{EventKind, policy::Judgement};
use serde_json::{Value, json};

const LOAD: &str = "http = [{ services = [\"backend\"], methods = [\"GET\"] }]\nload = { max-users = 40, max-rate = 100, max-duration = \"1m\", max-requests = 10000 }";

/// A bundle whose phase puts a load on the backend for so long, and whose policy `objectives` judges the errors of it.
fn loaded(backend: &str, during: &str, config: &Value) -> Scene {
    let loads =
        json!({ "loads": [{ "executor": { "constant-arrival-rate": 20 }, "during": during, "users": [2, 40] }] });
    let table = format!("requirements = [\"P3.1\"]\nconfig = {}", inline(&loads));
    let load = Phase { id: "load".into(), guest: "load".into(), table, grants: LOAD.into() };
    let scene = Scene::new(backend, &[load]);
    let policy = format!(
        "[[policy]]\nid = \"objectives\"\nmodule = \"objectives\"\nrequirements = [\"P4.1.errors\"]\nconfig = {}\n",
        inline(config)
    );
    append(&scene, &policy, "[[row]]\nid = \"P4.1.errors\"\ntitle = \"errors\"\nlevel = \"required\"\n");
    let text = std::fs::read_to_string(scene.path().join("bundle/bundle.toml")).unwrap();
    scene.write("bundle/bundle.toml", &text.replacen("[bundle]", "[bundle]\ntick = \"1s\"", 1));
    scene
}

fn append(scene: &Scene, bundle: &str, checklist: &str) {
    for (file, more) in [("bundle/bundle.toml", bundle), ("bundle/checklist.toml", checklist)] {
        let text = std::fs::read_to_string(scene.path().join(file)).unwrap();
        scene.write(file, &format!("{text}\n{more}"));
    }
}

fn errors(limit: f64, at_least: u32) -> Value {
    json!({ "errors": { "rows": ["P4.1.errors"], "limit": limit, "at_least": at_least } })
}

/// For each tick: whether it is the last, and the number of its findings; in their order.
fn ticks(journal: &Path) -> Vec<(u64, bool, usize)> {
    let mut ticks: Vec<(u64, bool, usize)> = Vec::new();
    for event in Reader::open(journal).unwrap().events().unwrap() {
        match event.kind {
            EventKind::Ticked { last } => ticks.push((event.position, last, 0)),
            EventKind::Found(found) => {
                let tick =
                    ticks.iter_mut().find(|(position, ..)| *position == found.tick).expect("it is of a tick before it");
                tick.2 += 1;
            }
            _ => {}
        }
    }
    ticks
}

fn report(scene: &Scene) -> Value {
    scene.run(&["report", "--format", "json"]).json()
}

#[test]
fn a_policy_judges_its_row_at_the_ticks_and_a_replay_judges_the_same() {
    let staging = Staging::start();
    let scene = loaded(&staging.backend(), "3s", &errors(0.01, 20));
    let plan = scene.run(&["plan", "BUNDLE", "--output", "json"]).exits(0).json();
    assert_eq!(plan["policies"][0]["rows"][0]["id"], "P4.1.errors", "{plan:#}");
    let run = scene.run(&["run", "BUNDLE", "--output", "json"]).exits(0);
    assert_eq!((run.decision(), run.row("P4.1.errors")), ("release".into(), "pass".into()));
    let ticks = ticks(&scene.journal());
    assert!((3..=8).contains(&ticks.len()), "one each second, and one at the end: {ticks:?}");
    assert!(ticks.iter().all(|(_, _, found)| *found == 1), "{ticks:?}");
    assert_eq!(ticks.iter().filter(|(_, last, _)| *last).count(), 1, "{ticks:?}");
    let report = report(&scene);
    assert!(report["rows"]["P4.1.errors"]["by"].as_str().unwrap().starts_with("objectives: "), "{report:#}");
    let turns = report["policies"][0]["turns"].as_array().unwrap();
    let words: Vec<&str> = turns.iter().map(|turn| turn["after"]["verdict"].as_str().unwrap()).collect();
    assert_eq!(words, ["pending", "pass"], "{report:#}");
    for format in ["html", "junit", "github"] {
        let text = scene.run(&["report", "--format", format]).exits(0).stdout;
        assert!(text.contains("P4.1.errors"), "{text}");
    }
    let shown = scene.run(&["show", "last", "objectives"]).exits(0).stdout;
    assert!(shown.contains("found") && shown.contains("pending"), "{shown}");
    staging.stop();
    scene.run(&["replay", "last", "--keep", "second.db"]).exits(0);
    scene.run(&["replay", "./second.db"]).exits(0);
    let body = |run: &str| scene.run(&["report", run, "--format", "body"]).exits(0).stdout;
    assert_eq!(body("last"), body("./second.db"));
}

#[test]
fn a_run_of_some_phases_has_no_policy_unless_it_is_named_and_is_read_all_the_same() {
    let staging = Staging::start();
    let scene = loaded(&staging.backend(), "1s", &errors(0.01, 1));
    for (only, judged) in [("load", 0), ("load,objectives", 1)] {
        let run = scene.run(&["run", "BUNDLE", "--only", only, "--output", "json"]).exits(7);
        assert_eq!(run.decision(), "partial", "{only}");
        assert_eq!(report(&scene)["policies"].as_array().map_or(0, Vec::len), judged, "{only}");
        scene.run(&["replay", "last"]).exits(0);
    }
}

#[test]
fn what_goes_wrong_under_load_fails_the_row_and_is_seen_in_runs_of_the_past() {
    let staging = Staging::start();
    let scene = loaded(&staging.backend(), "2s", &errors(0.01, 20));
    scene.run(&["run", "BUNDLE"]).exits(0);
    staging.change(Service::Backend, Change::Unavailable);
    let run = scene.run(&["run", "BUNDLE", "--output", "json"]).exits(1);
    assert_eq!(run.row("P4.1.errors"), "fail", "{run:?}");
    let report = report(&scene);
    assert_eq!(report["failed"], json!(["P4.1.errors"]), "{report:#}");
    staging.stop();

    // With half of all exchanges allowed to fail and more, the second run would have passed; the first one stays as it is.
    let module = guests().join("objectives.wasm");
    let module = module.to_str().unwrap();
    scene.write(
        "lenient.json",
        &json!({ "errors": { "rows": ["P4.1.errors"], "limit": 1.1, "at_least": 20 } }).to_string(),
    );
    let arguments = ["replay", "--all", "--with", module, "--config", "lenient.json", "--output", "json"];
    let told = scene.run(&arguments).exits(1).json();
    let changed: Vec<&Value> = told["runs"].as_array().unwrap().iter().map(|run| &run["changed"]).collect();
    assert_eq!(changed, [&json!(false), &json!(true)], "{told:#}");
    let second = &told["runs"][1];
    assert_eq!((&second["before"], &second["after"]), (&json!("hold"), &json!("release")), "{told:#}");
    assert_eq!(second["replaces"], json!(true));
    let text = scene.run(&arguments[..6]).exits(1).stdout;
    assert!(text.contains("2 runs · 1 unchanged · 1 changed") && text.contains("hold → release"), "{text}");
    assert!(text.contains("P4.1.errors  fail → pass"), "{text}");
    // The policy and the configuration that the runs had change nothing.
    scene.run(&["replay", "--all", "--with", module]).exits(0);
    // A file that is no policy is a mistake of whoever named it.
    scene.write("none.wasm", "no component");
    let none = scene.run(&["replay", "last", "--with", "none.wasm"]).exits(2);
    assert!(none.stderr.contains("does not compile"), "{none:?}");
    let phase = guests().join("load.wasm");
    let phase = scene.run(&["replay", "last", "--with", phase.to_str().unwrap()]).exits(2);
    assert!(phase.stderr.contains("is not a policy: it imports"), "{phase:?}");
}

/// Objectives of errors and of the p95 in seconds.
fn both(errors: f64, p95: f64) -> Value {
    let wanted = |row: &str, limit: f64| json!({ "rows": [row], "limit": limit, "at_least": 10 });
    json!({ "errors": wanted("P4.1.errors", errors), "p95": wanted("P4.1.p95", p95) })
}

#[test]
fn runs_of_the_past_are_listed_in_their_order_with_what_stricter_objectives_change_of_each() {
    let staging = Staging::start();
    let scene = loaded(&staging.backend(), "1s", &both(1.1, 30.0));
    append(&scene, "", "[[row]]\nid = \"P4.1.p95\"\ntitle = \"p95\"\nlevel = \"required\"\n");
    scene.edit("bundle/bundle.toml", |text| text.replace("[\"P4.1.errors\"]", "[\"P4.1.errors\", \"P4.1.p95\"]"));
    let makes: [&dyn Fn(); 5] = [
        &|| {},
        &|| staging.change(Service::Backend, Change::Unavailable),
        &|| {},
        &|| staging.slow(Duration::from_millis(1_200)),
        &|| {},
    ];
    for make in makes {
        staging.clear();
        make();
        scene.run(&["run", "BUNDLE"]).exits(0);
    }
    staging.stop();

    let module = guests().join("objectives.wasm");
    scene.write("strict.json", &both(0.25, 1.0).to_string());
    let arguments =
        ["replay", "--all", "--with", module.to_str().unwrap(), "--config", "strict.json", "--output", "json"];
    let told = scene.run(&arguments).exits(1).json();
    let runs = told["runs"].as_array().unwrap();
    let started: Vec<&str> = runs.iter().map(|run| run["started"].as_str().unwrap()).collect();
    assert!(started.is_sorted(), "{started:?}");
    let rows = |run: &Value| -> Vec<String> {
        let other = run["differences"].as_array().unwrap().iter().filter(|found| found["before"] != found["after"]);
        let subjects = other.filter_map(|found| found["subject"].as_str());
        subjects.filter(|subject| subject.starts_with("P4.1.")).map(str::to_owned).collect()
    };
    let changed: Vec<Vec<String>> = runs.iter().filter(|run| run["changed"] == true).map(rows).collect();
    assert_eq!(changed, [["P4.1.errors"], ["P4.1.p95"]], "{told:#}");
    let places: Vec<usize> = (0..runs.len()).filter(|place| runs[*place]["changed"] == true).collect();
    assert_eq!((places, runs.len()), (vec![1, 3], 5), "{told:#}");

    let table = scene.run(&arguments[..6]).exits(1).stdout;
    assert!(table.contains("5 runs · 3 unchanged · 2 changed"), "{table}");
    let place = |text: &str| table.find(text).unwrap_or_else(|| panic!("`{text}` is missing: {table}"));
    let (second, fourth) = (runs[1]["run"].as_str().unwrap(), runs[3]["run"].as_str().unwrap());
    let parts = [second, "P4.1.errors  pass → fail", fourth, "P4.1.p95  pass → fail"].map(place);
    assert!(parts.is_sorted(), "{table}");
    assert_eq!(table.matches("release → hold").count(), 2, "{table}");
    // The same whenever it is asked, whichever run is done first.
    assert_eq!(scene.run(&arguments).exits(1).json(), told);
}

#[test]
fn a_policy_that_a_run_did_not_have_speaks_for_what_it_finds_and_owes_nothing_else() {
    let staging = Staging::start();
    let scene = loaded(&staging.backend(), "2s", &errors(0.01, 20));
    append(&scene, "", "[[row]]\nid = \"RB-T3\"\ntitle = \"isolation\"\nlevel = \"advisory\"\n");
    scene.run(&["run", "BUNDLE"]).exits(0);
    staging.stop();
    let other = format!("triggers={}", guests().join("rollback-triggers.wasm").display());
    scene.write("other.json", &json!({ "isolation": ["P3.1"] }).to_string());
    let arguments = ["replay", "last", "--with", &other, "--config", "other.json", "--output", "json"];
    let told = scene.run(&arguments).exits(1).json();
    let run = &told["runs"][0];
    assert_eq!((&run["replaces"], &run["after"]), (&json!(false), &json!("release")), "{told:#}");
    let rows: Vec<&str> = run["differences"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|difference| difference["subject"].as_str())
        .filter(|subject| !subject.starts_with("policy ") && !subject.starts_with("finding "))
        .collect();
    // P3.1 and P4.1.errors stay what they were.
    assert_eq!(rows, ["RB-T3"], "{told:#}");
}

#[test]
fn a_host_that_is_killed_in_the_midst_judges_every_tick_once() {
    let staging = Staging::start();
    let scene = loaded(&staging.backend(), "6s", &errors(0.01, 20));
    for kill in 1..=2usize {
        let arguments: &[&str] = if kill == 1 { &["run", "BUNDLE"] } else { &["resume"] };
        let live = scene.start(arguments);
        let runs = scene.path().join(".holdpoint/runs");
        until("there are ticks", || {
            runs.is_dir() && {
                let journal = std::fs::read_dir(&runs).unwrap().next().map(|run| run.unwrap().path().join("run.db"));
                journal.is_some_and(|journal| {
                    Reader::open(&journal).is_ok_and(|reader| {
                        let mut seen = 0;
                        let read = reader.for_each_event(|event| {
                            seen += usize::from(matches!(event.kind, EventKind::Ticked { .. }))
                        });
                        read.is_ok() && seen >= 2 * kill
                    })
                })
            }
        });
        drop(live);
    }
    // What nobody saw in between may leave the objective open.
    let end = scene.run(&["resume"]);
    assert!(matches!(end.code, Some(0 | 3)), "{end:?}");
    let ticks = ticks(&scene.journal());
    assert!(ticks.len() >= 5, "{ticks:?}");
    assert!(ticks.iter().all(|(_, _, found)| *found == 1), "each tick is judged, and once: {ticks:?}");
    assert_eq!(ticks.iter().filter(|(_, last, _)| *last).count(), 1, "{ticks:?}");
    scene.run(&["replay", "last"]).exits(0);
}

/// A phase changes something, another one judges an advisory row, and a policy takes one of their rows for isolation.
fn with_trigger(backend: &str, path: &'static str, isolation: &str) -> Scene {
    let watch = Judge { id: "watch", level: "advisory", path, needs: &["change"] };
    let scene = rows::scene(backend, "", &[Judge::good("change"), watch, Judge::good("undo")]);
    let policy = format!(
        "[[policy]]\nid = \"triggers\"\nmodule = \"rollback-triggers\"\nrequirements = [\"RB-T3\"]\nconfig = {{ isolation = [\"{isolation}\"] }}\n\
         [rollback]\nphase = \"undo\"\nundoes = [\"change\"]\nwhen = [\"RB-T3\"]\n"
    );
    append(&scene, &policy, "[[row]]\nid = \"RB-T3\"\ntitle = \"isolation\"\nlevel = \"advisory\"\n");
    scene
}

#[test]
fn a_rule_that_fires_takes_a_release_back_and_one_that_does_not_leaves_it() {
    let staging = Staging::start();
    let clean = with_trigger(&staging.backend(), "/effects", "WATCH");
    let run = clean.run(&["run", "BUNDLE", "--output", "json"]).exits(0);
    assert_eq!(run.decision(), "release", "{run:?}");

    let scene = with_trigger(&staging.backend(), "/missing", "WATCH");
    let run = scene.run(&["run", "BUNDLE", "--output", "json"]).exits(5);
    assert_eq!(
        (run.decision(), run.row("UNDO"), run.row("RB-T3")),
        ("rolled-back".into(), "pass".into(), "fail".into())
    );
    let ticks = ticks(&scene.journal());
    assert_eq!(ticks.iter().filter(|(_, last, _)| *last).count(), 1, "{ticks:?}");
    let shown = scene.run(&["report"]).exits(0).stdout;
    assert!(shown.contains("triggers") && shown.contains("firing"), "{shown}");
    scene.run(&["replay", "last"]).exits(0);

    // A policy that looks elsewhere releases it, and one that looks there tells that it would have been taken back.
    let scene = with_trigger(&staging.backend(), "/missing", "CHANGE");
    scene.run(&["run", "BUNDLE"]).exits(0);
    let module = guests().join("rollback-triggers.wasm");
    scene.write("other.json", &json!({ "isolation": ["WATCH"] }).to_string());
    let arguments = ["replay", "last", "--with", module.to_str().unwrap(), "--config", "other.json"];
    let told = scene.run(&arguments).exits(1).stdout;
    assert!(told.contains("RB-T3  pass → fail") && told.contains("would have been rolled back at"), "{told}");
    scene.run(&arguments[..4]).exits(0);
}

#[test]
fn a_policy_that_is_ended_decides_nothing_and_lets_nothing_be_released() {
    let staging = Staging::start();
    let scene = loaded(&staging.backend(), "1s", &errors(0.01, 20));
    let text = std::fs::read_to_string(scene.path().join("bundle/bundle.toml")).unwrap();
    let rude = "[[policy]]\nid = \"rude\"\nmodule = \"rude-policy\"\nconfig = { act = \"loop\" }\n";
    scene.write("bundle/bundle.toml", &format!("{text}\n{rude}"));
    let run = scene.run(&["run", "BUNDLE"]).exits(3);
    assert!(run.stdout.contains("policy `rude` was ended: "), "{run:?}");
    let reader = Reader::open(&scene.journal()).unwrap();
    let ended = |kind: &EventKind| matches!(kind, EventKind::Found(found) if found.policy.as_str() == "rude" && matches!(found.judgement, Judgement::Ended(_)));
    assert_eq!(reader.events().unwrap().iter().filter(|event| ended(&event.kind)).count(), 1, "it is ended once");
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn what_a_phase_states_as_samples_is_kept_with_its_time_and_what_is_no_series_is_refused() {
    let staging = Staging::start();
    let told = |series: &str, code: i32| {
        let config = inline(&json!({ "ask": [{ "get": "/health" }, { "get": "/health" }], "sample": series }));
        let scene = Scene::new(&staging.backend(), &[Phase::reading("reads", "fetch", &config)]);
        scene.run(&["run", "BUNDLE"]).exits(code);
        scene.run(&["replay", "last"]).exits(0);
        scene
    };
    let scene = told("status", 0);
    assert_eq!(report(&scene)["phases"][0]["samples"], json!(2));
    let shown = scene.run(&["show", "last", "reads"]).exits(0).stdout;
    assert!(shown.contains("status{path=\"/health\"} = 200 at "), "{shown}");
    let scene = told("no series", 3);
    assert_eq!(report(&scene)["phases"][0]["samples"], json!(0));
    let shown = scene.run(&["show", "last", "reads"]).exits(0).stdout;
    assert!(shown.contains("was refused: `no series` is no name of a"), "{shown}");
}

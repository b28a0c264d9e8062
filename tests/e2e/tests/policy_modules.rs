//! Policies as their authors meet them: what ships comes out on the engine as it does natively, what a module is is told, and a new one is built and
//! tested as it says.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use holdpoint_e2e::{Outcome, Scene, guests};

const POLICIES: [&str; 4] = ["alerts", "objectives", "rego", "rollback-triggers"];

fn module(name: &str) -> String {
    guests().join(format!("{name}.wasm")).display().to_string()
}

fn sources(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/policies").join(name)
}

#[test]
fn every_fixture_of_a_policy_comes_out_on_the_engine_as_it_does_natively() {
    for name in POLICIES {
        let fixtures = sources(name).join("fixtures");
        let arguments = ["test", &module(name), "--fixtures", fixtures.to_str().unwrap(), "--output", "json"];
        let outcome = Scene::bare().run(&arguments).exits(0).json();
        assert!(outcome["failed"] == 0 && !outcome["fixtures"].as_array().unwrap().is_empty(), "{outcome:#}");
    }
}

#[test]
fn a_wrong_expectation_is_shown_beside_what_was_found() {
    let scene = Scene::bare();
    let fixture = |limit: &str| {
        format!(
            r#"{{ "requirements": ["ALERT-1"], "interval": "1m", "series": {{ "requests": "1000x9", "requests_bad": "30x9" }}, {limit}
                  "evaluate": "1m", "until": "9m",
                  "expect": {{ "findings": [{{ "name": "High Error Rate", "at": "5m", "verdict": "pending", "firing": false }}] }} }}"#
        )
    };
    scene.write("fixtures/fires.json", &fixture(""));
    scene.write("fixtures/misspelt.json", &fixture("\"evalute\": 1,"));
    let outcome = scene.run(&["test", &module("alerts"), "--fixtures", "fixtures"]).exits(2);
    for line in [
        "finding High Error Rate at 300 s",
        "expected  pending, not firing",
        "observed  fail, firing, of ALERT-1, says `error_rate 3 %, 0s old; met for 5m; fired 1 time`",
        "the policy was completed",
        "unknown field `evalute`",
        "2 of 2 fixtures came out otherwise",
    ] {
        assert!(outcome.stdout.contains(line), "{line} is not in\n{}", outcome.stdout);
    }
}

#[test]
fn what_ends_a_policy_is_shown() {
    let scene = Scene::bare();
    let fixture = |act: &str, error: &str| {
        format!(
            r#"{{ "config": {{ "act": "{act}" }}, "evaluate": "1m", "until": "1m", "expect": {{ "error": "{error}" }} }}"#
        )
    };
    scene.write("fixtures/loop.json", &fixture("loop", "limit of 2000000000 units of fuel reached"));
    scene.write("fixtures/refuse.json", &fixture("refuse", "nothing to judge"));
    let outcome = scene.run(&["test", &module("rude-policy"), "--fixtures", "fixtures"]).exits(0);
    assert!(outcome.stdout.contains("2 fixtures as they say"), "{outcome:?}");
}

#[test]
fn rego_that_computes_or_nests_without_an_end_is_ended() {
    let scene = Scene::bare();
    let loops =
        "deny contains \"x\" if sum([1 | some i in numbers.range(1, 3000); some j in numbers.range(1, 3000)]) < 0";
    let nests = format!("deny := {}{}", "[".repeat(900), "]".repeat(900));
    let calls = "f(x) := f(x + 1)\ndeny contains \"x\" if f(1) == 1";
    for (name, rule, error) in [
        ("loops", loops, "limit of 2000000000 units of fuel reached"),
        ("nests", nests.as_str(), "it crashed"),
        ("calls", calls, "limit of the call stack reached"),
    ] {
        let fixture = serde_json::json!({
            "config": { "module": format!("package p\n{rule}\n"), "query": "data.p.deny", "rows": ["E-1"] },
            "requirements": ["E-1"],
            "evaluate": "1m",
            "until": "1m",
            "expect": { "error": error },
        });
        scene.write(&format!("fixtures/{name}.json"), &fixture.to_string());
    }
    let outcome = scene.run(&["test", &module("rego"), "--fixtures", "fixtures"]).exits(0);
    assert!(outcome.stdout.contains("3 fixtures as they say"), "{outcome:?}");
}

#[test]
fn a_policy_is_inspected_as_one() {
    for name in POLICIES {
        let found = Scene::bare().run(&["inspect", &module(name), "--output", "json"]).exits(0).json();
        assert_eq!(found["world"], "policy", "{found:#}");
        let evidence = serde_json::json!(["holdpoint:evidence/evidence@0.1.0"]);
        assert!(found["imports"]["free"] == evidence && found["imports"]["wasi"] == serde_json::json!([]), "{found:#}");
    }
}

#[test]
fn a_new_policy_is_built_and_tested_as_it_says() {
    let scene = Scene::bare();
    let made = scene.run(&["new", "policy", "calm"]).exits(0);
    assert!(made.stderr.contains("cargo build --release --target wasm32-unknown-unknown"), "{made:?}");
    let folder = scene.path().join("calm");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"));
    let target = target.canonicalize().unwrap().join("scaffold");
    let cargo = |arguments: &[&str]| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let line = Command::new(cargo)
            .current_dir(&folder)
            .args(arguments)
            .arg("--offline")
            .env("CARGO_TARGET_DIR", &target)
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap();
        assert!(line.status.success(), "{:?}", Outcome::from(line));
    };
    cargo(&["test"]);
    cargo(&["build", "--release", "--target", "wasm32-unknown-unknown"]);
    let built = target.join("wasm32-unknown-unknown/release/calm.wasm");
    let tested = scene.run(&["test", built.to_str().unwrap(), "--fixtures", "calm/fixtures"]).exits(0);
    assert!(tested.stdout.contains("3 fixtures as they say"), "{tested:?}");
    // Where it is built by default, its folder is enough.
    let usual = folder.join("target/wasm32-unknown-unknown/release");
    fs::create_dir_all(&usual).unwrap();
    fs::copy(&built, usual.join("calm.wasm")).unwrap();
    let tested = scene.run(&["test", "calm"]).exits(0);
    assert!(tested.stdout.contains("3 fixtures as they say"), "{tested:?}");
}

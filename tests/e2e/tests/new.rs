//! From nothing to a decision: a new phase and a new bundle are made, built and tested as their authors would, and run against the
//! staging double, without and with a fault.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use holdpoint_e2e::{
    Holdpoint, Outcome,
    process::Live,
    staging::{Change, Staging},
};
use holdpoint_staging_double::Service;

/// A folder where somebody begins.
struct Desk {
    folder: tempfile::TempDir,
    holdpoint: Holdpoint,
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), holdpoint: Holdpoint::built() }
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// A command line of `holdpoint` in a folder below the desk.
    fn holdpoint(&self, below: &str, arguments: &[&str]) -> Outcome {
        let mut command = self.holdpoint.command();
        Live::start(command.current_dir(self.path(below)).args(arguments)).finish()
    }

    /// Runs cargo as the author would, but without a network, and with a target that other tests share, so that what a phase depends on
    /// is compiled once.
    fn cargo(&self, below: &str, arguments: &[&str]) {
        let folder = self.path(below);
        // The versions that the project has, which are there without a network.
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        if !folder.join("Cargo.lock").exists() {
            fs::copy(lock, folder.join("Cargo.lock")).unwrap();
        }
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .current_dir(folder)
            .args(arguments)
            .arg("--offline")
            .env("CARGO_TARGET_DIR", shared_target())
            .env_remove("RUSTFLAGS")
            .output()
            .unwrap();
        assert!(output.status.success(), "{:?}", Outcome::from(output));
    }

    /// Puts a built module where cargo leaves it for an author who has no other target.
    fn built(&self, below: &str, artifact: &str) {
        let release = Path::new("target/wasm32-wasip2/release");
        let to = self.path(below).join(release);
        fs::create_dir_all(&to).unwrap();
        let from = shared_target().join("wasm32-wasip2/release").join(artifact);
        fs::copy(from, to.join(artifact)).unwrap();
    }

    /// Leads the operator's file of a project to a double.
    fn lead(&self, below: &str, staging: &Staging) {
        let path = self.path(below).join("operator.toml");
        let text = fs::read_to_string(&path).unwrap();
        let place = staging.backend();
        fs::write(path, text.replace("127.0.0.1:18080", place.trim_start_matches("http://").trim_end_matches('/')))
            .unwrap();
    }
}

fn shared_target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"));
    fs::create_dir_all(&target).unwrap();
    target.canonicalize().unwrap().join("scaffold")
}

const OPERATOR: [&str; 2] = ["--operator", "operator.toml"];

/// A run of the project in a folder; its last line of stdout is the summary.
fn run(desk: &Desk, below: &str) -> Outcome {
    desk.holdpoint(below, &["run", ".", OPERATOR[0], OPERATOR[1], "--output", "json"])
}

#[test]
fn a_new_phase_builds_tests_and_decides() {
    let desk = Desk::new();
    let made = desk.holdpoint("", &["new", "phase", "hello"]).exits(0);
    assert!(made.stdout.lines().any(|line| line == "hello/src/lib.rs"), "{made:?}");
    assert!(made.stderr.contains("next:\n  cd hello\n  cargo test\n"), "{made:?}");

    let early = desk.holdpoint("hello", &["test", "."]).exits(2);
    assert!(early.stderr.contains("cargo build --release --target wasm32-wasip2"), "{early:?}");

    desk.cargo("hello", &["test"]);
    desk.cargo("hello", &["build", "--release", "--target", "wasm32-wasip2"]);
    desk.built("hello", "hello.wasm");

    let tested = desk.holdpoint("hello", &["test", "."]).exits(0);
    assert!(tested.stdout.contains("3 fixtures as they say"), "{tested:?}");

    let staging = Staging::start();
    desk.lead("hello", &staging);
    desk.holdpoint("hello", &["allow", ".", "--operator", "operator.toml", "--yes"]).exits(0);
    let well = run(&desk, "hello").exits(0);
    assert_eq!((well.decision().as_str(), well.row("HELLO-1").as_str()), ("release", "pass"));

    staging.change(Service::Backend, Change::Unavailable);
    let unwell = run(&desk, "hello").exits(1);
    assert_eq!((unwell.decision().as_str(), unwell.row("HELLO-1").as_str()), ("hold", "fail"));
    let report = desk.holdpoint("hello", &["report"]).exits(0);
    assert!(
        report.stdout.contains("expected  200 within 2000 ms") && report.stdout.contains("observed  503 in"),
        "{report:?}"
    );

    // What happened becomes a case.
    let fixture = desk.holdpoint("hello", &["test", ".", "--record", "last", "hello"]).exits(0);
    fs::write(desk.path("hello/fixtures/as-it-was.json"), &fixture.stdout).unwrap();
    let again = desk.holdpoint("hello", &["test", ".", "--filter", "as-it-was"]).exits(0);
    assert!(again.stdout.contains("1 fixture as they say"), "{again:?}");
    desk.cargo("hello", &["test"]);
}

#[test]
fn a_new_bundle_takes_new_phases_in() {
    let desk = Desk::new();
    desk.holdpoint("", &["new", "bundle", "shop"]).exits(0);
    let made = desk.holdpoint("shop", &["new", "phase", "log-in"]).exits(0);
    for changed in ["Cargo.toml", "bundle.toml", "checklist.toml"] {
        assert!(made.stderr.lines().any(|line| line.starts_with("changed ") && line.ends_with(changed)), "{made:?}");
    }
    let made = desk.holdpoint("shop", &["new", "user", "shopper"]).exits(0);
    assert!(made.stdout.lines().any(|line| line == "users/shopper/src/lib.rs"), "{made:?}");
    desk.cargo("shop", &["test", "--workspace"]);
    desk.cargo("shop", &["build", "--workspace", "--release", "--target", "wasm32-wasip2"]);
    for artifact in ["answers.wasm", "log_in.wasm", "shopper.wasm"] {
        desk.built("shop", artifact);
    }
    desk.holdpoint("shop", &["test", "phases/log-in"]).exits(0);

    let staging = Staging::start();
    desk.lead("shop", &staging);
    let plan = desk.holdpoint("shop", &["plan", ".", "--operator", "operator.toml", "--output", "json"]).exits(0);
    let ids: Vec<String> = plan.json()["phases"]
        .as_array()
        .unwrap()
        .iter()
        .map(|phase| phase["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids, ["answers", "log-in"]);
    let users = &plan.json()["users"];
    assert_eq!((&users[0]["id"], &users[0]["limits"]["calls"]), (&"shopper".into(), &100.into()), "{users}");
    desk.holdpoint("shop", &["allow", ".", "--operator", "operator.toml", "--yes"]).exits(0);
    let well = run(&desk, "shop").exits(0);
    assert_eq!(well.row("LOG-IN-1"), "pass");
    staging.slow(std::time::Duration::from_millis(2_300));
    let unwell = run(&desk, "shop").exits(1);
    assert_eq!((unwell.decision().as_str(), unwell.row("ANSWERS-1").as_str()), ("hold", "fail"));
}

#[test]
fn what_can_not_be_made_is_refused_and_says_what_to_do() {
    let desk = Desk::new();
    for (arguments, says) in [
        (&["new", "phase", "Hello"][..], "is no name for it"),
        (&["new", "phase", "fn"], "choose another"),
        (&["new", "user", "shopper"], "users act in the loads of one; go into a bundle"),
        (&["new", "bundle", "../x"], "is no name for it"),
        (&["new", "phase", "hello", "--sdk", "."], "name the folder guest-sdk/rust"),
    ] {
        let outcome = desk.holdpoint("", arguments).exits(2);
        assert!(outcome.stderr.contains(says), "{outcome:?}");
        assert_eq!(outcome.stdout, "");
    }
    fs::create_dir(desk.path("mine")).unwrap();
    fs::write(desk.path("mine/notes"), "mine").unwrap();
    let outcome = desk.holdpoint("", &["new", "bundle", "mine"]).exits(2);
    assert!(outcome.stderr.contains("exists already and is not empty"), "{outcome:?}");
    assert_eq!(fs::read_dir(desk.path("")).unwrap().count(), 1, "something was written");
}

#[test]
fn a_named_sdk_is_used_where_it_lies() {
    let desk = Desk::new();
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-sdk/rust").canonicalize().unwrap();
    desk.holdpoint("", &["new", "phase", "hello", "--path", "work/hello", "--sdk", sdk.to_str().unwrap()]).exits(0);
    let manifest = fs::read_to_string(desk.path("work/hello/Cargo.toml")).unwrap();
    assert!(manifest.contains(&format!("holdpoint-sdk = {{ path = \"{}\" }}", sdk.display())), "{manifest}");
    assert!(!desk.path("work/hello/sdk").exists());
}

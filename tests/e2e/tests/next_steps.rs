//! What a team does after a validation and before production, through the command line: the documents that the double writes, and its faults in them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use holdpoint_e2e::acting::{self, expect};
use holdpoint_e2e::staging::{Fault, Staging};
use holdpoint_e2e::{Scene, checklist};
use holdpoint_staging_double::Options;
use serde_json::Value;

const ROWS: [&str; 5] = ["NEXT-1", "NEXT-2", "NEXT-3", "NEXT-4", "NEXT-5"];
/// What is tried.
const MODULE: &str = "next-steps.wasm";

/// What each row is told when all is done.
const DONE: [(&str, &str); 5] = [
    ("NEXT-1", "its date is "),
    ("NEXT-2", "4 values are the same"),
    ("NEXT-3", "a notice of 72 h, and 70 h "),
    ("NEXT-4", "run 01JDC5W8Z3N4Q2M7K9T1R6V0XB is 3"),
    ("NEXT-5", "all of them"),
];

/// The double with its files, and a bundle that judges what stands beside them.
struct Steps {
    staging: Staging,
    folder: tempfile::TempDir,
    scene: Scene,
}

impl Steps {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let staging = Staging::with(Options { files: Some(folder.path().to_owned()), ..Options::default() });
        let scene = Scene::bare();
        let module = MODULE.trim_end_matches(".wasm");
        let [config, steps] = ["config", "next-steps"].map(|name| folder.path().join(name).display().to_string());
        let bundle = format!(
            r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
[environments.test]
[[phase]]
id = "next-steps"
module = "{module}"
requirements = {ROWS:?}
[phase.config]
release = "2.4.0"
[phase.config.lessons]
document = "next-steps/lessons.md"
sections = ["What happened", "What we change"]
[phase.config.production]
staging = "config/staging.yaml"
production = "next-steps/production.yaml"
promote = ["server.request_timeout", "databases.postgres.pool.*"]
own = ["environment", "services.backend.url", "services.auth.url", "services.frontend.url", "databases.postgres.url", "databases.redis.url"]
foreign = ["netra-staging", "netra-*-staging"]
[phase.config.schedule]
announcement = "next-steps/announcement.toml"
[phase.config.rehearsal]
document = "next-steps/rehearsal.toml"
[phase.config.training]
runbook = "next-steps/runbook.md"
sections = ["Deploy", "Roll back"]
trained = "next-steps/training.toml"
team = ["alice", "bob"]
[phase.grants]
files = [{{ directory = "config", path = "{config}" }}, {{ directory = "next-steps", path = "{steps}" }}]
"#
        );
        scene.write("bundle/bundle.toml", &bundle);
        scene.write("bundle/checklist.toml", &checklist(&ROWS));
        scene.write("holdpoint.toml", "");
        scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
        Self { staging, folder, scene }
    }

    /// The rows of a run that ends so.
    fn rows(&self, exit: i32) -> Value {
        acting::ran(&self.scene, exit)
    }

    fn document(&self, name: &str) -> PathBuf {
        self.folder.path().join("next-steps").join(name)
    }
}

#[test]
fn documents_as_they_should_be_pass_and_a_replay_needs_none_of_them() {
    let steps = Steps::new();
    let rows = steps.rows(0);
    for (row, says) in DONE {
        expect(&rows, row, "pass", says);
    }
    let manual = "not-exercised: manual: no document shows it".to_owned();
    assert_eq!(steps.scene.wrong(), vec![manual; 5], "what people do stands beside each row");
    steps.staging.stop();
    steps.folder.close().expect("a folder can be removed");
    steps.scene.run(&["replay", "last"]).exits(0);
}

/// What a failed check says with each fault; its settings may differ.
const FAULTS: [(&str, &[&str]); 17] = [
    ("lessons-missing", &["no such file or directory; write it"]),
    ("lessons-placeholder", &[" has a placeholder: ", " is empty"]),
    ("lessons-section-missing", &[" is missing"]),
    ("lessons-old-release", &["it is of release ", "`release` is not there"]),
    ("lessons-old", &["its date is "]),
    ("limit-not-promoted", &[" in staging", " is not in production; "]),
    ("staging-in-production", &[" names what staging has at ", " has netra-staging"]),
    ("own-value-shared", &[" is the same in both"]),
    ("next-late", &["a notice of 47 h", "a notice of 2 h"]),
    ("next-begun", &["it was to start 1 h", "it is still to be announced"]),
    ("rehearsal-expired", &[" days ago, of at most 90d"]),
    ("rehearsal-to-come", &[" is still to come"]),
    ("rehearsal-failed", &["decision is ", "environment is staging"]),
    ("rehearsal-altered", &["sha256:"]),
    ("runbook-link-dead", &["no heading for #"]),
    ("untrained", &["`trained.bob` is "]),
    ("training-lapsed", &["`alice`: it is "]),
];

#[test]
fn each_fault_fails_its_row_alone_and_for_its_reason() {
    let steps = Steps::new();
    let mut tried: Vec<&str> = FAULTS.iter().map(|(name, _)| *name).collect();
    let mut listed: Vec<&str> = Fault::of_next_steps().iter().map(|fault| fault.name).collect();
    tried.sort_unstable();
    listed.sort_unstable();
    assert_eq!(tried, listed);
    for (name, says) in FAULTS {
        let fault = Fault::named(name).expect("it is listed");
        for seed in 0..3 {
            let setting = fault.settle(seed);
            steps.staging.switch(setting.clone());
            let rows = steps.rows(1);
            let failed: Vec<&str> = ROWS.into_iter().filter(|row| rows[row]["verdict"] != "pass").collect();
            assert_eq!(failed, [fault.requirement], "{setting}: {rows:#}");
            let wrong = steps.scene.wrong();
            let is_told = |check: &String| check.starts_with("fail: ") && says.iter().any(|part| check.contains(part));
            assert!(wrong.iter().any(is_told), "{setting}: {wrong:#?}");
            steps.staging.clear();
        }
    }
}

#[test]
fn an_hour_too_late_is_too_late() {
    let steps = Steps::new();
    let late = Fault::named("next-late").expect("it is listed");
    let mut settings = (0..20).map(|seed| late.settle(seed));
    let an_hour = settings.find(|setting| setting.to_string().contains("{hour+46}")).expect("it is drawn");
    steps.staging.switch(an_hour);
    expect(&steps.rows(1), "NEXT-3", "fail", "a notice of 47 h");
}

#[test]
fn a_link_out_of_the_folder_and_a_file_without_end_say_nothing_and_what_to_do() {
    let steps = Steps::new();
    let elsewhere = steps.folder.path().join("elsewhere.toml");
    fs::rename(steps.document("announcement.toml"), &elsewhere).expect("a file can be moved");
    symlink(&elsewhere, steps.document("announcement.toml")).expect("a link can be made");
    fs::write(steps.document("lessons.md"), "x".repeat(64 * 1024 + 1)).expect("a file can be written");
    fs::write(steps.document("runbook.md"), "x".repeat(9 << 20)).expect("a file can be written");
    let rows = steps.rows(3);
    expect(&rows, "NEXT-3", "inconclusive", "put the file in the place of the link");
    expect(&rows, "NEXT-1", "inconclusive", "65537 bytes, of at most 65536; shorten it");
    expect(&rows, "NEXT-5", "inconclusive", "the file is larger than 8 MiB");
    expect(&rows, "NEXT-4", "pass", "");
}

#[test]
fn a_row_without_its_document_is_not_exercised() {
    let steps = Steps::new();
    steps.scene.edit("bundle/bundle.toml", |text| {
        let (head, rest) = text.split_once("[phase.config.schedule]").expect("it is there");
        let (_, rest) = rest.split_once("[phase.config.rehearsal]").expect("it is there");
        format!("{head}[phase.config.rehearsal]{rest}")
    });
    let rows = steps.rows(3);
    expect(&rows, "NEXT-3", "not-exercised", "config.schedule names no document");
    expect(&rows, "NEXT-4", "pass", "");
}

#[test]
fn a_draft_of_lessons_is_found_unfinished_and_counts_when_it_is_filled_in() {
    let steps = Steps::new();
    steps.staging.switch(Fault::named("next-late").expect("it is listed").settle(0));
    steps.rows(1);
    let draft = steps.scene.run(&["report", "--format", "lessons"]).exits(0).stdout;
    let again = steps.scene.run(&["report", "last", "--format", "lessons"]).exits(0).stdout;
    assert!(draft == again && draft.contains("### NEXT-3 "), "{draft}");
    steps.staging.clear();
    steps.scene.edit("bundle/bundle.toml", |text| text.replace("\"What happened\"", "\"What failed\""));
    fs::write(steps.document("lessons.md"), &draft).expect("a file can be written");
    let rows = steps.rows(1);
    expect(&rows, "NEXT-1", "fail", "it is of release TBD");
    let wrong = steps.scene.wrong().join("\n");
    assert!(wrong.contains("`What failed` has a placeholder: TBD: what made it so"), "{wrong}");
    let written = draft.replace("release = \"TBD\"", "release = \"2.4.0\"").replace("TBD: ", "We know ");
    fs::write(steps.document("lessons.md"), written).expect("a file can be written");
    expect(&steps.rows(0), "NEXT-1", "pass", "its date is ");
}

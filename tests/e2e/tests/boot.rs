//! After a boot: what was interrupted goes on by itself. The unit that ships says how, and `resume --all` with which exit code.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use holdpoint_e2e::{
    Holdpoint, Outcome, Scene,
    process::{Live, until},
    rows::{Judge, scene},
    staging::Staging,
};
use rusqlite::Connection;

/// Where the unit expects the program.
const PROGRAM: &str = "/usr/local/bin/holdpoint";

fn unit() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dist/holdpoint-resume.service");
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The values of a setting of the unit.
fn settings(name: &str) -> Vec<String> {
    let unit = unit();
    let lines = unit.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    lines.map(str::to_owned).collect()
}

/// What the unit starts, in a scene.
fn started(scene: &Scene) -> Outcome {
    let [line]: [String; 1] = settings("ExecStart").try_into().expect("it starts one thing");
    let words: Vec<&str> = line.strip_prefix(PROGRAM).expect("it starts the program").split_whitespace().collect();
    scene.run(&words)
}

/// A run whose host was killed before the first answer came.
fn interrupt_one(staging: &Staging, scene: &Scene) -> PathBuf {
    let before = staging.requests();
    staging.slow(Duration::from_secs(25));
    let run = scene.start(&["run", "BUNDLE"]);
    until("a request came", || staging.requests() > before);
    drop(run);
    staging.clear();
    scene.journal()
}

/// A run that comes to a hold and, after it, one that comes to a release, both interrupted; with the journal of the first.
fn two_interrupted(staging: &Staging) -> (Scene, PathBuf) {
    let scene = scene(&staging.backend(), "", &[Judge::bad("told")]);
    let older = interrupt_one(staging, &scene);
    scene.edit("bundle/bundle.toml", |bundle| bundle.replace("/missing", "/effects"));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    interrupt_one(staging, &scene);
    assert_eq!(runs(&scene).matches("interrupted").count(), 2);
    (scene, older)
}

fn runs(scene: &Scene) -> String {
    scene.run(&["runs"]).exits(0).stdout
}

/// When a run was taken up and when it came to its decision, as it has recorded.
fn went_on(journal: &Path) -> (f64, f64) {
    let journal = Connection::open(journal).expect("it is a database");
    let at = |kind: &str| -> f64 {
        let found = journal.query_row("SELECT at FROM event WHERE kind = ?1", [kind], |row| row.get(0));
        found.unwrap_or_else(|e| panic!("{kind}: {e}"))
    };
    (at("run-resumed"), at("run-ended"))
}

/// The id of a run, whose folder is called so.
fn id_of(journal: &Path) -> String {
    journal.parent().and_then(Path::file_name).expect("a run has a folder").to_string_lossy().into_owned()
}

#[test]
fn where_nothing_was_interrupted_there_is_nothing_to_do() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), "", &[Judge::good("told")]);
    assert!(started(&scene).exits(0).stderr.contains("was interrupted"));
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert!(started(&scene).exits(0).stderr.contains("was interrupted"));
}

#[test]
fn all_that_was_interrupted_goes_on_and_the_gravest_end_is_the_exit_code() {
    let staging = Staging::start();
    let (scene, _) = two_interrupted(&staging);
    let ended = started(&scene).exits(1);
    assert!(ended.stdout.contains("hold") && ended.stdout.contains("release"), "{ended:?}");
    let runs = runs(&scene);
    assert!(runs.contains("hold") && runs.contains("release") && !runs.contains("interrupted"), "{runs}");
    started(&scene).exits(0);
}

#[test]
fn two_runs_go_on_side_by_side_and_each_line_names_its_run() {
    let staging = Staging::start();
    let (scene, older) = two_interrupted(&staging);
    let newer = scene.journal();
    staging.slow(Duration::from_secs(3));
    let ended = started(&scene).exits(1);
    let (first, second) = (went_on(&older), went_on(&newer));
    assert!(first.0 < second.1 && second.0 < first.1, "{first:?} and {second:?} share no moment: {ended:?}");

    let ids = [id_of(&older), id_of(&newer)];
    let lines: Vec<&str> = ended.stderr.lines().collect();
    assert!(lines.first().is_some_and(|line| line.starts_with("2 runs go on, side by side")), "{ended:?}");
    let is_of = |line: &str, id: &String| line.starts_with(&format!("{} ", &id[id.len() - 6..]));
    assert!(lines.iter().skip(1).all(|line| ids.iter().any(|id| is_of(line, id))), "{ended:?}");
    for id in &ids {
        assert!(lines.iter().any(|line| is_of(line, id) && line.contains("told: completed")), "{ended:?}");
    }
    // Nothing of another stands between the head of a report and the place of its page.
    let place = |text: &str| ended.stdout.find(text).unwrap_or_else(|| panic!("{text} is missing: {ended:?}"));
    for (own, other) in [(&ids[0], &ids[1]), (&ids[1], &ids[0])] {
        let report = &ended.stdout[place(&format!("run {own}"))..place(&format!("{own}/report.html"))];
        assert!(!report.contains(other.as_str()), "{report}");
    }
}

#[test]
fn with_one_at_a_time_the_newer_run_waits() {
    let staging = Staging::start();
    let (scene, older) = two_interrupted(&staging);
    let ended = scene.run(&["resume", "--all", "--jobs", "1"]).exits(1);
    let (first, second) = (went_on(&older), went_on(&scene.journal()));
    assert!(first.1 <= second.0, "{first:?} and {second:?} are one after another: {ended:?}");
    assert!(ended.stderr.contains("1 at a time, the oldest first: 1 waits"), "{ended:?}");
}

#[test]
fn one_interrupt_ends_all_and_they_go_on_later() {
    let staging = Staging::start();
    let (scene, _) = two_interrupted(&staging);
    let before = staging.requests();
    staging.slow(Duration::from_secs(5));
    let resumed = scene.start(&["resume", "--all"]);
    until("both have asked", || staging.requests() >= before + 2);
    resumed.interrupt();
    let stopped = resumed.finish().exits(130);
    assert_eq!(stopped.stderr.matches("was interrupted; `holdpoint resume").count(), 2, "{stopped:?}");
    assert_eq!(runs(&scene).matches("interrupted").count(), 2);
    staging.clear();
    started(&scene).exits(1);
    assert!(!runs(&scene).contains("interrupted"));
}

#[test]
fn a_run_that_can_not_go_on_keeps_no_other_from_it() {
    let staging = Staging::start();
    let (scene, older) = two_interrupted(&staging);
    let journal = Connection::open(older).expect("it is a database");
    journal.execute("UPDATE event SET summary = 'x' WHERE position = 2", []).expect("it can be changed");
    drop(journal);
    let ended = started(&scene).exits(4);
    assert!(ended.stderr.contains("the journal is damaged at position 2"), "{ended:?}");
    let runs = runs(&scene);
    assert!(runs.contains("release") && runs.contains("interrupted"), "{runs}");
}

#[test]
fn a_run_that_can_not_be_read_is_told_of_and_keeps_no_other_from_it() {
    let staging = Staging::start();
    let (scene, older) = two_interrupted(&staging);
    let folder = older.parent().expect("a journal lies in a folder");
    std::fs::remove_dir_all(folder).expect("it can be removed");
    std::fs::create_dir(folder).expect("it can be made");
    std::fs::write(&older, "what a disk leaves behind").expect("it can be written");
    let ended = started(&scene).exits(2);
    assert!(ended.stderr.contains("run.db is not a journal of holdpoint"), "{ended:?}");
    assert!(ended.stdout.contains("release"), "{ended:?}");
    let alone = started(&scene).exits(2);
    assert!(alone.stderr.contains("run.db is not a journal of holdpoint"), "{alone:?}");
}

#[test]
fn the_page_begins_runs_where_the_unit_looks_for_them() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/boot.md"));
    let page = page.expect("there is a page");
    let environment = settings("Environment");
    assert_eq!(environment.len(), 3);
    for variable in environment {
        assert!(page.contains(&format!("--setenv {variable} ")), "{variable} is missing");
    }
    for property in ["StateDirectory=holdpoint", "CacheDirectory=holdpoint", "StateDirectoryMode=0700", "UMask=0077"] {
        let here = unit().lines().any(|line| line == property);
        assert!(here && page.contains(&format!("--property {property} ")), "{property} is missing");
    }
}

#[test]
fn the_unit_starts_again_what_is_worth_it_and_nothing_else() {
    assert_eq!(settings("RestartForceExitStatus"), ["4 130"]);
    // Not on failure: a hold would be one.
    assert_eq!(settings("Restart"), ["on-abnormal"]);
    assert_eq!(settings("EnvironmentFile"), ["-/etc/holdpoint/environment"]);
    for wanted in ["NoNewPrivileges=yes", "ProtectSystem=strict", "User=holdpoint", "KillMode=mixed"] {
        assert!(unit().lines().any(|line| line == wanted), "{wanted} is missing");
    }
}

/// What systemd says of a unit; nothing of one in which nothing is wrong.
fn said_of(unit: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("holdpoint-resume.service");
    std::fs::write(&path, unit).expect("a file can be written");
    let outcome = Live::start(Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&path)).finish();
    // It exits with 0 also where it leaves a setting out.
    let ours = |line: &&str| line.contains("holdpoint");
    outcome.exits(0).stderr.lines().filter(ours).collect::<Vec<_>>().join("\n")
}

#[test]
fn systemd_analyze_finds_nothing_wrong_with_the_unit() {
    let built = Holdpoint::built().command();
    let program = Path::new(built.get_program()).canonicalize().expect("it is built");
    let unit = unit().replace(PROGRAM, &program.display().to_string());
    assert_eq!(said_of(&unit), "");
    let wrong = said_of(&unit.replace("RestartSec=30s", "RestartSec=soon"));
    assert!(wrong.contains("soon"), "it finds what is wrong: {wrong}");
}

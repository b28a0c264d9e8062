//! What the machine can do to a run: a full disk, a folder that can't be written, a journal of another kind, another host, an interrupt.
//! Each time the message says what to do, the exit code whose fault it is, and nothing is half done: no effect without its record.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, path::Path, process::Command, time::Duration};

use holdpoint_e2e::{
    Outcome, Phase, Scene, guests,
    process::{Live, inside, until},
    staging::Staging,
};
use holdpoint_journal::{Reader, RowKind};
use holdpoint_staging_double::Options;

/// A phase of reads and effects.
fn effects(backend: &str, steps: u32) -> Scene {
    let grants = r#"http = [
        { services = ["backend"], methods = ["GET"] },
        { services = ["backend"], methods = ["POST"], paths = ["/effects"], read-back = "/effects/{key}" },
    ]"#;
    let table = format!("requirements = [\"P3.1\"]\nconfig = {{ steps = {steps} }}");
    Scene::new(backend, &[Phase { id: "effects".into(), guest: "crash".into(), table, grants: grants.into() }])
}

/// A double that applies an effect as often as it is sent.
fn forgetful() -> Staging {
    Staging::with(Options { dedupe: false, ..Options::default() })
}

/// The keys of the effects that came; each once, or the test fails.
fn applied(staging: &Staging) -> BTreeSet<String> {
    let effects = staging.effects();
    let keys: BTreeSet<String> = effects.iter().map(|effect| effect.key.clone()).collect();
    assert_eq!(keys.len(), effects.len(), "effects were done more than once: {effects:?}");
    keys
}

/// The effects that a journal knows of, by the keys that they were sent with.
fn intended(journal: &Path) -> BTreeSet<String> {
    let reader = Reader::open(journal).unwrap();
    reader.verify().unwrap();
    let (last, _) = reader.head().unwrap();
    let rows = (1..=last).map(|position| reader.row(position).unwrap().unwrap());
    let run = journal.parent().unwrap().file_name().unwrap().to_str().unwrap();
    rows.filter(|row| row.kind == RowKind::Intent).map(|row| format!("{run}/{}/{}", row.guest, row.number)).collect()
}

/// A run that waits for its first answer, beside the test.
fn waiting(staging: &Staging, scene: &Scene) -> Live {
    staging.slow(Duration::from_secs(25));
    let before = staging.requests();
    let run = scene.start(&["run", "BUNDLE"]);
    until("the first request came", || staging.requests() > before);
    run
}

/// The same command where no file may be longer, as if the disk were full then.
fn limited(kib: u64, command: &Command) -> Command {
    let script = format!("trap '' XFSZ; ulimit -f {kib}; exec \"$@\"");
    inside(&["bash", "-c", &script, "bash"], command)
}

fn says(outcome: &Outcome, parts: &[&str]) {
    for part in parts {
        assert!(outcome.stderr.contains(part), "it does not say `{part}`: {outcome:?}");
    }
}

/// A run that has ended, in a scene with nothing else.
fn ended() -> Scene {
    let staging = Staging::start();
    let scene = Scene::new(&staging.backend(), &[Phase::reading("reads", "swarm", "{ calls = 1 }")]);
    scene.run(&["run", "BUNDLE"]).exits(0);
    scene
}

#[test]
fn a_full_disk_stops_the_run_before_an_effect_that_it_could_not_record() {
    let staging = forgetful();
    let scene = effects(&staging.backend(), 60);
    // Compiled modules are cached before, for they are longer than files may soon be.
    scene.run(&["check", "BUNDLE"]).exits(0);
    // Room for the module and some steps.
    let module = std::fs::metadata(guests().join("crash.wasm")).unwrap().len() / 1_024;
    let mut run = limited(module + 400, &scene.command(&["run", "BUNDLE"]));
    let full = Live::start(&mut run).finish().exits(4);
    says(&full, &["can't write the journal", "what was to be recorded next was not done", "holdpoint resume"]);

    let before = applied(&staging);
    assert!(!before.is_empty() && before.len() < 60, "{} effects before the disk was full", before.len());
    assert!(before.is_subset(&intended(&scene.journal())), "an effect without a record");
    let show = scene.run(&["show", "last"]).exits(0);
    assert!(show.stdout.contains("effect"), "{show:?}");

    scene.run(&["resume"]).exits(0);
    let after = applied(&staging);
    assert_eq!(after.len(), 60);
    assert_eq!(after, intended(&scene.journal()));
    scene.run(&["replay"]).exits(0);
}

#[test]
fn a_disk_that_is_full_from_the_start_begins_nothing() {
    let staging = forgetful();
    let scene = effects(&staging.backend(), 3);
    scene.run(&["check", "BUNDLE"]).exits(0);
    let mut run = limited(16, &scene.command(&["run", "BUNDLE"]));
    let full = Live::start(&mut run).finish().exits(4);
    says(&full, &["journal"]);
    assert_eq!(staging.requests(), 0);
    assert_eq!(full.stdout, "");
}

#[test]
fn a_runs_folder_that_cannot_be_written_begins_nothing() {
    let staging = forgetful();
    let scene = effects(&staging.backend(), 3);
    // Even root can't write there.
    for runs in ["/proc/holdpoint", "holdpoint.toml/runs"] {
        let outcome = scene.run(&["run", "BUNDLE", "--runs", runs]).exits(4);
        says(&outcome, &["can't create the run folder", runs]);
        assert_eq!(outcome.stdout, "");
    }
    assert_eq!(staging.requests(), 0);
}

#[test]
fn a_journal_of_a_newer_version_is_refused_by_name() {
    let scene = ended();
    let journal = scene.journal();
    rusqlite::Connection::open(&journal).unwrap().pragma_update(None, "user_version", 5).unwrap();
    let whole = std::fs::read(&journal).unwrap();
    for command in ["show", "report", "replay", "resume"] {
        let outcome = scene.run(&[command, "last"]).exits(2);
        says(&outcome, &["has format 5", "reads up to format 4", "use a newer holdpoint"]);
        assert_eq!(outcome.stdout, "");
    }
    let runs = scene.run(&["runs"]).exits(0);
    assert!(runs.stdout.contains("has format 5"), "{runs:?}");
    assert_eq!(std::fs::read(&journal).unwrap(), whole, "it was changed");
}

#[test]
fn a_journal_that_is_no_journal_is_refused_by_name() {
    let scene = ended();
    // Sorts as the newest.
    let path = ".holdpoint/runs/ZZZ/run.db";
    for content in ["these are notes, and not a journal\n".repeat(200).as_str(), "short", ""] {
        scene.write(path, content);
        for command in ["show", "report", "replay", "resume"] {
            let outcome = scene.run(&[command, "last"]).exits(2);
            says(&outcome, &["is not a journal of holdpoint", path]);
        }
        assert_eq!(std::fs::read_to_string(scene.path().join(path)).unwrap(), content, "it was changed");
    }
    // A run that can't be read hides no other.
    let runs = scene.run(&["runs", "--output", "json"]).exits(0);
    let states: Vec<&str> = runs.stdout.lines().filter_map(|line| line.split(r#""state":""#).nth(1)).collect();
    assert!(states[0].starts_with("release\""), "{runs:?}");
    assert!(states[1].starts_with("unreadable\""), "{runs:?}");
}

#[test]
fn a_cut_journal_is_reported_as_damage() {
    let scene = ended();
    let whole = std::fs::read(scene.journal()).unwrap();
    std::fs::write(scene.journal(), &whole[..whole.len() / 2]).unwrap();
    let outcome = scene.run(&["report"]).exits(4);
    says(&outcome, &["can't open the journal", "malformed"]);
    assert_eq!(outcome.stdout, "");
}

#[test]
fn a_second_host_on_a_run_is_told_who_works_on_it() {
    let staging = forgetful();
    let scene = effects(&staging.backend(), 2);
    let mut run = waiting(&staging, &scene);
    let second = scene.run(&["resume", "last"]).exits(2);
    says(&second, &["is being worked on by", &format!("process {}", run.id()), "wait for it to end, or stop it"]);
    assert!(run.is_running(), "the first host was disturbed");
    assert!(scene.run(&["runs"]).exits(0).stdout.contains("running"));
    // Nothing is interrupted, so nothing is picked up.
    says(&scene.run(&["resume"]).exits(2), &["was interrupted"]);
    run.interrupt();
    run.finish().exits(130);
    staging.clear();
    scene.run(&["resume"]).exits(0);
    assert_eq!(applied(&staging).len(), 2);
}

#[test]
fn an_interrupted_run_says_how_to_go_on_and_goes_on() {
    let staging = forgetful();
    let scene = effects(&staging.backend(), 2);
    let run = waiting(&staging, &scene);
    run.interrupt();
    let outcome = run.finish().exits(130);
    says(&outcome, &["was interrupted; `holdpoint resume "]);
    assert_eq!(outcome.stdout, "", "an interrupted run has no result");
    assert!(applied(&staging).is_empty());
    let runs = scene.run(&["runs"]).exits(0);
    assert!(runs.stdout.contains("interrupted"), "{runs:?}");

    staging.clear();
    // The line that the message gives.
    let line = outcome.stderr.rsplit('`').nth(1).unwrap();
    let words: Vec<&str> = line.split(' ').skip(1).collect();
    let resumed = scene.run(&words).exits(0);
    says(&resumed, &["goes on", "resumed"]);
    assert!(resumed.stdout.contains(" · resumed once\n"), "{resumed:?}");
    assert_eq!(applied(&staging).len(), 2);
    says(&scene.run(&words).exits(2), &["has ended with `release`; there is nothing to resume"]);
}

#[test]
fn a_killed_run_can_be_resumed_too() {
    let staging = forgetful();
    let scene = effects(&staging.backend(), 2);
    drop(waiting(&staging, &scene));
    assert!(scene.run(&["runs"]).exits(0).stdout.contains("interrupted"));
    staging.clear();
    scene.run(&["resume", "--all"]).exits(0);
    assert_eq!(applied(&staging).len(), 2);
}

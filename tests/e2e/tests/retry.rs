//! A part of a run is done again as a new run: what completed is taken over, and what passes now is told from what passed at once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use holdpoint_e2e::{
    Outcome, Scene,
    rows::{Judge, scene},
    staging::{Change, Staging},
};
use holdpoint_staging_double::Service;
use serde_json::Value;

/// `second` needs `first`, `third` needs nothing.
fn judges() -> [Judge; 3] {
    [Judge::good("first"), Judge { needs: &["first"], ..Judge::good("second") }, Judge::good("third")]
}

/// The run of a scene whose phase `first` was answered, and then nothing more: only `first` and `third` are asked for at first.
fn failed_then_mended(staging: &Staging) -> (Scene, String) {
    let scene = scene(&staging.backend(), "", &judges());
    staging.change(Service::Backend, Change::Unavailable);
    scene.run(&["run", "BUNDLE"]).exits(1);
    staging.clear();
    let id = run_of(&scene);
    (scene, id)
}

fn run_of(scene: &Scene) -> String {
    scene.journal().parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned()
}

fn report(scene: &Scene) -> Value {
    scene.run(&["report", "--format", "json"]).exits(0).json()
}

fn retry(scene: &Scene, run: &str, from: &str) -> Outcome {
    scene.run(&["run", "--retry", run, "--from", from])
}

#[test]
fn what_completed_is_taken_over_and_the_rest_runs_anew() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), "", &judges());
    scene.run(&["run", "BUNDLE"]).exits(0);
    let before = run_of(&scene);
    assert_eq!(staging.effects().len(), 3);
    let again = retry(&scene, &before, "second").exits(0);
    assert_eq!(staging.effects().len(), 4, "second alone is executed");
    assert!(again.stdout.lines().next().unwrap().ends_with(&format!("· retry of {before} from second")), "{again:?}");
    let now = report(&scene);
    let taken: Vec<_> = now["phases"].as_array().unwrap().iter().map(|phase| phase["taken_over"].clone()).collect();
    assert_eq!(taken, [Value::from(before.as_str()), Value::Null, Value::from(before.as_str())]);
    assert_eq!((now["checks"].as_array().unwrap().len(), now["flaky"].as_array().unwrap().len()), (3, 0));

    // Its evidence is where it was, and says so.
    let elsewhere = scene.run(&["show", "last", "first/1"]).exits(2);
    assert!(elsewhere.stderr.contains(&format!("holdpoint show {before} first/1")), "{elsewhere:?}");
    scene.run(&["show", &before, "first/1"]).exits(0);
    let runs = scene.run(&["runs"]).exits(0).stdout;
    assert!(runs.contains(&format!("· retry of {before}\n")), "{runs}");

    // A replay needs neither run nor network, and says what it did not do.
    let replay = scene.run(&["replay"]).exits(0);
    assert!(replay.stderr.contains(&format!("phase `first` was taken over from run {before}")), "{replay:?}");
    let other = scene.run(&["replay", "last", "--module", "first=x.wasm"]).exits(2);
    assert!(other.stderr.contains("can't be executed with another module"), "{other:?}");

    // A retry of a retry names who really executed it.
    retry(&scene, "last", "third").exits(0);
    let last = report(&scene);
    assert_eq!(last["phases"][0]["taken_over"], before.as_str());
    assert_eq!(last["phases"][1]["taken_over"], now["run"]["id"]);
}

#[test]
fn a_row_that_did_not_pass_before_is_flaky() {
    let staging = Staging::start();
    let (scene, before) = failed_then_mended(&staging);
    // `third` completed with its failure, which is taken over.
    let again = retry(&scene, &before, "first").exits(1);
    assert!(again.stdout.contains("flaky: FIRST row first (pass, was fail before run "), "{again:?}");
    let junit = scene.run(&["report", "--format", "junit"]).exits(0).stdout;
    assert!(junit.contains("<flakyFailure"), "{junit}");
    // `second` was never tried, so nothing speaks against it.
    assert!(!again.stdout.contains("flaky: SECOND"), "{again:?}");
    // A flaky row stays flaky when another part is done again.
    retry(&scene, "last", "third").exits(0);
    let flaky = report(&scene)["flaky"].clone();
    assert!(flaky.as_array().unwrap().iter().any(|row| row["id"] == "FIRST" && row["before"] == "fail"), "{flaky}");
}

#[test]
fn what_can_not_be_done_again_is_refused_with_the_reason() {
    let staging = Staging::start();
    let (scene, before) = failed_then_mended(&staging);
    for (arguments, said) in [
        (vec!["run", "--retry", "last", "--from", "forth"], "the run has no phase `forth`; it has first"),
        (vec!["run", "--retry", "last", "--from", "second"], "begin earlier: --from first"),
        (vec!["run", "--retry", "last"], "--from"),
        (vec!["run", "--from", "first"], "--retry"),
        (vec!["run", "BUNDLE", "--retry", "last", "--from", "first"], "cannot be used with"),
        (vec!["run", "--retry", "last", "--from", "first", "--set", "a=b"], "cannot be used with"),
        (vec!["run", "--retry", "last", "--from", "first", "--dry-run"], "cannot be used with"),
        (vec!["run"], "BUNDLE"),
    ] {
        let refused = scene.run(&arguments).exits(2);
        assert!(refused.stderr.contains(said), "{arguments:?} {refused:?}");
    }
    assert_eq!(run_of(&scene), before, "nothing was begun");
    // The operator of today decides.
    scene.write("holdpoint.toml", "");
    let refused = retry(&scene, "last", "first").exits(2);
    assert!(refused.stderr.contains("nothing is allowed to bundle `scene`"), "{refused:?}");
}

#[test]
fn a_dry_run_is_done_again_as_one() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), "", &judges());
    scene.run(&["run", "BUNDLE", "--dry-run"]).exits(1);
    let again = retry(&scene, "last", "third").exits(1);
    assert!(again.stdout.lines().next().unwrap().contains("· dry run"), "{again:?}");
    assert_eq!(staging.effects(), []);
}

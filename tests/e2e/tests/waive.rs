//! A person answers for a row that did not pass: within what the operator allows, recorded in the run, seen in every report.

use holdpoint_e2e::{
    Outcome, Scene,
    rows::{Judge, scene},
    staging::Staging,
};

const WAIVERS: &str = "[waivers]\nrows = [\"KI-*\"]\nby = [\"alice\"]\nmax = \"7d\"\n";

/// A run that is held for row KI-1.
fn held(operator: &str) -> Scene {
    let staging = Staging::start();
    let advisory = Judge { level: "advisory", ..Judge::bad("adv-1") };
    let scene = scene(&staging.backend(), operator, &[Judge::good("fine"), Judge::bad("ki-1"), advisory]);
    scene.run(&["run", "BUNDLE"]).exits(1);
    scene
}

fn waive(scene: &Scene, row: &str, more: &[&str]) -> Outcome {
    let arguments = [&["waive", "last", row, "--by", "alice", "--reason", "known, OPS-17"], more].concat();
    scene.run(&arguments)
}

#[test]
fn a_waived_row_lets_the_release_go_on_and_stands_in_the_first_line() {
    let scene = held(WAIVERS);
    let waived = waive(&scene, "KI-1", &["--until", "7d", "--output", "json"]).exits(0);
    assert_eq!((waived.decision().as_str(), waived.row("KI-1").as_str()), ("release", "fail"));
    assert_eq!(waived.summary()["waived"], serde_json::json!(["KI-1"]));
    let report = scene.run(&["report"]).exits(0).stdout;
    assert!(report.lines().next().is_some_and(|line| line.ends_with("· waived KI-1")), "{report}");
    assert!(report.contains("by        alice\n      reason    known, OPS-17\n"), "{report}");
    assert!(report.ends_with("release · waived: KI-1\n"), "{report}");
    let junit = scene.run(&["report", "--format", "junit"]).exits(0).stdout;
    assert!(junit.contains("<skipped message=\"waived by alice until ") && junit.contains("failures=\"1\""), "{junit}");
    let events = scene.run(&["show"]).exits(0).stdout;
    assert!(events.contains("KI-1 waived by alice until "), "{events}");
    let runs = scene.run(&["runs", "--output", "json"]).exits(0).stdout;
    assert!(runs.contains(r#""state":"release""#), "{runs}");
}

#[test]
fn a_replay_copies_the_waiver_and_comes_to_the_same_body() {
    let scene = held(WAIVERS);
    waive(&scene, "KI-1", &["--until", "7d"]).exits(0);
    let replay = scene.run(&["replay", "last", "--keep", "second.db"]).exits(0);
    assert!(replay.stdout.contains("the same again: release"), "{replay:?}");
    let body = |run: &str| scene.run(&["report", run, "--format", "body"]).exits(0).stdout;
    assert!(body("last").contains(r#""waived": {"#));
    assert_eq!(body("last"), body("./second.db"));
}

#[test]
fn a_waiver_that_was_taken_back_counts_no_more() {
    let scene = held(WAIVERS);
    waive(&scene, "KI-1", &["--until", "7d"]).exits(0);
    let withdrawn = waive(&scene, "KI-1", &["--withdraw"]).exits(1);
    assert!(withdrawn.stdout.contains("\nhold · failed: KI-1 · report: "), "{withdrawn:?}");
    waive(&scene, "KI-1", &["--withdraw"]).refuses(&["row KI-1 is not waived; there is nothing to withdraw"]);
    scene.run(&["replay"]).exits(0);
}

#[test]
fn the_operator_bounds_rows_people_and_time() {
    let scene = held("");
    let lines = ["add to [waivers]:", "rows = [\"KI-1\"]", "by = [\"alice\"]", "max = \"1d\""];
    waive(&scene, "KI-1", &["--until", "1d"]).refuses(&lines);
    // Today's file counts, not the one that the run was begun with.
    scene.edit("holdpoint.toml", |allowed| format!("{allowed}\n{WAIVERS}"));
    waive(&scene, "KI-1", &["--until", "8d"]).refuses(&["max = \"8d\""]);
    waive(&scene, "KI-1", &["--until", "6d"]).exits(0);
}

#[test]
fn what_can_not_be_waived_is_refused_with_the_reason() {
    let scene = held(WAIVERS);
    waive(&scene, "KI-9", &["--until", "1d"]).refuses(&["has no row KI-9", "FINE, KI-1"]);
    waive(&scene, "FINE", &["--until", "1d"]).refuses(&["row FINE passed; there is nothing to waive"]);
    waive(&scene, "ADV-1", &["--until", "1d"]).refuses(&["row ADV-1 is advisory and decides nothing"]);
    waive(&scene, "KI-1", &["--until", "2001-01-01"]).refuses(&["would have ended already; give a later --until"]);
    waive(&scene, "KI-1", &["--until", "soon"]).refuses(&["write it as 2026-12-01"]);
    waive(&scene, "KI-1", &[]).refuses(&["--until"]);
    let reason = ["waive", "last", "KI-1", "--by", "alice", "--until", "1d", "--reason", "two\nlines"];
    scene.run(&reason).refuses(&["a reason is one line of 1 to 500 characters"]);
    let until = "9999-01-01";
    scene.edit("holdpoint.toml", |allowed| allowed.replace("max = \"7d\"", "max = \"4000000d\""));
    waive(&scene, "KI-1", &["--until", until]).exits(0);
    waive(&scene, "KI-1", &["--until", until]).refuses(&["is waived until 9999-01-01T00:00:00.000Z already, by alice"]);
    assert_eq!(scene.run(&["report"]).stdout.matches("by        alice").count(), 1);
}

#[test]
fn a_run_without_a_row_that_passed_is_no_release_and_a_part_of_a_bundle_stays_one() {
    let staging = Staging::start();
    let alone = scene(&staging.backend(), WAIVERS, &[Judge::bad("ki-1")]);
    alone.run(&["run", "BUNDLE"]).exits(1);
    let waived = waive(&alone, "KI-1", &["--until", "1d"]).exits(3);
    assert!(waived.stdout.contains("\ninconclusive · no required row passed · report: "), "{waived:?}");

    let part = scene(&staging.backend(), WAIVERS, &[Judge::good("fine"), Judge::bad("ki-1"), Judge::good("other")]);
    part.run(&["run", "BUNDLE", "--only", "fine,ki-1"]).exits(1);
    waive(&part, "KI-1", &["--until", "1d"]).exits(7);
}

#[test]
fn a_waiver_that_came_in_a_file_counts_only_where_people_may_give_it() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), WAIVERS, &[Judge::good("fine"), Judge::bad("ki-1"), Judge::bad("ki-2")]);
    scene.run(&["run", "BUNDLE"]).exits(1);
    waive(&scene, "KI-1", &["--until", "7d"]).exits(1);
    scene.run(&["export", "last", "--to", "run.db"]).exits(0);
    std::fs::remove_dir_all(scene.path().join(".holdpoint/runs")).expect("it can be removed");
    scene.edit("holdpoint.toml", |operator| operator.replace("[\"alice\"]", "[\"bob\"]"));
    scene.run(&["import", "run.db"]).exits(0);
    let bob = ["waive", "last", "KI-2", "--by", "bob", "--reason", "known, OPS-18", "--until", "7d"];
    scene.run(&bob).refuses(&["row KI-1 waived", "by = [\"alice\"]"]);
    let taken_back = ["waive", "last", "KI-1", "--by", "bob", "--reason", "not here", "--withdraw"];
    scene.run(&taken_back).exits(1);
    let waived = scene.run(&[&bob[..], &["--output", "json"]].concat()).exits(1);
    assert_eq!(waived.summary()["waived"], serde_json::json!(["KI-2"]));
}

//! A run that goes on on another machine: exported after its first stage, imported elsewhere, resumed there, within what is allowed there.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use holdpoint_e2e::{
    Scene, checklist,
    staging::Staging,
    watching::{acting, in_stages, looks},
};
use holdpoint_journal::{Reader, Row, RowKind, Writer, chain};
use holdpoint_model::{
    ApprovalAnswer, ApprovalAsk, Body, Decision, PhaseEnd, PhaseId, PolicyId, RequirementId, RunId, ScheduledStart,
    Timestamp, Waiver,
    policy::{Found, Judgement},
};
use rusqlite::Connection;

/// A machine on which the first stage came to a release, with one effect; the second one watches for some seconds.
fn first(staging: &Staging) -> Scene {
    let scene = in_stages(&staging.backend(), ("6s", "500ms"), "1s");
    scene.edit("bundle/bundle.toml", |bundle| {
        bundle.replacen("[[policy]]", &format!("{}[[policy]]", acting("change", "CHANGE")), 1)
    });
    scene.edit("bundle/checklist.toml", |rows| format!("{rows}{}", checklist(&["CHANGE"])));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(staging.effects().len(), 1);
    scene
}

/// Another machine, whose operator's file has those lines of the first one's that are wanted, with this file of the first one as `run.db`.
fn second(first: &Scene, file: &str, wanted: impl Fn(&str) -> bool) -> Scene {
    let scene = Scene::bare();
    let operator = std::fs::read_to_string(first.path().join("holdpoint.toml")).expect("the first one has a file");
    let lines: Vec<&str> = operator.lines().filter(|line| wanted(line)).collect();
    scene.write("holdpoint.toml", &lines.join("\n"));
    std::fs::copy(first.path().join(file), scene.path().join("run.db")).expect("a file can be copied");
    scene
}

fn body(scene: &Scene) -> String {
    scene.run(&["report", "last", "--format", "body"]).exits(0).stdout
}

/// What lies in the folder of all runs.
fn runs(scene: &Scene) -> usize {
    std::fs::read_dir(scene.path().join(".holdpoint/runs")).map_or(0, Iterator::count)
}

#[test]
fn a_run_that_is_handed_over_goes_on_elsewhere_and_nothing_is_done_twice() {
    let staging = Staging::start();
    let here = first(&staging);
    let exported = here.run(&["export", "last", "--to", "run.db", "--hand-over"]).exits(0);
    assert!(exported.stderr.contains("is handed over"), "{exported:?}");
    here.run(&["resume", "last"]).refuses(&["was handed over", "`holdpoint import FILE` takes it back"]);
    here.run(&["cancel", "last"]).refuses(&["was handed over"]);
    assert!(here.run(&["runs"]).exits(0).stdout.contains("handed over"));
    assert_eq!(looks(&here), Vec::<f64>::new());

    let there = second(&here, "run.db", |_| true);
    let imported = there.run(&["import", "run.db"]).exits(0);
    assert!(imported.stdout.contains("; stage day comes with: holdpoint resume "), "{imported:?}");
    assert!(!imported.stderr.contains("warning"), "{imported:?}");
    assert_eq!(body(&there), body(&here));
    there.run(&["replay", "last"]).exits(0);
    let all = there.run(&["resume", "--all"]).exits(0);
    assert!(all.stderr.contains("has stage `day` to come"), "nothing begins by itself: {all:?}");
    there.run(&["import", "run.db"]).refuses(&["is there already, and further than in the file", "move "]);

    let resumed = there.run(&["resume", "last"]).exits(0);
    assert!(resumed.stderr.contains("it came from another machine"), "{resumed:?}");
    assert!(resumed.stdout.contains("release"), "{resumed:?}");
    let seen = looks(&there);
    assert!((8..=12).contains(&seen.len()), "of twelve, a busy machine misses some: {seen:?}");
    assert_eq!(staging.effects().len(), 1, "what the first machine did is done");
    let shown = there.run(&["show", "last"]).exits(0).stdout;
    assert!(shown.contains("release"), "{shown}");
    there.run(&["replay", "last"]).exits(0);
    there.run(&["resume", "last"]).refuses(&["has ended with `release`"]);

    // It comes home, for whoever keeps all runs in one place.
    there.run(&["export", "last", "--to", "back.db"]).exits(0);
    std::fs::copy(there.path().join("back.db"), here.path().join("back.db")).expect("a file can be copied");
    here.run(&["import", "back.db"]).refuses(&["is there already, and less far than in the file", "move "]);
    std::fs::remove_dir_all(here.journal().parent().expect("a journal lies in a folder")).expect("it can be removed");
    here.run(&["import", "back.db"]).exits(0);
    assert_eq!(body(&here), body(&there));
    assert_eq!(staging.effects().len(), 1);
}

#[test]
fn a_run_brings_no_permission_along() {
    let staging = Staging::start();
    let here = first(&staging);
    here.run(&["export", "last", "--to", "run.db", "--hand-over"]).exits(0);
    let asked = staging.requests();
    let there = second(&here, "run.db", |line| !line.contains("POST"));
    let lines = ["asks for what is not allowed", "to allow it, add to [bundles.scene.test] in holdpoint.toml", "POST"];
    let imported = there.run(&["import", "run.db"]).exits(0);
    assert!(lines.iter().all(|line| imported.stderr.contains(line)), "{imported:?}");
    // What asks nobody works: it is there to be looked at.
    assert_eq!(body(&there), body(&here));
    there.run(&["replay", "last"]).exits(0);
    let before = std::fs::read(there.journal()).expect("there is a journal");
    there.run(&["resume", "last"]).refuses(&lines);
    there.run(&["cancel", "last"]).refuses(&lines);
    there.run(&["export", "last", "--to", "other.db"]).refuses(&lines);
    assert_eq!(std::fs::read(there.journal()).expect("there is a journal"), before, "nothing was written down");
    assert_eq!(staging.requests(), asked, "nothing was sent");

    there.write("holdpoint.toml", "");
    there.run(&["resume", "last"]).refuses(&["nothing is allowed to bundle `scene` in environment `test`"]);
    // With the lines it goes on.
    std::fs::copy(here.path().join("holdpoint.toml"), there.path().join("holdpoint.toml")).expect("it can be copied");
    there.run(&["resume", "last"]).exits(0);
}

#[test]
fn a_machine_that_makes_dry_runs_only_goes_on_with_none_that_had_effects() {
    let staging = Staging::start();
    let here = first(&staging);
    here.run(&["export", "last", "--to", "run.db", "--hand-over"]).exits(0);
    let there = second(&here, "run.db", |_| true);
    there.edit("holdpoint.toml", |operator| format!("dry-run-only = true\n{operator}"));
    there.run(&["import", "run.db"]).exits(0);
    there.run(&["resume", "last"]).refuses(&["this machine makes dry runs only"]);
}

#[test]
fn a_run_that_was_handed_over_is_taken_back_with_the_same_file_alone() {
    let staging = Staging::start();
    let here = first(&staging);
    here.run(&["export", "last", "--to", "plain.db"]).exits(0);
    here.run(&["import", "plain.db"]).refuses(&["is there already, as it is in the file"]);
    let there = second(&here, "plain.db", |_| true);
    let imported = there.run(&["import", "run.db"]).exits(0);
    assert!(imported.stderr.contains("warning: the run was not handed over"), "{imported:?}");

    here.run(&["export", "last", "--to", "run.db", "--hand-over"]).exits(0);
    // It can be exported again, and is the same.
    here.run(&["export", "last", "--to", "again.db", "--hand-over"]).exits(0);
    here.run(&["import", "plain.db"]).refuses(&["is there already, and further than in the file"]);
    there.run(&["import", "run.db"]).exits(2);
    here.run(&["import", "again.db"]).exits(0);
    assert!(!here.run(&["runs"]).exits(0).stdout.contains("handed over"));
    here.run(&["resume", "last"]).exits(0);
    assert_eq!(staging.effects().len(), 1);
}

/// A file of the scene with something changed in it.
fn changed(scene: &Scene, name: &str, sql: &str) -> PathBuf {
    let path = scene.path().join(name);
    std::fs::copy(scene.path().join("run.db"), &path).expect("a file can be copied");
    Connection::open(&path).expect("it is a database").execute_batch(sql).expect("it can be changed");
    path
}

/// Makes the chain anew, as somebody would who wants to be believed.
fn link(path: &Path) {
    let file = Connection::open(path).expect("it is a database");
    let (last, _) = Reader::open(path).expect("it is a journal").head().expect("it has a head");
    let mut before = chain::START;
    for position in 1..=last {
        let row = Reader::open(path).expect("it is a journal").row(position).expect("it can be read");
        let sql = "SELECT bodies FROM event WHERE position = ?1";
        let bodies: Vec<u8> = file.query_row(sql, [position as i64], |row| row.get(0)).expect("it has bodies");
        before = chain::link(&before, position, &row.expect("there is a row"), &bodies);
        let sql = "UPDATE event SET hash = ?1 WHERE position = ?2";
        file.execute(sql, (before.0, position as i64)).expect("it can be changed");
    }
}

#[test]
fn what_is_no_whole_run_with_a_decision_is_refused_and_leaves_nothing_behind() {
    let staging = Staging::start();
    let scene = first(&staging);
    scene.run(&["export", "last", "--to", "run.db"]).exits(0);
    std::fs::remove_dir_all(scene.path().join(".holdpoint/runs")).expect("it can be removed");

    scene.run(&["import", "none.db"]).refuses(&["can't read none.db"]);
    scene.run(&["import", "bundle"]).refuses(&["bundle is not a file"]);
    scene.run(&["import", "holdpoint.toml"]).refuses(&["holdpoint.toml is not a journal of holdpoint"]);
    let huge = File::create(scene.path().join("huge.db")).expect("a file can be made");
    huge.set_len((16 << 30) + 1).expect("a file can have a hole");
    scene.run(&["import", "huge.db"]).refuses(&["a run's file has 17179869184 at most"]);
    let whole = std::fs::read(scene.path().join("run.db")).expect("there is a file");
    std::fs::write(scene.path().join("half.db"), &whole[..whole.len() / 2]).expect("a file can be written");
    let half = scene.run(&["import", "half.db"]);
    assert!(matches!(half.code, Some(2 | 4)) && half.stderr.contains("half.db"), "{half:?}");

    changed(&scene, "altered.db", "UPDATE event SET summary = 'x' WHERE position = 2");
    let altered = scene.run(&["import", "altered.db"]).exits(4);
    assert!(altered.stderr.contains("the journal is damaged at position 2"), "{altered:?}");
    changed(&scene, "body.db", "INSERT INTO body VALUES (zeroblob(32), x'00')");
    let body = scene.run(&["import", "body.db"]).exits(4);
    assert!(body.stderr.contains("is not what was recorded"), "{body:?}");
    changed(&scene, "open.db", "DELETE FROM event WHERE position = (SELECT max(position) FROM event)");
    scene.run(&["import", "open.db"]).refuses(&["has no decision in this file"]);

    let digest = "UPDATE event SET request = json_set(request, '$.\"bundle-digest\"', 'sha256:' || substr(hex(zeroblob(32)), 1, 64)) WHERE position = 1";
    link(&changed(&scene, "other.db", digest));
    let other = scene.run(&["import", "other.db"]).exits(4);
    assert!(other.stderr.contains("its bundle is not the one that its header names"), "{other:?}");
    let later = "UPDATE event SET at = at + 1e9 WHERE position = (SELECT max(position) FROM event)";
    link(&changed(&scene, "later.db", later));
    scene.run(&["import", "later.db"]).refuses(&["is to come on this machine"]);
    let moved = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 64) INSERT INTO event \
                 SELECT (SELECT max(position) FROM event) + i, 1.0, 'run-imported', '', 0, '', 0, '', 0, x'', '', '', '', '', x'', zeroblob(32) FROM n";
    link(&changed(&scene, "moved.db", moved));
    scene.run(&["import", "moved.db"]).refuses(&["came to a machine 64 times, and may 64 times at most"]);

    assert_eq!(runs(&scene), 0, "nothing is left behind");
    scene.run(&["import", "run.db"]).exits(0);
    assert_eq!(runs(&scene), 1);
}

/// A file of the scene to which somebody has added rows, and the decision of its first stage behind them.
fn added(scene: &Scene, name: &str, rows: Vec<Row>) {
    add(&changed(scene, name, ""), rows);
}

fn add(path: &Path, mut rows: Vec<Row>) {
    rows.push(Row::run_ended(Decision::Release, Some("day".into()), 2.0));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made");
    let writer = Writer::open(path, None).expect("it is a journal");
    runtime.block_on(writer.append_whole(rows)).expect("it can be written");
    writer.close().expect("it can be closed");
}

#[test]
fn nothing_of_what_is_to_come_is_taken_from_a_file() {
    let staging = Staging::start();
    let scene = first(&staging);
    scene.run(&["export", "last", "--to", "run.db"]).exits(0);
    std::fs::remove_dir_all(scene.path().join(".holdpoint/runs")).expect("it can be removed");
    let watch = PhaseId::parse("watch").expect("an id");
    let approved =
        ApprovalAnswer { phase: watch.clone(), approved: true, by: "mallory".into(), reason: "all is well".into() };
    let ask = ApprovalAsk {
        run: RunId::parse("R1").expect("an id"),
        phase: watch.clone(),
        from: Timestamp(1.0),
        until: Timestamp(1e15),
        who: "somebody".into(),
        cause: String::new(),
    };
    let scheduled = ScheduledStart { phase: watch.clone(), at: Timestamp(1.0), until: Timestamp(1e15) };
    for (name, rows) in [
        ("scheduled.db", vec![Row::phase_scheduled(&scheduled, 1.0)]),
        ("ended.db", vec![Row::phase_ended(&watch, &PhaseEnd::Completed, 1.0)]),
        ("started.db", vec![Row::phase_started(&watch, 1.0)]),
        ("answered.db", vec![Row::new(RowKind::Call, "watch", 1.0)]),
        ("approved.db", vec![Row::approval_asked(&ask, 1.0), Row::approval_answered(&approved, 1.0)]),
    ] {
        added(&scene, name, rows);
        scene.run(&["import", name]).refuses(&["phase `watch` is still to come in this file"]);
    }
    // Else nobody would judge the day: its stage would be over, or its policy would have judged all ticks.
    added(&scene, "over.db", vec![Row::tick(true, 1.0)]);
    scene.run(&["import", "over.db"]).refuses(&["stage `day` is to come by the decision in this file, and not by"]);
    let policy = PolicyId::parse("objectives").expect("an id");
    let all = Found { policy, tick: 1_000_000, judgement: Judgement::Findings { findings: Vec::new(), fuel: 0 } };
    added(&scene, "judged.db", vec![Row::found(&all, 1, Body::default(), 1.0)]);
    let judged = scene.run(&["import", "judged.db"]).exits(4);
    assert!(judged.stderr.contains("it judges a tick that was not taken before it"), "{judged:?}");
    assert_eq!(runs(&scene), 0);

    let row = RequirementId::parse("P4.1.memory").expect("an id");
    let waiver = Waiver { row, by: "mallory".into(), reason: "all is well".into(), until: Timestamp(1e15) };
    added(&scene, "waived.db", vec![Row::row_waived(&waiver, 1.0)]);
    let imported = scene.run(&["import", "waived.db"]).exits(0);
    let lines = ["the run does not go on with row P4.1.memory waived", "add to [waivers]", "by = [\"mallory\"]"];
    assert!(lines.iter().all(|line| imported.stderr.contains(line)), "{imported:?}");
    scene.run(&["resume", "last"]).refuses(&lines);
    assert_eq!(looks(&scene), Vec::<f64>::new());
}

#[test]
fn a_run_with_another_history_is_not_mixed_with_the_one_that_is_there() {
    let staging = Staging::start();
    let scene = first(&staging);
    scene.run(&["export", "last", "--to", "run.db"]).exits(0);
    link(&changed(&scene, "other.db", "UPDATE event SET at = at + 0.25 WHERE position = 2"));
    scene.run(&["import", "other.db"]).refuses(&["is there already, with another history than in the file"]);
    scene.run(&["resume", "last"]).exits(0);
}

#[test]
fn what_no_machine_would_take_in_is_not_handed_over() {
    let staging = Staging::start();
    let scene = first(&staging);
    let watch = PhaseId::parse("watch").expect("an id");
    add(&scene.journal(), vec![Row::phase_ended(&watch, &PhaseEnd::Completed, 1.0)]);
    let handed = scene.run(&["export", "last", "--to", "run.db", "--hand-over"]);
    handed.refuses(&["phase `watch` is still to come in this file"]);
    assert!(!scene.path().join("run.db").exists());
    assert!(!scene.run(&["runs"]).exits(0).stdout.contains("handed over"), "it is still one of this machine");
}

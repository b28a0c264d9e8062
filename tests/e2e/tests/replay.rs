//! A recorded run is executed again from its journal alone: without network and servers it comes to the same, byte for byte; an altered
//! answer changes the verdict, a changed module diverges, damage is found and named.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use holdpoint_e2e::{
    Phase, Scene, guests,
    process::{Live, inside},
    staging::Staging,
};
use holdpoint_journal::{Error, Reader, Row, RowKind, chain};
use holdpoint_model::Digest;
use holdpoint_staging_double::Options;
use rusqlite::{Connection, params};

/// A run of what of the shipped bundle looks at what is there, against the double, which is gone when this returns.
fn recorded() -> Scene {
    let files = tempfile::tempdir().unwrap();
    let staging = Staging::with(Options { files: Some(files.path().to_owned()), ..Options::default() });
    let mut choices = staging.services();
    for input in ["config", "source"] {
        choices.extend(["--set".into(), format!("{input}={}", files.path().join(input).display())]);
    }
    let scene = Scene::shipped(choices);
    let run = scene.run(&["run", "BUNDLE", "--output", "json"]).exits(7);
    assert_eq!(run.decision(), "partial");
    staging.stop();
    scene
}

/// Whether this machine lets a user make a namespace without network. Where nothing may be left out, it must.
#[expect(clippy::print_stdout, reason = "a test that tries less says so")]
fn can_unshare() -> bool {
    let tried = Live::start(std::process::Command::new("unshare").args(["-rn", "true"])).finish();
    let can = tried.code == Some(0);
    if !can {
        println!("not tried without a network: `unshare -rn true` says {}", tried.stderr.trim());
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI is true, and `unshare -rn` is not permitted");
    }
    can
}

/// A copy of the run's journal under another name, for somebody to alter.
fn copy(scene: &Scene) -> PathBuf {
    let copy = scene.path().join("copy.db");
    std::fs::copy(scene.journal(), &copy).unwrap();
    copy
}

/// Finds a call.
fn position_of(journal: &Path, summary: &str) -> u64 {
    let events = Reader::open(journal).unwrap();
    let (last, _) = events.head().unwrap();
    (1..=last)
        .find(|position| {
            let row = events.row(*position).unwrap().unwrap();
            row.kind == RowKind::Call && row.summary == summary
        })
        .unwrap_or_else(|| panic!("no call {summary}"))
}

/// Makes another answer of a recorded one.
fn alter(journal: &Path, position: u64, from: &str, to: &str) {
    let changed = Connection::open(journal)
        .unwrap()
        .execute(
            "UPDATE event SET answer = replace(answer, ?2, ?3) WHERE position = ?1 AND instr(answer, ?2) > 0",
            params![position as i64, from, to],
        )
        .unwrap();
    assert_eq!(changed, 1, "the answer at {position} has no {from}");
}

/// Links all rows anew, as somebody would who wants to hide that he altered one.
fn rechain(journal: &Path) {
    let reader = Reader::open(journal).unwrap();
    let (last, _) = reader.head().unwrap();
    let rows: Vec<Row> = (1..=last).map(|position| reader.row(position).unwrap().unwrap()).collect();
    drop(reader);
    let connection = Connection::open(journal).unwrap();
    let mut before = chain::START;
    for (position, row) in (1..).zip(&rows) {
        let bodies: Vec<u8> = connection
            .query_row("SELECT bodies FROM event WHERE position = ?1", [position as i64], |row| row.get(0))
            .unwrap();
        before = chain::link(&before, position, row, &bodies);
        connection
            .execute("UPDATE event SET hash = ?2 WHERE position = ?1", params![position as i64, before.0])
            .unwrap();
    }
}

fn damage_is_named(scene: &Scene, journal: &Path, place: &str) {
    let journal = journal.to_str().unwrap();
    for command in [&["replay", journal][..], &["report", journal]] {
        let outcome = scene.run(command).exits(4);
        assert!(outcome.stderr.contains("the journal is damaged"), "{outcome:#?}");
        assert!(outcome.stderr.contains(place), "{outcome:#?}");
        assert_eq!(outcome.stdout, "", "{outcome:#?}");
    }
}

#[test]
fn a_replay_without_network_and_servers_comes_to_the_same_byte_for_byte() {
    if !can_unshare() {
        return;
    }
    let scene = recorded();
    let mut replay = inside(&["unshare", "-rn"], &scene.command(&["replay", "last", "--keep", "second.db"]));
    let replay = Live::start(&mut replay).finish().exits(0);
    assert!(replay.stdout.contains("the same again: partial"), "{replay:#?}");
    let body = |run: &str| scene.run(&["report", run, "--format", "body"]).exits(0).stdout;
    let first = body("last");
    assert!(first.contains(r#""decision": "partial""#), "{first}");
    assert_eq!(first, body("./second.db"));
}

#[test]
fn a_replay_can_be_replayed() {
    let scene = recorded();
    scene.run(&["replay", "last", "--keep", "second.db"]).exits(0);
    scene.run(&["replay", "./second.db", "--keep", "third.db"]).exits(0);
    let body = |run: &str| scene.run(&["report", run, "--format", "body"]).exits(0).stdout;
    assert_eq!(body("last"), body("./third.db"));
}

#[test]
fn a_moved_run_file_replays_without_its_bundle_and_operator() {
    let scene = recorded();
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(scene.journal(), elsewhere.path().join("run.db")).unwrap();
    let mut command = scene.holdpoint.command();
    command.current_dir(elsewhere.path()).args(["replay", "run.db"]);
    let replay = Live::start(&mut command).finish().exits(0);
    assert!(replay.stdout.contains("the same again"), "{replay:#?}");
}

#[test]
fn an_altered_answer_that_was_linked_anew_changes_the_verdict() {
    let scene = recorded();
    let copy = copy(&scene);
    alter(&copy, position_of(&copy, "GET backend /health"), r#""status":200"#, r#""status":503"#);
    rechain(&copy);
    let replay = scene.run(&["replay", copy.to_str().unwrap()]).exits(1);
    assert!(replay.stdout.contains("partial → hold"), "{replay:#?}");
    assert!(replay.stdout.contains("P3.1  pass → fail"), "{replay:#?}");
    assert!(replay.stdout.contains("503"), "{replay:#?}");
}

#[test]
fn an_altered_answer_is_found_and_named() {
    let scene = recorded();
    let copy = copy(&scene);
    let position = position_of(&copy, "GET auth /health");
    alter(&copy, position, r#""status":200"#, r#""status":204"#);
    damage_is_named(&scene, &copy, &format!("position {position}: call `GET auth /health`"));
}

#[test]
fn a_row_that_was_removed_or_moved_is_found_and_named() {
    let scene = recorded();
    let removed = copy(&scene);
    let position = position_of(&removed, "GET auth /health");
    let connection = Connection::open(&removed).unwrap();
    connection.execute("DELETE FROM event WHERE position = ?1", [position as i64]).unwrap();
    drop(connection);
    damage_is_named(&scene, &removed, &format!("position {position}: the row is missing"));

    let moved = copy(&scene);
    let connection = Connection::open(&moved).unwrap();
    for (from, to) in [(position, 0), (position + 1, position), (0, position + 1)] {
        connection.execute("UPDATE event SET position = ?2 WHERE position = ?1", [from as i64, to as i64]).unwrap();
    }
    drop(connection);
    damage_is_named(&scene, &moved, &format!("position {position}: "));
}

/// Where a text stands in a file. SQLite leaves old copies in the free parts of its pages.
fn places(bytes: &[u8], text: &[u8]) -> Vec<usize> {
    let places: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(text)).collect();
    assert!(!places.is_empty(), "the file has no {text:?}");
    places
}

/// The end of a chain that holds.
fn head(journal: &Path) -> Result<(u64, Digest), Error> {
    let reader = Reader::open(journal)?;
    reader.verify()?;
    reader.head()
}

#[test]
fn one_flipped_bit_is_found_and_named() {
    let scene = recorded();
    let copy = copy(&scene);
    let bytes = std::fs::read(&copy).unwrap();
    // The answer of a call is named by its position, a module by its digest.
    for (text, named) in [(&br#""peer":"127.0.0.1"#[..], "position "), (b"\0asm\x0d\0\x01\0", "body sha256:")] {
        let damaged = places(&bytes, text).into_iter().find_map(|at| {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            std::fs::write(&copy, bytes).unwrap();
            head(&copy).err()
        });
        let damage = damaged.expect("one of the places is no old copy").to_string();
        assert!(damage.contains(named), "{damage}");
        damage_is_named(&scene, &copy, &damage);
    }
}

#[test]
fn a_bit_flipped_anywhere_is_found_or_changes_nothing() {
    const PLACES: usize = 200;
    let scene = recorded();
    let copy = copy(&scene);
    let (bytes, whole) = (std::fs::read(&copy).unwrap(), head(&copy).unwrap());
    let mut found = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / PLACES) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        std::fs::write(&copy, bytes).unwrap();
        match head(&copy) {
            // Free space, or an index that the chain does not follow.
            Ok(head) => assert_eq!(head, whole, "a bit of byte {at} changed the run unnoticed"),
            Err(_) => found += 1,
        }
    }
    assert!(found > PLACES / 2, "only {found} of {PLACES} flipped bits were found");
}

/// A run of one phase that reads three times.
fn swarm() -> Scene {
    let staging = Staging::start();
    let scene = Scene::new(&staging.backend(), &[Phase::reading("reads", "swarm", "{ calls = 3 }")]);
    scene.run(&["run", "BUNDLE"]).exits(0);
    staging.stop();
    scene
}

#[test]
fn a_module_that_asks_something_else_diverges_and_both_calls_are_printed() {
    let scene = swarm();
    // The same module but for the path that it asks for.
    let mut module = std::fs::read(guests().join("swarm.wasm")).unwrap();
    for at in places(&module, b"/health") {
        module[at..at + 7].copy_from_slice(b"/wealth");
    }
    std::fs::write(scene.path().join("other.wasm"), module).unwrap();
    let replay = scene.run(&["replay", "last", "--module", "reads=other.wasm"]).exits(4);
    assert!(replay.stderr.contains("GET backend /health"), "{replay:#?}");
    assert!(replay.stderr.contains("GET backend /wealth"), "{replay:#?}");
    assert!(replay.stdout.contains("P3.1  pass → inconclusive"), "{replay:#?}");
}

#[test]
fn a_module_that_asks_less_diverges() {
    let scene = swarm();
    let health = format!("reads={}", guests().join("health.wasm").display());
    let replay = scene.run(&["replay", "last", "--module", &health]).exits(4);
    assert!(replay.stderr.contains("GET backend /health"), "{replay:#?}");
    assert!(replay.stderr.contains("nothing: the phase returned"), "{replay:#?}");
}

#[test]
fn a_module_for_a_phase_that_is_not_there_is_refused() {
    let scene = swarm();
    let outcome = scene.run(&["replay", "last", "--module", "writes=other.wasm"]).exits(2);
    assert!(outcome.stderr.contains("has no phase `writes`"), "{outcome:#?}");
}

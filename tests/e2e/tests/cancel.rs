//! A run is ended for good: while a host works on it, after one was killed, and not after it has ended.

use std::{path::PathBuf, time::Duration};

use holdpoint_e2e::{
    Scene,
    process::{Live, until},
    rows::{Judge, scene},
    staging::Staging,
};
use holdpoint_staging_double::Options;

fn two(staging: &Staging) -> Scene {
    scene(&staging.backend(), "", &[Judge::good("first"), Judge { needs: &["first"], ..Judge::good("second") }])
}

/// A run whose first phase waits for its first answer.
fn waiting(staging: &Staging, scene: &Scene) -> Live {
    staging.slow(Duration::from_secs(25));
    let run = scene.start(&["run", "BUNDLE"]);
    until("the first request came", || staging.requests() > 0);
    run
}

fn control(scene: &Scene) -> PathBuf {
    scene.journal().with_file_name("control")
}

#[test]
fn a_run_that_is_worked_on_is_stopped_and_decides_at_once() {
    let staging = Staging::start();
    let scene = two(&staging);
    let run = waiting(&staging, &scene);
    let cancelled = scene.run(&["cancel", "last", "--reason", "wrong image"]).exits(0);
    assert!(cancelled.stderr.contains("is cancelled"), "{cancelled:?}");
    let run = run.finish().exits(3);
    for text in [&run.stdout, &cancelled.stdout] {
        assert!(text.lines().next().unwrap().ends_with("· cancelled"), "{text}");
        assert!(text.lines().last().unwrap().starts_with("inconclusive · cancelled by "), "{text}");
        assert!(text.contains("the phase was stopped: cancelled by ") && text.contains(": wrong image"), "{text}");
    }
    let report = scene.run(&["report", "--format", "json"]).exits(0).json();
    assert_eq!(
        (&report["cancelled"]["reason"], &report["phases"][1]["end"]),
        (&"wrong image".into(), &"skipped".into())
    );
    assert_eq!(report["phases"][0]["end"], "cancelled");
    assert!(!control(&scene).exists() && !scene.journal().with_file_name("sessions").exists());
    let replay = scene.run(&["replay"]).exits(0);
    assert!(replay.stderr.contains("phase `first` was stopped in the midst"), "{replay:?}");
    let resumed = scene.run(&["resume", "last"]).exits(2);
    assert!(resumed.stderr.contains("has ended with `inconclusive`"), "{resumed:?}");
}

#[test]
fn an_effect_under_way_ends_and_is_recorded() {
    let staging = Staging::with(Options { effect_before_ms: 5_000, ..Options::default() });
    let scene = two(&staging);
    let run = scene.start(&["run", "BUNDLE"]);
    // The read has been answered, so the effect is on its way.
    until("the effect was sent", || staging.requests() > 1);
    scene.run(&["cancel", "last"]).exits(0);
    run.finish().exits(3);
    assert_eq!(staging.effects().len(), 1);
    let events = scene.run(&["show", "last", "first/1"]).exits(0).stdout;
    assert!(events.contains("POST backend /effects  answered"), "{events}");
    let second = scene.run(&["report", "--format", "json"]).exits(0).json();
    assert_eq!(second["phases"][1]["end"], "skipped");
}

#[test]
fn a_run_whose_host_was_killed_is_ended_in_its_place_and_a_socket_left_behind_is_no_obstacle() {
    let staging = Staging::start();
    let scene = two(&staging);
    drop(waiting(&staging, &scene));
    assert!(control(&scene).exists(), "a killed host leaves its socket");
    let cancelled = scene.run(&["cancel", "last", "--output", "json"]).exits(0);
    assert_eq!((cancelled.decision().as_str(), cancelled.row("FIRST").as_str()), ("inconclusive", "inconclusive"));
    assert!(!control(&scene).exists() && !scene.journal().with_file_name("sessions").exists());
    scene.run(&["replay"]).exits(0);
}

#[test]
fn a_socket_left_behind_does_not_keep_a_resumed_run_from_being_cancelled() {
    let staging = Staging::start();
    let scene = two(&staging);
    drop(waiting(&staging, &scene));
    let before = staging.requests();
    let resumed = scene.start(&["resume"]);
    until("the request came again", || staging.requests() > before);
    scene.run(&["cancel", "last"]).exits(0);
    resumed.finish().exits(3);
}

#[test]
fn a_failed_row_still_holds() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), "", &[Judge::bad("first"), Judge::good("other")]);
    scene.run(&["run", "BUNDLE", "--only", "first"]).exits(1);
    let run = scene.run(&["cancel", "last"]).exits(2);
    assert!(run.stderr.contains("has ended with `hold`; there is nothing to cancel"), "{run:?}");
}

#[test]
fn a_run_that_ends_while_it_is_cancelled_says_one_thing_or_the_other() {
    let staging = Staging::start();
    for _ in 0..10 {
        let scene = two(&staging);
        let run = scene.start(&["run", "BUNDLE"]);
        until("it has begun", || {
            std::fs::read_dir(scene.path().join(".holdpoint/runs")).is_ok_and(|mut r| r.next().is_some())
        });
        let cancelled = scene.run(&["cancel", "last"]);
        let run = run.finish();
        match (cancelled.code, run.code) {
            // It was there in time.
            (Some(0), Some(3)) => assert!(run.stdout.contains("· cancelled by "), "{run:?}"),
            // It came too early or too late, and says so.
            (Some(2), Some(0)) => assert!(!run.stdout.contains("cancelled"), "{run:?}"),
            _ => panic!("{cancelled:?} {run:?}"),
        }
        scene.run(&["replay"]).exits(0);
    }
}

//! Runs that are decided in stages, and rehearsals, in which waits pass faster than they do.

use holdpoint_e2e::{
    Scene,
    acting::{expect, rows},
    checklist,
    staging::{Change, Resource, Service, Staging},
    watching::{acting, in_stages as scene, looks, until_looks},
};
use serde_json::Value;

fn report(scene: &Scene) -> Value {
    scene.run(&["report", "--format", "json"]).json()
}

fn verdict(rows: &Value, row: &str) -> String {
    rows[row]["verdict"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_run_ends_with_its_first_stage_and_goes_on_with_the_next_when_it_is_told_to() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), ("6s", "500ms"), "1s");
    let first = scene.run(&["run", "BUNDLE"]).exits(0);
    assert!(first.stdout.contains("release · stage deploy; stage day comes with: holdpoint resume "), "{first:?}");
    let seen = report(&scene);
    assert_eq!(
        (verdict(&seen["rows"], "P3.1"), verdict(&seen["rows"], "P4.1.memory")),
        ("pass".into(), "pending".into())
    );
    assert_eq!(
        seen["run"]["stages"],
        serde_json::json!([{ "name": "deploy", "over": true }, { "name": "day", "over": false }])
    );
    assert_eq!(looks(&scene), Vec::<f64>::new());
    assert!(scene.run(&["runs"]).exits(0).stdout.contains("release"));
    scene.run(&["replay", "last"]).exits(0);
    scene.run(&["export", "last", "--to", "first.holdpoint"]);
    // Nothing was interrupted, so nothing goes on by itself.
    let all = scene.run(&["resume", "--all"]).exits(0);
    assert!(all.stderr.contains("was interrupted"), "{all:?}");
    assert_eq!(looks(&scene), Vec::<f64>::new());

    let second = scene.run(&["resume", "last"]).exits(0);
    assert!(!second.stdout.contains("stage"), "there is none left: {second:?}");
    let looks = looks(&scene);
    assert!((8..=12).contains(&looks.len()), "of twelve, a busy machine misses some: {looks:?}");
    let seen = rows(&scene);
    assert_eq!((verdict(&seen, "P3.1"), verdict(&seen, "P4.1.memory")), ("pass".into(), "pass".into()));
    scene.run(&["replay", "last"]).exits(0);
    let third = scene.run(&["resume", "last"]).exits(2);
    assert!(third.stderr.contains("has ended with `release`; there is nothing to resume"), "{third:?}");
}

#[test]
fn what_fails_in_the_next_stage_holds_and_what_fails_before_lets_it_not_begin() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), ("6s", "500ms"), "1s");
    scene.run(&["run", "BUNDLE"]).exits(0);
    staging.change(Service::Backend, Change::Pressed(Resource::Memory));
    scene.run(&["resume", "last"]).exits(1);
    assert_eq!((verdict(&rows(&scene), "P3.1"), verdict(&rows(&scene), "P4.1.memory")), ("pass".into(), "fail".into()));

    staging.change(Service::Backend, Change::Unavailable);
    let held = scene.run(&["run", "BUNDLE", "--through", "day"]).exits(1);
    assert!(held.stdout.contains("stage `deploy` came to hold"), "{held:?}");
    assert_eq!(looks(&scene), Vec::<f64>::new());
    let nothing = scene.run(&["resume", "last"]).exits(2);
    assert!(nothing.stderr.contains("nothing to resume"), "{nothing:?}");
}

/// The first stage changes something as well, and `undo` takes it back where memory is nearly used up.
fn with_rollback(scene: &Scene) {
    let phases = [acting("change", "CHANGE"), acting("undo", "UNDO")].concat();
    let rollback = "\n[rollback]\nphase = \"undo\"\nundoes = [\"change\"]\nwhen = [\"P4.1.memory\"]\n";
    scene.edit("bundle/bundle.toml", |bundle| {
        bundle.replacen("[[policy]]", &format!("{phases}[[policy]]"), 1) + rollback
    });
    scene.edit("bundle/checklist.toml", |rows| format!("{rows}{}", checklist(&["CHANGE", "UNDO"])));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
}

#[test]
fn what_fails_in_the_next_stage_takes_back_what_the_first_one_has_changed() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), ("6s", "500ms"), "1s");
    with_rollback(&scene);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(staging.effects().len(), 1, "nothing is taken back yet");
    staging.change(Service::Backend, Change::Pressed(Resource::Memory));
    let run = scene.run(&["resume", "last", "--output", "json"]).exits(5);
    assert_eq!(
        (run.decision(), run.row("CHANGE"), run.row("UNDO"), run.row("P4.1.memory")),
        ("rolled-back".into(), "pass".into(), "pass".into(), "fail".into())
    );
    assert_eq!(staging.effects().len(), 2, "{run:?}");
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_run_that_is_told_to_goes_through_all_stages_and_a_host_that_was_killed_goes_on_with_the_last() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), ("6s", "500ms"), "1s");
    let unknown = scene.run(&["run", "BUNDLE", "--through", "week"]).exits(2);
    assert!(unknown.stderr.contains("the run has no stage `week`; it has deploy, day"), "{unknown:?}");
    let live = scene.start(&["run", "BUNDLE", "--through", "day"]);
    until_looks(&scene, 3);
    drop(live);
    let end = scene.run(&["resume"]);
    // What nobody saw meanwhile may leave the row open.
    assert!(matches!(end.code, Some(0 | 3)), "{end:?}");
    let health = report(&scene)["phases"].as_array().unwrap().iter().find(|phase| phase["id"] == "health").cloned();
    assert_eq!(health.unwrap()["calls"]["by_outcome"]["answered"], 1, "what was decided is not asked again");
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_rehearsal_has_the_waits_of_hours_in_moments_and_passes_nothing() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), ("2h", "30s"), "1m");
    let none = scene.run(&["run", "BUNDLE", "--scale", "1"]).exits(2);
    assert!(none.stderr.contains("a scale is a whole number from 2 to 100000"), "{none:?}");
    let run = scene.run(&["run", "BUNDLE", "--scale", "5000"]).exits(8);
    assert!(run.stdout.contains("rehearsal, waits 5000 times as fast"), "{run:?}");
    assert!(run.stdout.contains("rehearsed · nothing failed while waits passed faster"), "{run:?}");
    let seen = report(&scene);
    assert_eq!((&seen["decision"], &seen["run"]["scale"]), (&"rehearsed".into(), &5_000.into()));
    for row in ["P3.1", "P4.1.memory"] {
        expect(&seen["rows"], row, "not-exercised", "rehearsed with waits 5000 times as fast, where it passes");
    }
    let looks = looks(&scene);
    assert_eq!(looks.len(), 240);
    // Each is when it is due, by the clock of the run, and what it took is what it takes.
    let late = |(n, look): (usize, &f64)| look - n as f64 * 30_000.0;
    let late: Vec<f64> = looks.iter().enumerate().map(late).collect();
    assert!(late.iter().all(|late| late.abs() < 5_000.0), "{late:?}");
    scene.run(&["replay", "last"]).exits(0);

    staging.change(Service::Backend, Change::Pressed(Resource::Memory));
    let held = scene.run(&["run", "BUNDLE", "--scale", "5000"]).exits(1);
    assert!(held.stdout.contains("hold · failed: P4.1.memory"), "{held:?}");
}

#[test]
fn a_rehearsal_that_was_killed_goes_on_by_its_own_clock() {
    let staging = Staging::start();
    let scene = scene(&staging.backend(), ("2h", "30s"), "1m");
    let live = scene.start(&["run", "BUNDLE", "--scale", "1000"]);
    until_looks(&scene, 20);
    drop(live);
    let before = looks(&scene);
    assert!(before.len() < 240, "it was killed in the midst");
    scene.run(&["resume"]).exits(8);
    let after = looks(&scene);
    assert_eq!(after[..before.len()], before);
    let slots: Vec<i64> = after.iter().map(|look| (look / 30_000.0).round() as i64).collect();
    assert!(slots.windows(2).all(|two| two[0] < two[1]), "no look is made twice: {after:?}");
    assert!(after.len() >= 238, "the clock of the run stood while nobody was there: {}", after.len());
}

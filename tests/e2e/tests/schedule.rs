//! A phase that starts at a time of day: it waits for it, and a time that nobody was there for follows the rule.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use holdpoint_e2e::{
    Scene,
    process::until,
    rows::{Judge, scene},
    staging::Staging,
};

/// Phases with a schedule each, and `other`, which has none.
fn timed(staging: &Staging, schedules: &[(&'static str, String)]) -> Scene {
    let mut judges = vec![Judge::good("other")];
    judges.extend(schedules.iter().map(|(id, _)| Judge::good(id)));
    let scene = scene(&staging.backend(), "", &judges);
    scene.edit("bundle/bundle.toml", |bundle| {
        schedules.iter().fold(bundle.to_owned(), |bundle, (id, schedule)| {
            let (before, phase) = bundle.split_once(&format!("id = \"{id}\"")).expect("it has the phase");
            let phase = phase.replacen("[phase.grants]", &format!("[phase.schedule]\n{schedule}\n[phase.grants]"), 1);
            format!("{before}id = \"{id}\"{phase}")
        })
    });
    scene
}

fn report(scene: &Scene) -> serde_json::Value {
    scene.run(&["report", "--format", "json"]).exits(0).json()
}

fn phase<'r>(report: &'r serde_json::Value, id: &str) -> &'r serde_json::Value {
    let phases = report["phases"].as_array().expect("phases");
    phases.iter().find(|phase| phase["id"] == id).expect("the phase")
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970")
}

#[test]
fn a_phase_starts_at_its_time_of_day_and_others_before() {
    let staging = Staging::start();
    let scene = timed(&staging, &[("night", "at = \"03:00\"".into()), ("morning", "at = \"09:00\"".into())]);
    let plan = scene.run(&["plan", "BUNDLE"]).exits(0).stdout;
    assert!(plan.contains("starts at 03:00 UTC, within 30m; if it is missed: skip"), "{plan}");
    let run = scene.run(&["run", "BUNDLE", "--scale", "100000"]).exits(8);
    assert!(run.stderr.contains("night: waits until 20"), "{run:?}");
    let report = report(&scene);
    let moment = |id: &str, what: &str| phase(&report, id)[what].as_str().unwrap_or_default().to_owned();
    for (id, time) in [("night", "T03:0"), ("morning", "T09:0")] {
        let started = moment(id, "started");
        assert!(started.contains(time) && started > moment("other", "ended"), "{id} started at {started}");
        assert_eq!(
            phase(&report, id)["scheduled"]["at"].as_str().map(|at| &at[10..]),
            Some(&*format!("{time}0:00.000Z"))
        );
    }
    assert_eq!(staging.effects().len(), 3);
    let replay = scene.run(&["replay", "last", "--keep", "second.db"]).exits(0);
    assert!(replay.stdout.contains("the same again: rehearsed"), "{replay:?}");
    // Whoever asks for a phase by its name does not want to wait for it.
    scene.run(&["run", "BUNDLE", "--only", "night"]).exits(7);
    assert_eq!(staging.effects().len(), 4);
}

#[test]
fn a_time_that_passed_while_no_host_was_there_follows_the_rule_of_the_phase() {
    let staging = Staging::start();
    // The next minute that leaves time to begin before it.
    let minute = (now().as_secs() + 30) / 60 + 1;
    let at = |rule: &str| {
        format!("at = \"{:02}:{:02}\"\nwithin = \"1s\"\nmissed = \"{rule}\"", minute / 60 % 24, minute % 60)
    };
    let rules = [("dropped", at("skip")), ("caught-up", at("run")), ("put-off", at("next"))];
    let scene = timed(&staging, &rules);
    let run = scene.start(&["run", "BUNDLE"]);
    let waiting = |count: usize| scene.run(&["report"]).stdout.matches("waits until 20").count() == count;
    until("three phases wait", || scene.path().join(".holdpoint/runs").exists() && waiting(3));
    drop(run);
    assert!(now().as_secs() < minute * 60, "it was killed before their time");
    let passed = Duration::from_secs(minute * 60 + 2).saturating_sub(now());
    std::thread::sleep(passed);
    let run = scene.start(&["resume", "last"]);
    until("one waits for the next day", || waiting(1) && staging.effects().len() == 2);
    let seen = report(&scene);
    let tomorrow = phase(&seen, "put-off")["scheduled"]["at"].as_str().map(str::to_owned);
    scene.run(&["cancel", "last", "--reason", "seen enough"]).exits(0);
    run.finish();
    let seen = report(&scene);
    assert_eq!(phase(&seen, "caught-up")["end"], "completed");
    let first = phase(&seen, "caught-up")["scheduled"]["at"].as_str().map(str::to_owned);
    assert!(tomorrow > first, "{tomorrow:?} {first:?}");
    let observed = seen["rows"]["DROPPED"]["observed"].as_str().unwrap_or_default();
    assert!(observed.starts_with("its time was 20") && observed.ends_with(", which was missed"), "{seen}");
    assert_eq!(seen["rows"]["DROPPED"]["verdict"], "not-exercised");
}

//! A day with kills: a host that watches is killed at random moments, and resumed each time. No look is made or judged twice, none is lost but those of
//! which nobody could know, and a replay comes to the same.

use std::time::Duration;

use holdpoint_e2e::{
    Scene,
    crash::Chance,
    staging::Staging,
    watching::{in_stages, looks, until_looks},
};
use holdpoint_journal::Reader;
use holdpoint_model::{Event, EventKind};

/// Kills of one day.
const KILLS: usize = 10;
/// A process is killed before it has lived so long, in milliseconds. All together they live less than the waits of the day take.
const LIFE: u64 = 1_200;
/// Looks of the day: 23 hours, one each 3 minutes.
const LOOKS: usize = 460;
/// What lies between two looks, in milliseconds.
const EVERY: f64 = 180_000.0;

fn seed() -> u64 {
    std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos() as u64
}

fn events(scene: &Scene) -> Vec<Event> {
    let reader = Reader::open(&scene.journal()).expect("there is a journal");
    reader.events().expect("it can be read")
}

/// The stretches in which no host was there, in milliseconds since the first look.
fn unobserved(events: &[Event]) -> Vec<(f64, f64)> {
    let is_look =
        |event: &&Event| matches!(&event.kind, EventKind::Call(call) if call.summary == "GET backend /metrics");
    let first = events.iter().find(is_look).expect("there are looks").at;
    let resumed = events.windows(2).filter(|two| matches!(two[1].kind, EventKind::RunResumed));
    resumed.map(|two| (two[0].at.since(first), two[1].at.since(first))).collect()
}

#[test]
fn a_day_with_ten_kills_comes_to_its_decision_and_no_look_is_made_twice() {
    let seed = seed();
    println!("seed {seed}");
    let mut chance = Chance::new(seed);
    let staging = Staging::start();
    let scene = in_stages(&staging.backend(), ("23h", "3m"), "10m");
    let mut live = scene.start(&["run", "BUNDLE", "--scale", "5000"]);
    until_looks(&scene, 1);
    for kill in 1..=KILLS {
        std::thread::sleep(Duration::from_millis(chance.below(LIFE)));
        assert!(live.is_running(), "seed {seed}: it ended before kill {kill}: {:?}", live.finish());
        drop(live);
        live = scene.start(&["resume"]);
    }
    let end = live.finish();
    // What nobody saw meanwhile may leave a row open.
    assert!(matches!(end.code, Some(3 | 8)), "seed {seed}: {end:?}");

    let events = events(&scene);
    let slots: Vec<usize> = looks(&scene).iter().map(|look| (look / EVERY).round() as usize).collect();
    assert!(slots.windows(2).all(|two| two[0] < two[1]), "seed {seed}: a look is made twice: {slots:?}");
    let away = unobserved(&events);
    assert!(away.len() <= KILLS, "seed {seed}: {away:?}");
    let lost: Vec<usize> = (0..LOOKS).filter(|slot| slots.binary_search(slot).is_err()).collect();
    // One that a host was at when it was killed was due shortly before.
    let nobody_there =
        |slot: &usize| away.iter().any(|(from, to)| (from - EVERY..=to + EVERY).contains(&(*slot as f64 * EVERY)));
    assert!(lost.iter().all(nobody_there), "seed {seed}: lost {lost:?}, unobserved {away:?}");
    assert!(lost.len() <= KILLS, "seed {seed}: the clock of the run stood while nobody was there: lost {lost:?}");

    let of = |see: &dyn Fn(&Event) -> Option<u64>| events.iter().filter_map(see).collect::<Vec<_>>();
    let ticks = of(&|event| matches!(event.kind, EventKind::Ticked { .. }).then_some(event.position));
    let judged = of(&|event| match &event.kind {
        EventKind::Found(found) => Some(found.tick),
        _ => None,
    });
    assert_eq!(judged, ticks, "seed {seed}: each tick is judged once");
    scene.run(&["replay", "last"]).exits(0);
}

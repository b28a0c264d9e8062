//! Waits through the gate, on tokio's paused time.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use holdpoint_gate::{Capability as _, Clock as _, Guest, Limits};
use holdpoint_model::{Answer, CallError, Class, PhaseId, Scale, Timestamp, grant};
use holdpoint_testkit::Forgetful;
use tokio::time::Instant;

use crate::{Clock, RunClock, Sleep, SleepBackend};

/// Goes with tokio's time, plus a jump.
struct Wall {
    start: Instant,
    jump: Mutex<f64>,
}

impl Wall {
    fn new() -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), jump: Mutex::new(0.0) })
    }
}

impl holdpoint_gate::Clock for Wall {
    fn now(&self) -> Timestamp {
        Timestamp(self.start.elapsed().as_secs_f64() * 1_000.0 + *self.jump.lock().unwrap())
    }
}

fn grants(deadline: Duration) -> grant::Grants {
    grant::Grants {
        limits: grant::Limits { deadline, ..grant::Limits::default() },
        ..grant::Grants::none(PhaseId::parse("monitor").unwrap())
    }
}

async fn sleep(wall: &Arc<Wall>, request: Sleep) -> Answer<()> {
    sleep_by(SleepBackend::new(RunClock::of(wall.clone())), request).await
}

async fn sleep_by(backend: SleepBackend, request: Sleep) -> Answer<()> {
    let mut guest =
        Guest::new(Forgetful::acting().gate(), PhaseId::parse("monitor").unwrap(), Timestamp(0.0), Limits::default());
    let backend = Arc::new(backend);
    guest.call::<Clock, _>(&backend, &grants(Duration::from_secs(86_400)), request).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn waits_until_the_moment_and_no_longer() {
    let wall = Wall::new();
    sleep(&wall, Sleep { from: 0.0, until: 2_500.0 }).await.unwrap();
    let waited = wall.start.elapsed().as_millis();
    assert!((2_500..2_510).contains(&waited), "waited {waited} ms");
}

#[tokio::test(start_paused = true)]
async fn waits_for_more_than_a_minute() {
    let wall = Wall::new();
    sleep(&wall, Sleep { from: 0.0, until: 3_600_000.0 }).await.unwrap();
    assert!(wall.start.elapsed() >= Duration::from_secs(3_600));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_wait_waits_for_the_rest() {
    let wall = Wall::new();
    *wall.jump.lock().unwrap() = 9_000.0;
    sleep(&wall, Sleep { from: 0.0, until: 10_000.0 }).await.unwrap();
    assert!(wall.start.elapsed() < Duration::from_millis(1_010));
    sleep(&wall, Sleep { from: 0.0, until: 10_000.0 }).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn notices_that_the_time_of_day_was_set() {
    let wall = Wall::new();
    let (waiting, setting) = (wall.clone(), wall.clone());
    let wait = tokio::spawn(async move { sleep(&waiting, Sleep { from: 0.0, until: 3_600_000.0 }).await });
    tokio::time::sleep(Duration::from_secs(10)).await;
    *setting.jump.lock().unwrap() = 3_600_000.0;
    wait.await.unwrap().unwrap();
    assert!(wall.start.elapsed() < Duration::from_secs(12));
}

#[tokio::test(start_paused = true)]
async fn denies_a_wait_beyond_the_deadline() {
    let wall = Wall::new();
    let Err(CallError::Denied(denial)) = sleep(&wall, Sleep { from: 0.0, until: 90_000_000.0 }).await else {
        panic!("should be denied")
    };
    assert!(denial.wanted.contains("clock sleep 25h"), "{denial:?}");
}

#[test]
fn denies_what_is_no_moment() {
    for until in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300] {
        assert!(Clock::authorize(&grants(Duration::from_secs(60)), &Sleep { from: 0.0, until }).is_err(), "{until}");
    }
    let past = Sleep { from: 5_000.0, until: 0.0 };
    assert_eq!(Clock::authorize(&grants(Duration::from_secs(60)), &past), Ok(Class::Read));
}

#[tokio::test]
async fn a_guest_that_sleeps_in_a_rehearsal_is_fast_unless_something_of_it_goes_on() {
    for (busy, least, most) in [(false, 0, 10_000), (true, 149, u128::MAX)] {
        let clock = RunClock::scaled(Scale::new(100_000).unwrap(), Timestamp(0.0));
        let _awake = clock.awake();
        let from = clock.now().0;
        // As long as can be waited for really, or an hour.
        let until = from + if busy { 150.0 } else { 3_600_000.0 };
        let begun = Instant::now();
        sleep_by(SleepBackend::new(clock).busy_while(move || busy), Sleep { from, until }).await.unwrap();
        let waited = begun.elapsed().as_millis();
        assert!((least..=most).contains(&waited), "busy: {busy}, waited {waited} ms");
    }
}

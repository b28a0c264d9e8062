//! The clock of a run.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use holdpoint_gate::Clock;
use holdpoint_model::{Scale, Timestamp};
use tokio::sync::watch;

use crate::{SystemClock, pace::Pace};

/// The longest stretch without a look at the clock: the time of day may be set while somebody waits.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The clock that a run lives by: the machine's, or in a rehearsal one that is many times as fast while everybody sleeps. It is real while
/// anybody is [`awake`](Self::awake), so that latencies, time-outs and rates are.
pub struct RunClock {
    machine: Arc<dyn Clock>,
    rehearsal: Option<Rehearsal>,
}

struct Rehearsal {
    pace: Mutex<Pace>,
    changed: watch::Sender<()>,
}

/// Somebody is doing something. Dropping it says that they do no more.
pub struct Awake(Arc<RunClock>);

/// Somebody waits for a moment and does nothing meanwhile.
struct Waiting<'a> {
    clock: &'a RunClock,
    until: f64,
    was_awake: bool,
}

impl RunClock {
    /// The machine's clock.
    pub fn real() -> Arc<Self> {
        Self::of(Arc::new(SystemClock::new()))
    }

    /// This clock, as it is.
    pub fn of(machine: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { machine, rehearsal: None })
    }

    /// The clock of a rehearsal that is as far as this.
    pub fn scaled(scale: Scale, at: Timestamp) -> Arc<Self> {
        let machine = Arc::new(SystemClock::new());
        let real = machine.now().0;
        // A run whose clock is ahead goes on from there.
        let pace = Pace::new(f64::from(scale.times()), real, at.0.max(real));
        let rehearsal = Rehearsal { pace: Mutex::new(pace), changed: watch::Sender::new(()) };
        Arc::new(Self { machine, rehearsal: Some(rehearsal) })
    }

    /// The machine's own, for what the world outside reckons with: the lives of tokens.
    pub fn machine(&self) -> Arc<dyn Clock> {
        self.machine.clone()
    }

    /// Whether waits pass faster than they do.
    pub fn is_rehearsal(&self) -> bool {
        self.rehearsal.is_some()
    }

    /// Holds the clock real until it is dropped.
    pub fn awake(self: &Arc<Self>) -> Awake {
        self.turn(Pace::wake);
        Awake(self.clone())
    }

    /// Waits until then. Whoever waits and is awake besides holds the clock real.
    pub async fn until(&self, until: Timestamp) {
        self.wait(Waiting::new(self, until.0, false)).await;
    }

    /// Waits until then, for somebody who is awake and does nothing else meanwhile.
    pub async fn asleep_until(&self, until: Timestamp) {
        self.wait(Waiting::new(self, until.0, true)).await;
    }

    /// Waits until then, and is awake. From this call on the clock does not run past that moment.
    pub fn wake_at(self: &Arc<Self>, until: Timestamp) -> impl Future<Output = Awake> + Send + use<'_> {
        let waiting = Waiting::new(self, until.0, false);
        async move {
            let _waiting = self.wait(waiting).await;
            self.awake()
        }
    }

    /// Gives back the waiting, so that who has waited ends it when they are awake.
    async fn wait<'w>(&self, waiting: Waiting<'w>) -> Waiting<'w> {
        let until = Timestamp(waiting.until);
        loop {
            // Before the look, so that no change is missed after it.
            let changed = self.rehearsal.as_ref().map(|rehearsal| rehearsal.changed.subscribe());
            let rest = match &self.rehearsal {
                Some(rehearsal) => rehearsal.pace().rest(self.machine.now().0, until.0),
                None => until.since(self.machine.now()),
            };
            if rest.is_nan() || rest <= 0.0 {
                return waiting;
            }
            let rest = Duration::try_from_secs_f64(rest / 1_000.0).unwrap_or(LOOK_AGAIN);
            let looked = tokio::time::sleep(rest.min(LOOK_AGAIN));
            match changed {
                Some(mut changed) => tokio::select! { () = looked => {} _ = changed.changed() => {} },
                None => looked.await,
            }
        }
    }

    fn turn(&self, turn: impl FnOnce(&mut Pace, f64)) {
        if let Some(rehearsal) = &self.rehearsal {
            turn(&mut rehearsal.pace(), self.machine.now().0);
            rehearsal.changed.send_replace(());
        }
    }
}

impl Rehearsal {
    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for RunClock {
    fn now(&self) -> Timestamp {
        let real = self.machine.now();
        match &self.rehearsal {
            Some(rehearsal) => Timestamp(rehearsal.pace().now(real.0)),
            None => real,
        }
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.0.turn(Pace::rest_from);
    }
}

impl<'a> Waiting<'a> {
    fn new(clock: &'a RunClock, until: f64, was_awake: bool) -> Self {
        clock.turn(|pace, real| {
            pace.wait(real, until);
            if was_awake {
                pace.rest_from(real);
            }
        });
        Self { clock, until, was_awake }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.clock.turn(|pace, real| {
            // In this order: in between the clock must not run on.
            if self.was_awake {
                pace.wake(real);
            }
            pace.waited(real, self.until);
        });
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    const DAY: f64 = 86_400_000.0;

    fn clock(scale: u32) -> Arc<RunClock> {
        RunClock::scaled(Scale::new(scale).unwrap(), Timestamp(0.0))
    }

    #[tokio::test]
    async fn a_day_takes_a_moment_and_everybody_wakes_when_they_are_due() {
        let (clock, begun) = (clock(100_000), Instant::now());
        let start = clock.now();
        let sleeper = |hours: f64| {
            let (clock, awake) = (clock.clone(), clock.awake());
            async move {
                let until = Timestamp(start.0 + hours * 3_600_000.0);
                clock.asleep_until(until).await;
                let late = clock.now().since(until);
                drop(awake);
                late
            }
        };
        let late = tokio::join!(sleeper(24.0), sleeper(1.0), sleeper(23.99));
        // What one does when it wakes takes real time, so that the others are late by that.
        assert!([late.0, late.1, late.2].iter().all(|late| (0.0..1_000.0).contains(late)), "{late:?}");
        assert!(clock.now().since(start) >= DAY);
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn it_is_real_while_somebody_is_awake() {
        let clock = clock(100_000);
        let (awake, start, begun) = (clock.awake(), clock.now(), Instant::now());
        clock.until(Timestamp(start.0 + 50.0)).await;
        assert!(begun.elapsed() >= Duration::from_millis(49), "{:?}", begun.elapsed());
        // Whoever waits is told when the pace changes.
        let waiting = tokio::spawn({
            let clock = clock.clone();
            async move { clock.until(Timestamp(clock.now().0 + DAY)).await }
        });
        tokio::task::yield_now().await;
        drop(awake);
        tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn nobody_is_overtaken_between_a_call_and_the_wait() {
        let clock = clock(100_000);
        let awake = clock.awake();
        let until = Timestamp(clock.now().0 + 60_000.0);
        let wakes = clock.wake_at(until);
        // Others sleep for longer.
        let other = tokio::spawn({
            let clock = clock.clone();
            async move { clock.until(Timestamp(until.0 + DAY)).await }
        });
        drop(awake);
        // As long as the clock would take for hours.
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(clock.now(), until, "it waits for whoever is to wake");
        let awake = wakes.await;
        assert!(clock.now().since(until) < 10_000.0);
        drop(awake);
        tokio::time::timeout(Duration::from_secs(30), other).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_run_whose_clock_is_ahead_goes_on_from_there() {
        let ahead = Timestamp(SystemClock::new().now().0 + DAY);
        let clock = RunClock::scaled(Scale::new(2).unwrap(), ahead);
        assert!(clock.now() >= ahead);
        assert!(clock.machine().now().0 < ahead.0, "tokens live by the machine's");
    }
}

//! What all tasks of a load share: its clock, its counts, its bounds, and whether it goes on.

use std::{
    sync::{
        Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use holdpoint_cap_http::user::Harm;
use tokio::{sync::watch, time::Instant};

use crate::{End, Exchange, Leak, Observer, User, UserError, outage::Ticket, starts::Starts, tally::Tally};

/// The state of a load that is going on.
pub(crate) struct Shared {
    /// When this host began, and how far the plan was then. It begins when the first users are there.
    begun: OnceLock<Instant>,
    before: Duration,
    tally: Mutex<Tally>,
    starts: Mutex<Starts>,
    /// Iterations over the whole load.
    numbers: AtomicU64,
    end: watch::Sender<Option<End>>,
}

impl Shared {
    pub(crate) fn new(before: Duration, tally: Tally, starts: Starts, first: u64) -> Self {
        Self {
            begun: OnceLock::new(),
            before,
            tally: Mutex::new(tally),
            starts: Mutex::new(starts),
            numbers: AtomicU64::new(first),
            end: watch::Sender::new(None),
        }
    }

    /// The plan begins, or goes on, at the time that is given.
    pub(crate) fn begin(&self) -> Duration {
        self.begun.get_or_init(Instant::now);
        self.before
    }

    /// The time of the plan.
    pub(crate) fn now(&self) -> Duration {
        self.before + self.begun.get().map_or(Duration::ZERO, Instant::elapsed)
    }

    pub(crate) fn now_ms(&self) -> f64 {
        ms(self.now())
    }

    /// Where a time of the plan is on the clock; one that has passed is now.
    fn instant(&self, time: Duration) -> Instant {
        *self.begun.get_or_init(Instant::now) + time.saturating_sub(self.before)
    }

    pub(crate) fn tally(&self) -> MutexGuard<'_, Tally> {
        // Counts may be one short where something panicked, and nothing else.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn starts(&self) -> MutexGuard<'_, Starts> {
        self.starts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the load; the first reason counts.
    pub(crate) fn end(&self, why: End) {
        self.end.send_if_modified(|end| {
            let first = end.is_none();
            end.get_or_insert(why);
            first
        });
    }

    pub(crate) fn has_ended(&self) -> Option<End> {
        self.end.borrow().clone()
    }

    /// Waits until the load is ended.
    pub(crate) async fn ended(&self) {
        // The sender is in `self`.
        let _ = self.end.subscribe().wait_for(Option::is_some).await;
    }

    /// Waits until a time of the plan. False if the load has ended before.
    pub(crate) async fn until(&self, time: Duration) -> bool {
        if self.end.borrow().is_some() {
            return false;
        }
        if time <= self.now() {
            return true;
        }
        tokio::select! {
            () = tokio::time::sleep_until(self.instant(time)) => true,
            () = self.ended() => false,
        }
    }

    /// Waits for leave to start an iteration. None if the load has ended, or ends now because it may send no more.
    pub(crate) async fn leave(&self) -> Option<u64> {
        let Some(at) = self.starts().next(self.now()) else {
            self.end(End::Bound("max-requests of the grant is reached".into()));
            return None;
        };
        self.until(at).await.then(|| self.numbers.fetch_add(1, Relaxed))
    }

    /// Does an iteration that was due at a time of the plan, and counts it.
    pub(crate) async fn iterate<U: User>(&self, user: &mut U, number: u64, due: Duration) -> Result<(), UserError> {
        let late = self.now().saturating_sub(due);
        let ticket = self.tally().started(ms(due), late);
        let mut open = OpenIteration { shared: self, ticket: Some(ticket) };
        let watching = Watching { shared: self, late, failed: AtomicBool::new(false), exchanges: AtomicU64::new(0) };
        let begun = Instant::now();
        let done = user.iterate(number, &watching).await;
        let seen = watching.exchanges.load(Relaxed) > 0;
        let good = done.is_ok() && seen && !watching.failed.load(Relaxed);
        if user.is_harmed() {
            open.ended_harmed();
        } else {
            open.ended(good, begun.elapsed());
        }
        done
    }

    /// Lets a user say farewell.
    pub(crate) async fn close<U: User>(&self, user: U) {
        let watching = Watching {
            shared: self,
            late: Duration::ZERO,
            failed: AtomicBool::new(false),
            exchanges: AtomicU64::new(1),
        };
        let is_harmed = user.is_harmed();
        if let Err(error) = user.close(&watching).await {
            self.lost(&error, is_harmed);
        }
    }

    /// A user does not go on.
    pub(crate) fn lost(&self, error: &UserError, is_harmed: bool) {
        let mut tally = self.tally();
        if is_harmed {
            tally.totals.harms.loss();
        } else {
            tally.totals.loss(&error.to_string());
        }
    }
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// An iteration under way. If it is dropped it was cut off, which says nothing of the target.
struct OpenIteration<'a> {
    shared: &'a Shared,
    ticket: Option<Ticket>,
}

impl OpenIteration<'_> {
    fn ended(&mut self, good: bool, took: Duration) {
        if let Some(ticket) = self.ticket.take() {
            self.shared.tally().ended(ticket, good, took);
        }
    }
}

impl OpenIteration<'_> {
    /// It was one of a user that is harmed on purpose, and says nothing of the target either.
    fn ended_harmed(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.shared.tally().ended_harmed(ticket);
        }
    }
}

impl Drop for OpenIteration<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.shared.tally().cut_off(ticket);
        }
    }
}

/// Watches one iteration.
struct Watching<'a> {
    shared: &'a Shared,
    late: Duration,
    failed: AtomicBool,
    exchanges: AtomicU64,
}

impl Observer for Watching<'_> {
    fn exchange(&self, exchange: Exchange<'_>) {
        if exchange.failure.is_some() && !exchange.deliberate {
            self.failed.store(true, Relaxed);
        }
        // The first was taken with the start.
        if self.exchanges.fetch_add(1, Relaxed) > 0 {
            self.shared.starts().one_more();
        }
        self.shared.tally().exchange(&exchange, self.late);
    }

    fn leak(&self, leak: Leak) {
        self.failed.store(true, Relaxed);
        self.shared.tally().totals.leak(leak);
    }

    fn check(&self, name: &str, good: bool) {
        self.shared.tally().totals.checks.judged(name, good);
    }

    fn own(&self, _: u32, times: u64) {
        self.shared.tally().totals.own(times);
    }

    fn harmed(&self, harm: Harm) {
        self.shared.tally().totals.harms.done(harm);
    }

    fn shared(&self, route: &str) {
        self.shared.tally().totals.shared.shown(route);
    }
}

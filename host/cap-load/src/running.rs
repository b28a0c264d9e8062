//! A load from its start to its summary: a task that drives it, one that closes a window each second, and whoever asks how far it is.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::{Instant, MissedTickBehavior},
};

use crate::{
    End, Incarnation, Iterations, Progress, Response, Summary, Users,
    drive::drive,
    ledger::{Kept, Ledger},
    plan::{Checked, Pace},
    shared::Shared,
    starts::Starts,
    tally::{Closed, Tally},
    totals::Totals,
};

const WINDOW: Duration = Duration::from_secs(1);
/// How long users may take to say farewell, after those under way were given their time.
const FAREWELL: Duration = Duration::from_secs(2);

/// Bounds of the grant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) max_rate: u32,
    pub(crate) max_requests: u32,
}

/// A load that was started. Dropping it ends it at once.
pub(crate) struct Running {
    part: Arc<Part>,
    summary: watch::Receiver<Option<Arc<Summary>>>,
    task: AbortHandle,
}

/// What this host does of a load.
struct Part {
    shared: Arc<Shared>,
    plan: Checked,
    ledger: Option<Ledger>,
    /// Hosts before this one.
    before: Vec<Incarnation>,
    from_ms: f64,
    counted: Counted,
    /// Of what goes wrong on purpose.
    seed: Option<u32>,
    /// Seconds of suffering, one after the other.
    suffering: Mutex<u32>,
    /// Held from the end of a window until it is kept, so that nothing is told that the next host would not know of.
    keeping: tokio::sync::Mutex<()>,
    done: watch::Sender<Option<Arc<Summary>>>,
}

/// What had been counted before this host.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    iterations: Iterations,
    exchanges: u32,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Running {
    /// Starts a load, or goes on with what a host before has kept of it.
    pub(crate) fn start<U: Users>(
        users: U,
        plan: Checked,
        bounds: Bounds,
        ledger: Option<Ledger>,
        kept: Option<Kept>,
    ) -> std::io::Result<Self> {
        let (totals, before) = kept.map_or_else(|| (Totals::default(), Vec::new()), Kept::into_parts);
        let from_ms = before.last().map_or(0.0, |last| last.to_ms);
        let from = Duration::from_secs_f64(from_ms.max(0.0) / 1_000.0);
        let counted = Counted { iterations: totals.iterations, exchanges: totals.exchanges() };
        // What was under way may have been sent.
        let unseen = before.iter().fold(0, |all: u32, host| all.saturating_add(host.under_way));
        let spent = counted.exchanges.max(counted.iterations.started).saturating_add(unseen);
        let starts = Starts::new(bounds.max_rate, bounds.max_requests.saturating_sub(spent));
        let incarnation = u32::try_from(before.len() + 1).unwrap_or(u32::MAX);
        let first = u64::from(counted.iterations.started);
        let shared = Arc::new(Shared::new(from, Tally::new(totals, incarnation, from_ms), starts, first));
        let done = watch::Sender::new(None);
        let summary = done.subscribe();
        let seed = users.seed();
        let (suffering, keeping) = (Mutex::new(0), tokio::sync::Mutex::default());
        let part = Arc::new(Part { shared, plan, ledger, before, from_ms, counted, seed, suffering, keeping, done });
        // From here on a host that comes after this one knows of the load.
        part.write(part.kept(None))?;
        let task = tokio::spawn(part.clone().run(Arc::new(users))).abort_handle();
        Ok(Self { part, summary, task })
    }

    /// How far it is, after so long or at its end.
    pub(crate) async fn poll(&self, wait: Duration) -> Response {
        if let Ok(Some(summary)) = tokio::time::timeout(wait, self.summary()).await {
            return Response::Ended(Box::new(summary));
        }
        let shared = &self.part.shared;
        let _kept = self.part.keeping.lock().await;
        let now_ms = shared.now_ms();
        let mut tally = shared.tally();
        let (exchanges, failed) = tally.so_far();
        Response::Running(Progress {
            elapsed_ms: now_ms,
            planned_ms: self.part.planned_ms(),
            stage: self.part.plan.stages.at(now_ms),
            users: tally.under_way,
            exchanges,
            failed,
            leaks: tally.totals.leak_count,
            own_count: tally.totals.own_count,
            windows: tally.take(),
        })
    }

    /// Starts no more, and gives the summary when what is under way has ended.
    pub(crate) async fn stop(&self) -> Option<Summary> {
        self.part.shared.end(End::Stopped);
        self.summary().await
    }

    async fn summary(&self) -> Option<Summary> {
        let mut summary = self.summary.clone();
        let summary = summary.wait_for(Option::is_some).await.ok()?;
        summary.as_deref().cloned()
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.summary.borrow().is_some()
    }
}

impl Part {
    fn planned_ms(&self) -> f64 {
        self.plan.ask.duration.as_secs_f64() * 1_000.0
    }

    async fn run<U: Users>(self: Arc<Self>, users: Arc<U>) {
        let ticking = self.clone();
        let mut aside = JoinSet::new();
        aside.spawn(async move { ticking.tick().await });
        let mut tasks = JoinSet::new();
        let left = match self.plan.pace {
            Pace::Each { users, iterations } => {
                let all = u64::from(users) * u64::from(iterations);
                all.saturating_sub(u64::from(self.counted.iterations.started))
            }
            Pace::Open { .. } | Pace::Closed(_) => 0,
        };
        drive(users, self.shared.clone(), (&self.plan.pace, self.plan.ask.duration), left, &mut tasks).await;
        self.shared.end(End::Completed);
        let all = async { while tasks.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(self.plan.graceful_stop + FAREWELL, all).await;
        tasks.shutdown().await;
        aside.shutdown().await;
        self.finish().await;
    }

    /// Closes a window each second, keeps it, and ends the load if it has to.
    async fn tick(&self) {
        let mut interval = tokio::time::interval_at(Instant::now() + WINDOW, WINDOW);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            let _kept = self.keeping.lock().await;
            let closed = self.close();
            self.judge(closed);
            let kept = self.kept(None);
            let Some(ledger) = self.ledger.clone() else { continue };
            let written = tokio::task::spawn_blocking(move || ledger.write(&kept)).await;
            if !matches!(written, Ok(Ok(()))) {
                // What is not kept could be counted wrongly by the next host.
                self.shared.end(End::Bound("the file that keeps the counts can't be written".into()));
            }
        }
    }

    fn close(&self) -> Closed {
        let now_ms = self.shared.now_ms();
        let mut tally = self.shared.tally();
        let users = tally.under_way;
        tally.users(users);
        tally.close(now_ms)
    }

    /// Ends the load if the target suffers, or a threshold that ends it does not hold.
    fn judge(&self, closed: Closed) {
        let guard = self.plan.guard;
        let share = closed.failed_share();
        let seconds = {
            let mut seconds = self.suffering.lock().unwrap_or_else(PoisonError::into_inner);
            match share {
                Some(share) if share >= guard.failed_share => *seconds += 1,
                Some(_) => *seconds = 0,
                // A second in which nothing came back says nothing.
                None => {}
            }
            *seconds
        };
        if seconds >= guard.seconds {
            let percent = guard.failed_share * 100.0;
            let text = format!("at least {percent} % of the exchanges failed in each of {seconds} seconds");
            self.shared.end(End::Guard(text));
        }
        let now_ms = self.shared.now_ms();
        let tally = self.shared.tally();
        for (threshold, bound) in &self.plan.thresholds {
            if bound.abort_after_ms.is_some_and(|after| now_ms >= f64::from(after))
                && let observed @ Some(value) = tally.totals.observed(bound, now_ms)
                && !bound.holds(observed)
            {
                let (metric, expression) = (&threshold.metric, &threshold.expression);
                let text = format!("{metric}: {expression} does not hold with {value}");
                self.shared.end(End::Threshold(text));
            }
        }
    }

    /// What this host has done, as far as windows were closed.
    fn incarnation(&self, tally: &Tally, cut_off: bool) -> Incarnation {
        Incarnation {
            from_ms: self.from_ms,
            to_ms: self.shared.now_ms(),
            iterations: tally.totals.iterations.since(&self.counted.iterations),
            exchanges: tally.totals.exchanges() - self.counted.exchanges,
            under_way: tally.under_way,
            cut_off,
        }
    }

    fn incarnations(&self, tally: &Tally, cut_off: bool) -> Vec<Incarnation> {
        let this = self.incarnation(tally, cut_off);
        self.before.iter().copied().chain([this]).collect()
    }

    fn kept(&self, summary: Option<Summary>) -> Kept {
        let tally = self.shared.tally();
        Kept::new(self.incarnations(&tally, summary.is_none()), &tally.totals, summary)
    }

    fn write(&self, kept: Kept) -> std::io::Result<()> {
        self.ledger.as_ref().map_or(Ok(()), |ledger| ledger.write(&kept))
    }

    async fn finish(&self) {
        self.close();
        let summary = self.summary();
        let kept = self.kept(Some(summary.clone()));
        if let Some(ledger) = self.ledger.clone() {
            // A host that comes after this one finds the last window instead, and says that this one was cut off.
            let _ = tokio::task::spawn_blocking(move || ledger.write(&kept)).await;
        }
        self.done.send_replace(Some(Arc::new(summary)));
    }

    fn summary(&self) -> Summary {
        let elapsed_ms = self.shared.now_ms();
        let end = self.shared.has_ended().unwrap_or(End::Completed);
        let mut tally = self.shared.tally();
        let windows = tally.take_all();
        tally.totals.outages.close();
        let incarnations = self.incarnations(&tally, false);
        let totals = &tally.totals;
        Summary {
            end,
            exercised: totals.exchanges() > 0,
            interrupted: !self.before.is_empty(),
            elapsed_ms,
            planned_ms: self.planned_ms(),
            iterations: totals.iterations,
            latest_ms: totals.latest_ms,
            incarnations,
            routes: totals.told(),
            thresholds: totals.judged(&self.plan.thresholds, elapsed_ms),
            outages: totals.outages.told.clone(),
            outage_count: totals.outages.count,
            longest_outage_ms: totals.outages.longest_ms,
            checks: totals.checks.told(),
            own_count: totals.own_count,
            leak_count: totals.leak_count,
            leaks: totals.leaks.clone(),
            disturbed: self.seed.map(|seed| totals.harms.told(seed)),
            shared: totals.shared.told(),
            users: totals.users,
            users_at_once: totals.users_at_once,
            users_lost: totals.users_lost,
            first_loss: totals.first_loss.clone(),
            windows_lost: tally.lost,
            windows,
        }
    }
}

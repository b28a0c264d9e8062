//! Driving a run: phases start when those that they need have passed, side by side, until all have ended.

use std::{path::Path, sync::Arc};

use holdpoint_bundle::Verified;
use holdpoint_cap_clock::{Awake, RunClock};
use holdpoint_cap_secret::RunVault;
use holdpoint_engine::Fault;
use holdpoint_gate::{Clock as _, Gate};
use holdpoint_journal::{LiveRecorder, Reader, Row, RunFolder, RunLock, Watch, Writer};
use holdpoint_model::{
    Cancellation, Class, Decision, Event, EventKind, PhaseEnd, PhaseId, RunId, Statement, Timestamp,
};
use holdpoint_report::Report;
use tokio::{
    sync::{mpsc, watch},
    task::{JoinError, JoinSet},
};

use crate::{
    Error, Machine,
    approval::Due,
    approve,
    backends::{self, Loads, Network},
    canaries::RunCanaries,
    cancel,
    control::{Control, Request},
    crews::BundleCrews,
    import,
    judging::{Bench, Judges, seats},
    notify::Courier,
    plan::{Progress, Step, may_start},
    report,
    schedule::Timed,
    secrets,
    workshop::{Workshop, gate},
};

/// Where committed events go while a run is driven.
pub type Live = mpsc::UnboundedSender<Event>;

/// Says when to stop; `true` stops.
pub type Cancel = watch::Receiver<bool>;

/// A run that is ready to be driven: its journal is open, its lock is held.
pub(crate) struct Drive {
    pub(crate) run: RunId,
    pub(crate) folder: RunFolder,
    pub(crate) lock: RunLock,
    /// Where other processes ask for something.
    pub(crate) control: Control,
    pub(crate) verified: Arc<Verified>,
    pub(crate) writer: Writer,
    pub(crate) dry_run: bool,
    /// The last stage that it goes on with.
    pub(crate) through: usize,
    pub(crate) clock: Arc<RunClock>,
    /// Committed events, for deciding what comes next.
    pub(crate) committed: mpsc::UnboundedReceiver<Event>,
    pub(crate) progress: Progress,
    /// The policies; none where the bundle has none.
    pub(crate) judges: Option<Judges>,
    /// Who tells people of it; none where nobody is told.
    pub(crate) courier: Option<Courier>,
}

/// A watch that hands committed events to whoever drives and whoever looks on.
pub(crate) fn watching(live: Option<Live>) -> (Watch, mpsc::UnboundedReceiver<Event>) {
    let (committed, receiver) = mpsc::unbounded_channel();
    let watch: Watch = Box::new(move |first, rows| {
        for (position, row) in (first..).zip(rows) {
            // What comes next never follows from a call, and there may be many of them.
            // But for those that change something: what was changed may have to be taken back.
            let call = row.kind.is_call() && !row.class.is_some_and(Class::happens_once);
            if call && live.is_none() {
                continue;
            }
            // A row that was just written can be read; if it could not, reading the journal would say so.
            let Ok(event) = row.event(position) else { continue };
            if let Some(live) = &live {
                // Nobody looking on is no reason to stop.
                let _ = live.send(event.clone());
            }
            // Nothing follows from a number of a series either.
            if !call && !matches!(event.kind, EventKind::Stated { statement: Statement::Sample { .. }, .. }) {
                let _ = committed.send(event);
            }
        }
    });
    (watch, receiver)
}

/// With what keeps the clock real until its end is written down.
type Ended = (PhaseId, Result<PhaseEnd, Fault>, Awake);

/// Why no phase is under way any more.
enum Left {
    /// All have ended.
    Nothing,
    /// Those of a stage have ended, and the next one is for another time.
    Stage,
    /// Somebody ended the run for good; those under way are to be stopped.
    Cancelled(Cancellation),
}

/// What every phase of the run is started with.
struct Parts {
    workshop: Arc<Workshop>,
    gate: Arc<Gate>,
    network: Arc<Network>,
    loads: Loads,
    vault: Arc<RunVault>,
    clock: Arc<RunClock>,
    recorder: Arc<LiveRecorder>,
    machine: Machine,
}

impl Drive {
    /// Drives the run to its decision.
    pub(crate) async fn drive(mut self, machine: &Machine, cancel: Cancel) -> Result<Report, Error> {
        let result = self.phases(machine, cancel).await;
        match (self.courier.take(), &result) {
            (Some(courier), Ok(())) => courier.finish().await,
            // What has not ended is sent when the run is gone on with.
            (Some(courier), Err(_)) => courier.stop(),
            (None, _) => {}
        }
        let closed = self.writer.close();
        // In this order: a socket belongs to whoever holds the lock.
        drop(self.control);
        drop(self.lock);
        result?;
        closed?;
        report::of_journal(&self.folder.journal(), &self.verified)
    }

    async fn phases(&mut self, machine: &Machine, mut cancel: Cancel) -> Result<(), Error> {
        let workshop = Arc::new(Workshop::new(&self.verified, machine)?);
        // Nobody is woken for what is not done for good.
        if !self.dry_run && !self.clock.is_rehearsal() {
            self.courier = Courier::start(&self.verified, &self.run, &self.folder.journal(), &self.writer)?;
        }
        let seats = seats(&self.verified, machine)?;
        if !seats.is_empty() {
            let bench = Bench::new(self.run.clone(), &self.verified, seats);
            self.judges = Some(Judges::new(self.folder.journal(), bench)?);
        }
        // A crash may have come between a tick and what was found at it.
        self.judge().await?;
        let clock = self.clock.clone();
        let bindings = secrets::bindings(&self.verified)?;
        let vault = RunVault::new(&self.run, bindings, Some(self.folder.sessions()));
        let first = import::first_token(Reader::open(&self.folder.journal())?.imports()?);
        let elsewhere = secrets::elsewhere(&self.verified)?;
        let vault = vault.map_err(|e| Error::Usage(e.to_string()))?.counting_from(first).beside(elsewhere);
        let vault = Arc::new(vault);
        let network = Arc::new(Network::of(&self.verified)?);
        let recorder = Arc::new(LiveRecorder::new(&self.folder.journal(), self.writer.clone(), clock.clone())?);
        let gate = gate(&self.run, recorder.clone(), vault.clone(), (self.dry_run, self.verified.may_disrupt));

        let crews = BundleCrews {
            verified: self.verified.clone(),
            run: self.run.clone(),
            network: network.clone(),
            gate: gate.clone(),
            clock: clock.machine(),
            canaries: RunCanaries::new(&self.run, &self.folder.loads()),
            vault: vault.clone(),
            journal: self.folder.journal(),
            cache: machine.cache.clone(),
        };
        let loads = Loads { folder: self.folder.loads(), crews: Arc::new(crews) };

        let mut guests: JoinSet<Ended> = JoinSet::new();
        let machine = machine.clone();
        let parts = Parts { workshop, gate, network, loads, vault, clock, recorder, machine };
        let outcome = self.side_by_side(&mut guests, &parts, &mut cancel).await;
        // Guests may be dropped at any point; effects under way are not, or nobody would know of them.
        guests.shutdown().await;
        parts.recorder.settled().await;
        let (clock, vault) = (&parts.clock, &parts.vault);
        match outcome? {
            Left::Nothing => self.decide(Vec::new(), clock, vault).await,
            // The sessions of the run are not over.
            Left::Stage => self.write_decision(Vec::new(), clock).await,
            Left::Cancelled(cancellation) => {
                let rows = cancel::rows(&self.verified, &self.progress, &cancellation, clock.now().0);
                self.decide(rows, clock, vault).await
            }
        }
    }

    /// Starts what can start and takes in what ends, until nothing is left. After an error guests may still be under way.
    async fn side_by_side(
        &mut self,
        guests: &mut JoinSet<Ended>,
        parts: &Parts,
        cancel: &mut Cancel,
    ) -> Result<Left, Error> {
        let clock = &parts.clock;
        let mut running: Vec<PhaseId> = Vec::new();
        if self.progress.between(&self.verified).is_none() {
            self.progress.enter(self.progress.stage());
        }
        loop {
            let awake = clock.awake();
            while let Some(last) = self.progress.tick_due(&self.verified) {
                self.tick(last, clock).await?;
            }
            let next = self.progress.next(&self.verified, &running);
            // Whoever asks for phases by name wants them now, unless waiting costs nothing.
            let waits = !self.dry_run && (self.verified.only.is_none() || self.clock.is_rehearsal());
            let mut timed = Timed::of(next, &self.verified, &self.progress, clock.now(), waits);
            let steps = std::mem::take(&mut timed.steps);
            let mut due = Due::of(steps, &self.verified, &self.progress, clock.now(), !self.dry_run);
            let steps = std::mem::take(&mut due.steps);
            let waits_anew = !due.asks.is_empty() || !timed.scheduled.is_empty();
            let skipped = waits_anew || steps.iter().any(|step| !matches!(step, Step::Start(_)));
            if steps.iter().any(|step| matches!(step, Step::Stop(..))) {
                // What has come to its end by itself is not stopped, and effects under way come to theirs.
                while let Some(joined) = guests.try_join_next() {
                    let phase = self.take_end(joined, clock).await?;
                    running.retain(|id| *id != phase);
                }
                guests.shutdown().await;
                parts.recorder.settled().await;
            }
            for start in &timed.scheduled {
                self.append(Row::phase_scheduled(start, clock.now().0)).await?;
            }
            for ask in &due.asks {
                self.append(Row::approval_asked(ask, clock.now().0)).await?;
            }
            for step in steps {
                match step {
                    Step::Stop(phase, reason) => {
                        if running.contains(&phase) {
                            running.retain(|id| *id != phase);
                            self.end(&phase, &PhaseEnd::Cancelled(reason), clock).await?;
                        }
                    }
                    Step::Skip(phase, reason) => {
                        self.end(&phase, &PhaseEnd::Skipped(reason), clock).await?;
                    }
                    Step::Start(phase)
                        if running.len() < self.verified.parallel && may_start(&self.verified, &phase, &running) =>
                    {
                        let machine = (&*parts.network, &parts.loads);
                        let backends = backends::live(&self.verified, &phase, machine, &parts.vault, clock)?;
                        self.start(&phase, clock).await?;
                        running.push(phase.clone());
                        let (workshop, gate) = (parts.workshop.clone(), parts.gate.clone());
                        let verified = self.verified.clone();
                        let start = self.progress.started(&phase).unwrap_or_else(|| clock.now());
                        let awake = clock.awake();
                        guests.spawn(async move {
                            let found = verified.phases.iter().find(|p| p.id == phase);
                            let ended = match found {
                                Some(found) => workshop.run(&verified, found, gate, backends, start).await,
                                None => Err(Fault(format!("phase `{phase}` is gone"))),
                            };
                            (phase, ended, awake)
                        });
                    }
                    Step::Start(_) => {}
                }
            }
            if skipped {
                // Others may need what was skipped, and what asks now waits.
                continue;
            }
            if guests.is_empty() && !due.waits() && timed.until.is_none() {
                match self.progress.between(&self.verified) {
                    None => return Ok(Left::Nothing),
                    Some(next) if !self.is_released(next).await? => {}
                    Some(next) if next <= self.through => self.progress.enter(next),
                    Some(_) => return Ok(Left::Stage),
                }
                continue;
            }
            // Where nothing is under way there is nothing new to judge.
            let next_tick = wait(if guests.is_empty() { None } else { self.next_tick() }, clock);
            let pause = wait(Timestamp::earlier(due.until(), timed.until), clock);
            // From here on nothing is done until somebody wakes. A person takes the time that they take.
            let _awake = Some(awake).filter(|_| due.is_open());
            tokio::select! {
                _awake = next_tick => self.tick(false, clock).await?,
                () = cancelled(cancel) => return Err(Error::Interrupted { run: self.run.to_string() }),
                // What is due now, or was not answered in time, is seen when it is looked at again.
                _awake = pause => {}
                request = self.control.request() => {
                    let cancellation = match request {
                        Request::Cancel(cancellation) => cancellation,
                        Request::Approve(answer, reply) => {
                            let run = (&*self.verified, &self.progress, self.dry_run);
                            let judged = approve::judge(&answer, run, &parts.machine, clock.now());
                            if judged.is_ok() {
                                self.writer.append_durable(Row::approval_answered(&answer, clock.now().0)).await?;
                                self.take_in();
                            }
                            // Whoever has gone away meanwhile sees it in the journal.
                            let _ = reply.send(judged);
                            continue;
                        }
                    };
                    // What has come to its end by itself is not stopped.
                    while let Some(joined) = guests.try_join_next() {
                        self.take_end(joined, clock).await?;
                    }
                    return Ok(Left::Cancelled(cancellation));
                }
                Some(joined) = guests.join_next() => {
                    let phase = self.take_end(joined, clock).await?;
                    running.retain(|id| *id != phase);
                }
            }
        }
    }

    /// Whether what was decided so far lets the next stage begin. If not, nothing of it will.
    async fn is_released(&mut self, next: usize) -> Result<bool, Error> {
        self.writer.committed().await?;
        let decision = report::of_journal(&self.folder.journal(), &self.verified)?.comes_to();
        if decision == Decision::Release {
            return Ok(true);
        }
        let why = format!("stage `{}` came to {decision}", self.verified.stages[next - 1]);
        let left = self.progress.open(&self.verified, next..=usize::MAX).map(|phase| phase.id.clone());
        for phase in left.collect::<Vec<_>>() {
            self.end(&phase, &PhaseEnd::Skipped(why.clone()), &self.clock.clone()).await?;
        }
        Ok(false)
    }

    /// When the next tick is due, if nothing ends before; none if the last one is through.
    fn next_tick(&self) -> Option<Timestamp> {
        let since = match self.progress.tick() {
            _ if self.progress.is_over(&self.verified) => return None,
            Some(tick) => tick.at,
            None => self.progress.begun()?,
        };
        Some(Timestamp(since.0 + self.verified.tick.as_secs_f64() * 1_000.0))
    }

    /// Writes down that evidence is judged now.
    async fn tick(&mut self, last: bool, clock: &RunClock) -> Result<(), Error> {
        self.append(Row::tick(last, clock.now().0)).await?;
        self.judge().await
    }

    /// Has the policies judge what they have not judged yet.
    async fn judge(&mut self) -> Result<(), Error> {
        let (Some(judges), Some(tick)) = (&mut self.judges, self.progress.tick()) else { return Ok(()) };
        let rows = judges.judge(tick.position).await.map_err(|e| match e {
            Error::Policy { .. } => Error::Fault { run: self.run.to_string(), reason: e.to_string() },
            other => other,
        })?;
        for row in rows {
            self.append(row).await?;
        }
        Ok(())
    }

    /// Writes down how a phase ended.
    async fn take_end(&mut self, joined: Result<Ended, JoinError>, clock: &RunClock) -> Result<PhaseId, Error> {
        let (phase, ended, _awake) = joined.map_err(|e| self.fault(&format!("a phase broke off: {e}")))?;
        let end = ended.map_err(|Fault(reason)| self.fault(&reason))?;
        self.end(&phase, &end, clock).await?;
        Ok(phase)
    }

    /// Ends the run, with what else is to be written down then.
    async fn decide(&mut self, rows: Vec<Row>, clock: &RunClock, vault: &RunVault) -> Result<(), Error> {
        self.write_decision(rows, clock).await?;
        self.folder.forget_loads()?;
        vault.forget().map_err(|e| self.fault(&e.to_string()))
    }

    async fn write_decision(&mut self, rows: Vec<Row>, clock: &RunClock) -> Result<(), Error> {
        // A phase that was stopped may have said something that is still on its way.
        self.writer.committed().await?;
        report::decide(&self.writer, &self.folder.journal(), &self.verified, rows, clock.now().0).await?;
        self.take_in();
        Ok(())
    }

    async fn start(&mut self, phase: &PhaseId, clock: &RunClock) -> Result<(), Error> {
        if self.progress.started(phase).is_none() {
            self.append(Row::phase_started(phase, clock.now().0)).await?;
        }
        Ok(())
    }

    async fn end(&mut self, phase: &PhaseId, end: &PhaseEnd, clock: &RunClock) -> Result<(), Error> {
        self.append(Row::phase_ended(phase, end, clock.now().0)).await
    }

    /// Appends a row and takes in everything that was committed up to it.
    async fn append(&mut self, row: Row) -> Result<(), Error> {
        if let Err(e) = self.writer.append_committed(row).await {
            return Err(self.fault(&e.to_string()));
        }
        self.take_in();
        Ok(())
    }

    /// Takes in what was committed.
    fn take_in(&mut self) {
        while let Ok(event) = self.committed.try_recv() {
            self.progress.take(&event);
            if let Some(courier) = &self.courier {
                courier.take(&event);
            }
        }
    }

    fn fault(&self, reason: &str) -> Error {
        Error::Fault { run: self.run.to_string(), reason: reason.to_owned() }
    }
}

/// Waits until then; for ever if there is nothing to wait for.
fn wait(moment: Option<Timestamp>, clock: &Arc<RunClock>) -> impl Future<Output = Awake> {
    let wakes = moment.map(|moment| clock.wake_at(moment));
    async move {
        match wakes {
            Some(wakes) => wakes.await,
            None => std::future::pending().await,
        }
    }
}

async fn cancelled(cancel: &mut Cancel) {
    while !*cancel.borrow_and_update() {
        if cancel.changed().await.is_err() {
            // Whoever could have stopped it is gone, so nobody will.
            std::future::pending::<()>().await;
        }
    }
}

/// What stands in a journal, for a run that is taken up again.
pub(crate) fn progress_of(journal: &Path) -> Result<Progress, Error> {
    let mut progress = Progress::new();
    Reader::open(journal)?.for_each_event(|event| progress.take(&event))?;
    Ok(progress)
}

//! Replaying a run: its guests are executed again, every answer comes from its journal, what they find goes to a second journal, and
//! the reports of both are compared. Nothing outside of the journal is looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
};

use holdpoint_bundle::Verified;
use holdpoint_cap_clock::RunClock;
use holdpoint_cap_secret::RunVault;
use holdpoint_engine::Fault;
use holdpoint_gate::Clock as _;
use holdpoint_journal::{Durability, Reader, ReplayRecorder, Row, Writer};
use holdpoint_model::{EventKind, PhaseEnd, PhaseId, RunId};
use holdpoint_report::{Difference, Report, body_differences};
use tokio::task::JoinSet;

use crate::{
    Error, Machine, backends,
    drive::progress_of,
    judging::{Bench, seats, ticks},
    plan::Progress,
    record::StoredSources,
    report,
    store::{RunRef, RunState},
    workshop::{Workshop, gate},
};

/// What to replay, and with what.
#[derive(Debug, Clone, Default)]
pub struct ReplayChoices {
    pub run: RunRef,
    /// Other modules than the run had, by phase.
    pub modules: BTreeMap<PhaseId, PathBuf>,
    /// Keep the second journal here.
    pub keep: Option<PathBuf>,
}

/// What a replay came to.
pub struct Replay {
    pub run: RunId,
    pub before: Report,
    pub after: Report,
    /// Phases that asked something else than before.
    pub divergences: Vec<String>,
    pub differences: Vec<Difference>,
    /// Phases that were not executed again but copied, with the reason.
    pub copied: Vec<(PhaseId, String)>,
}

/// Replays a run.
pub async fn replay(choices: &ReplayChoices, machine: &Machine) -> Result<Replay, Error> {
    let stored = choices.run.find(machine)?;
    let before = report::build(&stored)?;
    let reader = Reader::open(&stored.journal())?;
    let header = reader.header()?;
    let sources = StoredSources::of(&header)?;
    let verified = Arc::new(sources.verify()?);
    let progress = progress_of(&stored.journal())?;
    let copied = copied(&verified, &progress);
    let mut workshop = Workshop::new(&verified, machine)?;
    for (phase, path) in &choices.modules {
        if !verified.phases.iter().any(|known| known.id == *phase) {
            return Err(Error::Usage(format!("run {} has no phase `{phase}`", sources.run)));
        }
        if let Some((_, why)) = copied.iter().find(|(copied, _)| copied == phase) {
            return Err(Error::Usage(format!("phase `{phase}` can't be executed with another module: it {why}")));
        }
        let bytes = std::fs::read(path).map_err(|e| Error::Usage(format!("can't read {}: {e}", path.display())))?;
        workshop.replace(phase, &bytes)?;
    }
    let scratch = tempfile::tempdir().map_err(|e| Error::Usage(format!("can't make a folder for the replay: {e}")))?;
    let copy = choices.keep.clone().unwrap_or_else(|| scratch.path().join("replay.db"));
    let writer = Writer::create(&copy, Durability::Scratch, None)?;
    writer.append(header).await?;

    for (phase, _) in &copied {
        copy_phase(&reader, phase, &writer).await?;
    }
    let clock = RunClock::real();
    let stage = Stage { verified: verified.clone(), writer: writer.clone(), progress, copied: &copied, clock };
    let divergences = stage.play(&stored.journal(), Arc::new(workshop), &sources).await?;
    judge_again(&reader, &sources.run, &verified, (machine, &writer)).await?;
    if let RunState::Ended(_) | RunState::Between { .. } = stored.state()? {
        writer.committed().await?;
        let (rows, at) = by_people(&reader)?;
        report::decide(&writer, &copy, &verified, rows, at).await?;
    }
    writer.close()?;

    let after = report::of_journal(&copy, &verified)?;
    let differences = body_differences(&before, &after);
    Ok(Replay { run: sources.run, before, after, divergences, differences, copied })
}

/// Writes what the policies make of the recorded events, and where stages ended. Where the ticks are not there any more that something was found
/// at, as in the journal of a replay, what was found is taken over. A day has thousands of ticks, so one is held at a time.
async fn judge_again(
    reader: &Reader,
    run: &RunId,
    verified: &Verified,
    (machine, writer): (&Machine, &Writer),
) -> Result<(), Error> {
    let (mut found, mut tick_of, mut ends) = (Vec::new(), BTreeSet::new(), Vec::new());
    reader.for_each_event(|event| match event.kind {
        EventKind::Found(what) => {
            found.push(event.position);
            tick_of.insert(what.tick);
        }
        EventKind::Ticked { last: true } => ends.push(event.at),
        _ => {}
    })?;
    let ticks: BTreeSet<u64> = ticks(reader)?.into_iter().collect();
    if verified.policies.is_empty() {
        // Nothing was found, and nothing is.
    } else if tick_of.is_subset(&ticks) {
        let mut bench = Bench::new(run.clone(), verified, seats(verified, machine)?);
        for tick in ticks {
            for judged in bench.go_on(reader, tick)? {
                writer.append(judged.row()).await?;
            }
        }
    } else {
        for position in found {
            if let Some(row) = reader.row(position)? {
                writer.append(row).await?;
            }
        }
    }
    for at in ends {
        writer.append(Row::tick(true, at.0)).await?;
    }
    Ok(())
}

/// The phases that can't be executed again: another run has the calls, or there is no telling how far it was when it was stopped.
fn copied(verified: &Verified, progress: &Progress) -> Vec<(PhaseId, String)> {
    let why = |phase: &PhaseId| match (progress.origin(phase), progress.end(phase)) {
        (Some(origin), _) => Some(format!("was taken over from run {}, which has its calls", origin.run)),
        (None, Some(PhaseEnd::Cancelled(why))) => Some(format!("was stopped in the midst: {why}")),
        (None, _) => None,
    };
    verified.phases.iter().filter_map(|phase| Some((phase.id.clone(), why(&phase.id)?))).collect()
}

async fn copy_phase(reader: &Reader, phase: &PhaseId, copy: &Writer) -> Result<(), Error> {
    let mut rows = Vec::new();
    reader.for_each_row_of(phase, |row| {
        rows.push(row);
        Ok(())
    })?;
    for row in rows {
        copy.append(row).await?;
    }
    Ok(())
}

/// What people did to a run and what it waited for, and the moment of its last decision: a waiver counts then, and not for ever.
fn by_people(reader: &Reader) -> Result<(Vec<Row>, f64), Error> {
    let (mut rows, mut decided) = (Vec::new(), 0.0);
    reader.for_each_event(|event| match &event.kind {
        EventKind::RunCancelled(cancellation) => rows.push(Row::run_cancelled(cancellation, event.at.0)),
        EventKind::PhaseScheduled(start) => rows.push(Row::phase_scheduled(start, event.at.0)),
        EventKind::ApprovalAsked(ask) => rows.push(Row::approval_asked(ask, event.at.0)),
        EventKind::ApprovalAnswered(answer) => rows.push(Row::approval_answered(answer, event.at.0)),
        EventKind::RowWaived(waiver) => rows.push(Row::row_waived(waiver, event.at.0)),
        EventKind::WaiverWithdrawn { row, by, reason } => {
            rows.push(Row::waiver_withdrawn(row, by, reason, event.at.0));
        }
        EventKind::RunEnded { .. } => decided = event.at.0,
        _ => {}
    })?;
    Ok((rows, decided))
}

type Ended = (PhaseId, Result<PhaseEnd, Fault>);

struct Stage<'a> {
    verified: Arc<Verified>,
    writer: Writer,
    /// Of the recorded run.
    progress: Progress,
    /// They are in the second journal already.
    copied: &'a [(PhaseId, String)],
    clock: Arc<RunClock>,
}

impl Stage<'_> {
    /// Executes every phase that was started and has ended.
    async fn play(
        &self,
        journal: &std::path::Path,
        workshop: Arc<Workshop>,
        sources: &StoredSources,
    ) -> Result<Vec<String>, Error> {
        let recorder = Arc::new(ReplayRecorder::new(journal, self.writer.clone(), self.clock.clone())?);
        let vault = Arc::new(RunVault::new(&sources.run, Vec::new(), None).map_err(|e| Error::Usage(e.to_string()))?);
        let gate = gate(&sources.run, recorder, vault.clone(), (sources.manner.dry_run, self.verified.may_disrupt));
        let mut guests = JoinSet::new();
        let mut divergences = Vec::new();
        for (index, phase) in self.verified.phases.iter().enumerate() {
            if self.copied.iter().any(|(copied, _)| *copied == phase.id) {
                continue;
            }
            let Some(end) = self.progress.end(&phase.id) else { continue };
            let Some(start) = self.progress.started(&phase.id) else {
                self.writer.append_committed(Row::phase_ended(&phase.id, end, self.clock.now().0)).await?;
                continue;
            };
            self.writer.append(Row::phase_started(&phase.id, start.0)).await?;
            let (workshop, gate, verified) = (workshop.clone(), gate.clone(), self.verified.clone());
            let backends = backends::replayed(&self.verified, &phase.id, &vault, &self.clock)?;
            if guests.len() >= self.verified.parallel {
                divergences.extend(self.ended(&mut guests).await?);
            }
            guests.spawn(async move {
                let phase = &verified.phases[index];
                let ended = workshop.run(&verified, phase, gate, backends, start).await;
                (phase.id.clone(), ended)
            });
        }
        while !guests.is_empty() {
            divergences.extend(self.ended(&mut guests).await?);
        }
        divergences.sort();
        Ok(divergences)
    }

    /// Waits for a phase to end and writes down how; its divergence, if it has one.
    async fn ended(&self, guests: &mut JoinSet<Ended>) -> Result<Option<String>, Error> {
        let Some(joined) = guests.join_next().await else { return Ok(None) };
        let (phase, ended) = joined.map_err(|e| Error::Replay(format!("a phase broke off: {e}")))?;
        let end = self.as_before(&phase, ended.map_err(|fault| Error::Replay(fault.0))?);
        self.writer.append_committed(Row::phase_ended(&phase, &end, self.clock.now().0)).await?;
        Ok(match end {
            PhaseEnd::Diverged(text) => Some(text),
            _ => None,
        })
    }

    /// A phase that was stopped at its deadline had asked something that was never answered, so it can't come further now.
    fn as_before(&self, phase: &PhaseId, end: PhaseEnd) -> PhaseEnd {
        match (self.progress.end(phase), &end) {
            (Some(deadline @ PhaseEnd::Deadline(_)), PhaseEnd::Diverged(text))
                if text.contains("the journal ends here") =>
            {
                deadline.clone()
            }
            _ => end,
        }
    }
}

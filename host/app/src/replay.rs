//! Replaying a run: its guests are executed again, every answer comes from its journal, what they find goes to a second journal, and
//! the reports of both are compared. Nothing outside of the journal is looked at.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use holdpoint_bundle::Verified;
use holdpoint_cap_clock::SystemClock;
use holdpoint_cap_secret::RunVault;
use holdpoint_engine::Fault;
use holdpoint_gate::Clock as _;
use holdpoint_journal::{Durability, Reader, ReplayRecorder, Row, Writer};
use holdpoint_model::{PhaseEnd, PhaseId, RunFacts, RunId};
use holdpoint_report::{Difference, Report, body_differences};
use tokio::task::JoinSet;

use crate::{
    Error, Machine, backends,
    drive::progress_of,
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
}

/// Replays a run.
pub async fn replay(choices: &ReplayChoices, machine: &Machine) -> Result<Replay, Error> {
    let stored = choices.run.find(machine)?;
    let before = report::build(&stored)?;
    let reader = Reader::open(&stored.journal())?;
    let header = reader.header()?;
    let sources = StoredSources::of(&header)?;
    let verified = Arc::new(sources.verify()?);
    let mut workshop = Workshop::new(&verified, machine)?;
    for (phase, path) in &choices.modules {
        if !verified.phases.iter().any(|known| known.id == *phase) {
            return Err(Error::Usage(format!("run {} has no phase `{phase}`", sources.run)));
        }
        let bytes = std::fs::read(path).map_err(|e| Error::Usage(format!("can't read {}: {e}", path.display())))?;
        workshop.replace(phase, &bytes)?;
    }
    let scratch = tempfile::tempdir().map_err(|e| Error::Usage(format!("can't make a folder for the replay: {e}")))?;
    let copy = choices.keep.clone().unwrap_or_else(|| scratch.path().join("replay.db"));
    let writer = Writer::create(&copy, Durability::Scratch, None)?;
    writer.append(header).await?;

    let progress = progress_of(&stored.journal())?;
    let decided = matches!(stored.state()?, RunState::Ended(_));
    let stage =
        Stage { verified: verified.clone(), writer: writer.clone(), progress, clock: Arc::new(SystemClock::new()) };
    let divergences = stage.play(&stored.journal(), Arc::new(workshop), &sources).await?;
    if decided {
        stage.decide(&copy, sources.dry_run).await?;
    }
    writer.close()?;

    let after = report::of_journal(&copy, &verified)?;
    let differences = body_differences(&before, &after);
    Ok(Replay { run: sources.run, before, after, divergences, differences })
}

type Ended = (PhaseId, Result<PhaseEnd, Fault>);

struct Stage {
    verified: Arc<Verified>,
    writer: Writer,
    /// Of the recorded run.
    progress: Progress,
    clock: Arc<SystemClock>,
}

impl Stage {
    /// Executes every phase that was started and has ended.
    async fn play(
        &self,
        journal: &std::path::Path,
        workshop: Arc<Workshop>,
        sources: &StoredSources,
    ) -> Result<Vec<String>, Error> {
        let recorder = Arc::new(ReplayRecorder::new(journal, self.writer.clone(), self.clock.clone())?);
        let vault = Arc::new(RunVault::new(&sources.run, Vec::new(), None).map_err(|e| Error::Usage(e.to_string()))?);
        let gate = gate(&sources.run, recorder, vault.clone(), sources.dry_run);
        let mut guests = JoinSet::new();
        let mut divergences = Vec::new();
        for (index, phase) in self.verified.phases.iter().enumerate() {
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

    /// Ends the second journal as a run does, so that it can be reported like one.
    async fn decide(&self, copy: &std::path::Path, dry_run: bool) -> Result<(), Error> {
        let facts = RunFacts { only: self.verified.only.is_some(), dry_run };
        let decision = holdpoint_model::decide(&report::of_journal(copy, &self.verified)?.rows, facts);
        Ok(self.writer.append_durable(Row::run_ended(decision, self.clock.now().0)).await?)
    }
}

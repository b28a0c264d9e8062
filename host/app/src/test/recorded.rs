//! A fixture whose answers come from a recorded run.

use std::{path::Path, sync::Arc};

use holdpoint_bundle::Verified;
use holdpoint_cap_clock::RunClock;
use holdpoint_cap_secret::RunVault;
use holdpoint_engine::Setup;
use holdpoint_fixture::Expectation;
use holdpoint_journal::{Durability, Reader, ReplayRecorder, Writer};
use holdpoint_model::{PhaseId, RunId, Timestamp};

use super::{Came, case::Bench};
use crate::{Error, backends, drive::progress_of, record::StoredSources};

/// A phase of a run, ready to be executed again.
pub(super) struct Recording {
    journal: std::path::PathBuf,
    verified: Verified,
    phase: PhaseId,
    start: Timestamp,
    run: RunId,
}

impl Recording {
    /// Opens a journal, after its chain was followed.
    pub(super) fn open(journal: &Path, phase: &str) -> Result<Self, Error> {
        let reader = Reader::open(journal)?;
        reader.verify()?;
        let sources = StoredSources::of(&reader.header()?)?;
        let verified = sources.verify()?;
        let none = || Error::Usage(format!("run {} has no phase `{phase}` that was started", sources.run));
        let found = verified.phases.iter().find(|known| known.id.as_str() == phase).ok_or_else(none)?;
        let start = progress_of(journal)?.started(&found.id).ok_or_else(none)?;
        Ok(Self { journal: journal.to_owned(), phase: found.id.clone(), start, run: sources.run.clone(), verified })
    }

    /// Executes the module of the bench with the phase's configuration and answers.
    pub(super) async fn play(&self, bench: &Bench, expect: &Expectation) -> Result<Came, Error> {
        let failed = |e: std::io::Error| Error::Usage(format!("can't make a folder for a recorded fixture: {e}"));
        let scratch = tempfile::tempdir().map_err(failed)?;
        let copy = Writer::create(&scratch.path().join("copy.db"), Durability::Scratch, None)?;
        let clock = RunClock::real();
        let recorder = ReplayRecorder::new(&self.journal, copy.clone(), clock.clone())?;
        let vault = Arc::new(RunVault::new(&self.run, Vec::new(), None).map_err(|e| Error::Usage(e.to_string()))?);
        let backends = backends::replayed(&self.verified, &self.phase, &vault, &clock)?;
        let Some(phase) = self.verified.phases.iter().find(|phase| phase.id == self.phase) else {
            return Err(Error::Usage(format!("run {} has no phase `{}`", self.run, self.phase)));
        };
        let setup = Setup {
            id: phase.id.clone(),
            config: phase.config.clone(),
            requirements: phase.requirements.clone(),
            services: phase.services.clone(),
            bases: backends::bases(&self.verified),
            environment: self.verified.environment.name.clone(),
            grants: phase.grants.clone(),
            start: self.start,
        };
        let came = bench.run(recorder, &self.run, setup, backends, vault, expect).await;
        copy.close()?;
        came
    }
}

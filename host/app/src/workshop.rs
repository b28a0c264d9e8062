//! The real parts of a run, put together: engine, gate, vault, and the compiled modules.

use std::{collections::BTreeMap, sync::Arc};

use holdpoint_bundle::{Verified, VerifiedPhase};
use holdpoint_cap_secret::RunVault;
use holdpoint_engine::{Backends, Fault, PhaseEngine, PhaseModule, Setup, user::UserEngine};
use holdpoint_gate::{Gate, Recorder, Rules, Scrubber};
use holdpoint_model::{Digest, PhaseEnd, PhaseId, RunId, Timestamp};

use crate::{Error, Machine, backends};

/// Compiled modules and the engine that runs them.
pub(crate) struct Workshop {
    engine: PhaseEngine,
    modules: BTreeMap<PhaseId, PhaseModule>,
}

impl Workshop {
    /// Compiles the modules of a bundle, each once.
    pub(crate) fn new(verified: &Verified, machine: &Machine) -> Result<Self, Error> {
        let memory = verified.phases.iter().map(|phase| phase.grants.limits.memory).max().unwrap_or(0);
        let slots = verified.phases.len().min(verified.parallel) as u32;
        let engine = PhaseEngine::new(memory, slots, machine.cache.clone())?;
        let mut by_digest: BTreeMap<Digest, PhaseModule> = BTreeMap::new();
        let mut modules = BTreeMap::new();
        for phase in &verified.phases {
            let module = match by_digest.get(&phase.digest) {
                Some(module) => module.clone(),
                None => engine.load(phase.digest, &phase.bytes)?,
            };
            by_digest.insert(phase.digest, module.clone());
            modules.insert(phase.id.clone(), module);
        }
        // What can't become a user is found before anything has happened. An engine of users is made for each load; this one fills the cache.
        for user in &verified.users {
            let memory = user.base.grants.limits.memory;
            UserEngine::new(user.base.digest, &user.base.bytes, 1, memory, machine.cache.clone())?;
        }
        Ok(Self { engine, modules })
    }

    /// Takes another module for a phase.
    pub(crate) fn replace(&mut self, phase: &PhaseId, bytes: &[u8]) -> Result<(), Error> {
        let module = self.engine.load(Digest::of(bytes), bytes)?;
        self.modules.insert(phase.clone(), module);
        Ok(())
    }

    /// Runs one phase to its end.
    pub(crate) async fn run(
        &self,
        verified: &Verified,
        phase: &VerifiedPhase,
        gate: Arc<Gate>,
        backends: Backends,
        start: Timestamp,
    ) -> Result<PhaseEnd, Fault> {
        let Some(module) = self.modules.get(&phase.id) else {
            return Err(Fault(format!("phase `{}` has no module", phase.id)));
        };
        let setup = Setup {
            id: phase.id.clone(),
            config: phase.config.clone(),
            requirements: phase.requirements.clone(),
            services: phase.services.clone(),
            bases: backends::bases(verified),
            environment: verified.environment.name.clone(),
            grants: phase.grants.clone(),
            start,
        };
        self.engine.run(module, gate, Arc::new(setup), backends).await
    }
}

/// The gate of a run over a recorder.
pub(crate) fn gate(
    run: &RunId,
    recorder: Arc<dyn Recorder>,
    vault: Arc<RunVault>,
    (dry_run, may_disrupt): (bool, bool),
) -> Arc<Gate> {
    let scrubber: Arc<dyn Scrubber> = vault;
    let seed = Digest::of_parts(&[b"seed", run.as_str().as_bytes()]);
    Gate::new(recorder, scrubber, Rules { run: run.clone().into(), seed, dry_run, may_disrupt })
}

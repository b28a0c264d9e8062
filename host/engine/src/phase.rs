//! Running one phase, from its start to its end.

use std::sync::Arc;

use holdpoint_gate::{Gate, Halt};
use holdpoint_model::{PhaseEnd, grant::format_duration};
use wasmtime::{
    Store, Trap,
    component::{Component, Linker},
};

use crate::{Backends, PhaseEngine, Setup, bindings::PhasePre, limits, state::PhaseState};

/// A compiled phase, ready to be run.
#[derive(Clone)]
pub struct PhaseModule(PhasePre<PhaseState>);

/// The host could not do its part; the phase can be run on when that is mended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

impl PhaseModule {
    pub(crate) fn new(linker: &Linker<PhaseState>, component: &Component) -> wasmtime::Result<Self> {
        Ok(Self(PhasePre::new(linker.instantiate_pre(component)?)?))
    }
}

impl PhaseEngine {
    /// Runs a phase to its end. The future may be dropped; effects under way go on and are recorded.
    pub async fn run(
        &self,
        module: &PhaseModule,
        gate: Arc<Gate>,
        setup: Arc<Setup>,
        backends: Backends,
    ) -> Result<PhaseEnd, Fault> {
        let deadline = setup.grants.limits.deadline;
        let mut store = self.store(PhaseState::new(gate, setup.clone(), backends));
        let running = async {
            let phase = module.0.instantiate_async(&mut store).await?;
            let returned = phase.call_run(&mut store, &setup.config).await?;
            store.data_mut().flush(true).await?;
            store.data().guest.finish().map_err(crate::state::halted)?;
            Ok::<_, wasmtime::Error>(returned)
        };
        match tokio::time::timeout(deadline, running).await {
            Ok(Ok(Ok(()))) => Ok(PhaseEnd::Completed),
            Ok(Ok(Err(mut reason))) => {
                store.data().guest.scrub(&mut reason);
                Ok(PhaseEnd::Refused(bounded(reason)))
            }
            Ok(Err(error)) => {
                let stopped = error.downcast_ref::<Halt>().is_some();
                // What a guest printed last often says why it crashed.
                let said = if stopped { Ok(()) } else { store.data_mut().flush(true).await };
                ended(said.as_ref().err().unwrap_or(&error), store.data().limits.refused())
            }
            Err(_) => Ok(PhaseEnd::Deadline(format!("it was still running after {}", format_duration(deadline)))),
        }
    }

    fn store(&self, state: PhaseState) -> Store<PhaseState> {
        let mut store = Store::new(self.wasmtime(), state);
        store.limiter(|state| &mut state.limits);
        limits::bound(&mut store);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }

    /// Makes an instance and drops it; for measuring.
    pub async fn instantiate(
        &self,
        module: &PhaseModule,
        gate: Arc<Gate>,
        setup: Arc<Setup>,
        backends: Backends,
    ) -> Result<(), Fault> {
        let mut store = self.store(PhaseState::new(gate, setup, backends));
        module.0.instantiate_async(&mut store).await.map(drop).map_err(|e| Fault(format!("{e:#}")))
    }
}

/// How a guest that did not return has ended.
fn ended(error: &wasmtime::Error, refused: Option<&str>) -> Result<PhaseEnd, Fault> {
    if let Some(halt) = error.downcast_ref::<Halt>() {
        return match halt {
            Halt::Diverged(divergence) => Ok(PhaseEnd::Diverged(divergence.to_string())),
            Halt::Flood(reason) => Ok(PhaseEnd::Trapped(reason.clone())),
            Halt::Journal(reason) => Err(Fault(reason.clone())),
        };
    }
    let reason = match (error.downcast_ref::<Trap>(), error.downcast_ref::<wasmtime_wasi::I32Exit>()) {
        (Some(trap), _) => trap.to_string(),
        (None, Some(exit)) => format!("it called exit({})", exit.0),
        (None, None) => format!("{:#}", error.root_cause()),
    };
    let reason = match limits::reached(&reason).as_deref().or(refused) {
        Some(reached) => format!("{reached}; {reason}"),
        None => reason,
    };
    Ok(PhaseEnd::Trapped(bounded(reason)))
}

/// Texts of a guest are cut before they are kept.
pub(crate) fn bounded(mut text: String) -> String {
    const BOUND: usize = 4_096;
    if text.len() > BOUND {
        let end = (0..=BOUND).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

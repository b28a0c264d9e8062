//! One evaluation, from a fresh instance to its findings.

use std::sync::Arc;

use holdpoint_model::policy::{Evaluation, Evidence};
use wasmtime::{Store, Trap};

use super::{
    PolicyError, PolicyLimits,
    bindings::PolicyPre,
    evidence::{Ended, PolicyState},
    taken::taken,
};
use crate::{limits, phase::bounded};

/// A compiled policy.
#[derive(Clone)]
pub struct PolicyModule {
    pre: PolicyPre<PolicyState>,
    limits: PolicyLimits,
}

/// What came of an evaluation.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluated {
    pub evaluation: Evaluation,
    /// What it took: the same for the same evidence, configuration and state.
    pub fuel: u64,
}

impl PolicyModule {
    pub(super) fn new(pre: PolicyPre<PolicyState>, limits: PolicyLimits) -> Self {
        Self { pre, limits }
    }

    /// Judges evidence. `config` is JSON; `state` is that of the evaluation before, and empty at the first. It does not wait for anything and
    /// may compute for as long as its fuel lasts.
    ///
    /// # Errors
    /// If the policy refuses, goes beyond a bound, crashes, or returns what is no evaluation.
    pub fn evaluate(&self, config: &str, state: &[u8], evidence: Arc<dyn Evidence>) -> Result<Evaluated, PolicyError> {
        let claimable = evidence.requirements();
        let mut store = Store::new(self.pre.engine(), PolicyState::new(evidence, self.limits));
        store.limiter(|state| &mut state.limits);
        limits::bound(&mut store);
        let host = |e: wasmtime::Error| PolicyError::Host(format!("{e:#}"));
        store.set_fuel(self.limits.fuel).map_err(host)?;
        let policy = match self.pre.instantiate(&mut store) {
            Ok(policy) => policy,
            Err(error) if error.is::<Trap>() || store.data().limits.refused().is_some() => {
                return Err(self.ended(&error, store.data().limits.refused()));
            }
            // What is neither a crash of its own nor a bound of its own is the machine's, and another time it may have room.
            Err(error) => return Err(host(error)),
        };
        match policy.holdpoint_policy_judge().call_evaluate(&mut store, config, state) {
            Ok(Ok(evaluation)) => {
                let fuel = self.limits.fuel.saturating_sub(store.get_fuel().map_err(host)?);
                Ok(Evaluated { evaluation: taken(evaluation, &claimable)?, fuel })
            }
            Ok(Err(reason)) => Err(PolicyError::Refused(bounded(reason))),
            Err(error) => Err(self.ended(&error, store.data().limits.refused())),
        }
    }

    /// How a policy that did not return has ended.
    fn ended(&self, error: &wasmtime::Error, refused: Option<&str>) -> PolicyError {
        if let Some(Ended(bound)) = error.downcast_ref::<Ended>() {
            return PolicyError::Exceeded(bound.clone());
        }
        let trap = error.downcast_ref::<Trap>();
        match trap {
            Some(Trap::OutOfFuel) => {
                return PolicyError::Exceeded(format!("limit of {} units of fuel reached", self.limits.fuel));
            }
            Some(Trap::StackOverflow) => {
                return PolicyError::Exceeded("limit of the call stack reached; it calls itself too deeply".to_owned());
            }
            _ => {}
        }
        let reason = trap.map_or_else(|| format!("{:#}", error.root_cause()), Trap::to_string);
        match limits::reached(&reason).as_deref().or(refused) {
            Some(reached) => PolicyError::Exceeded(bounded(format!("{reached}; {reason}"))),
            None => PolicyError::Trapped(bounded(reason)),
        }
    }
}

//! One policy at the bench: its module, what it may claim, and where it stands.

use std::sync::Arc;

use holdpoint_bundle::Verified;
use holdpoint_engine::policy::{Evaluated, PolicyEngine, PolicyError, PolicyLimits, PolicyModule};
use holdpoint_model::{
    PolicyId, RequirementId,
    policy::{Evaluation, Evidence},
};

use crate::{Error, Machine};

/// What evaluates: the component of a policy.
pub(crate) trait Judge: Send + Sync {
    /// The evaluation, and what it took.
    fn evaluate(&self, config: &str, state: &[u8], evidence: Arc<dyn Evidence>) -> Result<(Evaluation, u64), Failed>;
}

/// Why there is no evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failed {
    /// The policy's own doing, and so the same at any other time.
    Policy(String),
    /// The host's; another host may succeed.
    Host(String),
}

/// A policy that takes part.
pub(crate) struct Seat {
    pub(crate) id: PolicyId,
    pub(crate) judge: Arc<dyn Judge>,
    pub(crate) config: String,
    /// The ids that it may claim, and the row that each speaks for.
    pub(crate) requirements: Vec<(RequirementId, RequirementId)>,
    /// The place of the stage that it judges to the end of.
    pub(crate) stage: usize,
}

/// The policies of a bundle, compiled.
pub(crate) fn seats(verified: &Verified, machine: &Machine) -> Result<Vec<Seat>, Error> {
    if verified.policies.is_empty() {
        return Ok(Vec::new());
    }
    let engine = engine(machine, 1)?;
    let seat = |policy: &holdpoint_bundle::ResolvedPolicy| {
        Ok(Seat {
            id: policy.id.clone(),
            judge: Arc::new(engine.compile(policy.digest, &policy.bytes)?),
            config: policy.config.clone(),
            requirements: policy.requirements.clone(),
            stage: verified.place_of(&policy.stage),
        })
    };
    verified.policies.iter().map(seat).collect()
}

/// What compiles policies, of which so many are evaluated at once.
pub(crate) fn engine(machine: &Machine, at_once: u32) -> Result<PolicyEngine, Error> {
    Ok(PolicyEngine::new(PolicyLimits::default(), at_once, machine.cache.clone())?)
}

impl Judge for PolicyModule {
    fn evaluate(&self, config: &str, state: &[u8], evidence: Arc<dyn Evidence>) -> Result<(Evaluation, u64), Failed> {
        match self.evaluate(config, state, evidence) {
            Ok(Evaluated { evaluation, fuel }) => Ok((evaluation, fuel)),
            Err(PolicyError::Host(why)) => Err(Failed::Host(why)),
            Err(error) => Err(Failed::Policy(error.to_string())),
        }
    }
}

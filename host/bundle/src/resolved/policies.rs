//! One policy: its module, its configuration with the files that it names, and its rows.

use std::sync::Arc;

use holdpoint_model::{Digest, PolicyId, RequirementId};

use super::phases::Context;
use crate::authored::policy::Policy;
use crate::diagnostic::Problems;
use crate::module::POLICY;

/// A policy. It asks for nothing, so no operator has to consent.
#[derive(Debug, Clone)]
pub struct ResolvedPolicy {
    pub id: PolicyId,
    /// The module as the bundle names it.
    pub module: String,
    pub bytes: Arc<[u8]>,
    pub digest: Digest,
    /// JSON with sorted keys.
    pub config: String,
    /// The stage at whose end its rows are decided. It judges until then.
    pub stage: String,
    /// The ids that it may claim, and the row that each speaks for.
    pub requirements: Vec<(RequirementId, RequirementId)>,
}

impl Context<'_> {
    /// The policies that take part.
    pub(crate) fn policies(
        &self,
        taking_part: &dyn Fn(&str) -> bool,
        problems: &mut Problems<'_>,
    ) -> Vec<ResolvedPolicy> {
        let mut policies: Vec<ResolvedPolicy> = Vec::new();
        for (place, policy) in self.authored.policies.iter().enumerate() {
            let id = policy.id.value.as_str();
            let phases = self.authored.phases.iter().map(|phase| phase.id.value.as_str());
            let users = self.authored.users.iter().map(|user| user.base.id.value.as_str());
            let before = self.authored.policies[..place].iter().map(|other| other.id.value.as_str());
            if phases.chain(users).chain(before).any(|other| other == id) {
                problems
                    .at(policy.id.at, format!("`{id}` is already the id of a phase, of users or of another policy"));
                continue;
            }
            // Whoever reads the run later has the modules of those that took part.
            if taking_part(id) {
                policies.extend(self.policy(policy, problems));
            }
        }
        policies
    }

    fn policy(&self, policy: &Policy, problems: &mut Problems<'_>) -> Option<ResolvedPolicy> {
        let requirements = self.requirements(&policy.requirements, &policy.map, problems);
        let stage = policy.stage.as_ref().map(|stage| &stage.value).or(self.stages.last());
        let stage = stage.cloned().unwrap_or_default();
        let config = policy.config.resolve(self.variables, problems).to_string();
        let id = &policy.id.value;
        let (module, bytes, facts) =
            self.read_module(policy.module.as_ref()?, (id.as_str(), &[]), &POLICY, problems)?;
        let (bytes, digest) = (bytes.into(), facts.digest);
        Some(ResolvedPolicy { id: id.clone(), module, bytes, digest, config, stage, requirements })
    }
}

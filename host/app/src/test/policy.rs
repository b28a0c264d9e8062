//! Fixtures of a policy: judged one evaluation after another, each with the state of the one before.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use holdpoint_engine::policy::{PolicyEngine, PolicyError, PolicyLimits, PolicyModule};
use holdpoint_fixture::{Kept, Mistake, PolicyFixture};
use holdpoint_model::{Check, Digest, PhaseEnd, RequirementId, policy::Finding};

use super::{Came, find::File};
use crate::Error;

/// A policy, and what its fixtures let it claim where they name no rows.
pub(super) struct PolicyBench {
    module: PolicyModule,
    claims: BTreeSet<RequirementId>,
}

impl PolicyBench {
    /// Compiles the policy.
    pub(super) fn new(digest: Digest, bytes: &[u8], cache: Option<PathBuf>, files: &[File]) -> Result<Self, Error> {
        let engine = PolicyEngine::new(PolicyLimits::default(), 1, cache)?;
        let module = engine.compile(digest, bytes)?;
        let readable = files.iter().filter_map(|file| PolicyFixture::parse(&file.text).ok());
        Ok(Self { module, claims: readable.flat_map(|fixture| fixture.rows()).collect() })
    }

    /// Tries a fixture. An error is the host's; a mistake is the fixture's.
    pub(super) fn try_fixture(&self, text: &str) -> Result<Result<Came, Mistake>, Error> {
        let fixture = match PolicyFixture::parse(text) {
            Ok(fixture) => fixture,
            Err(mistake) => return Ok(Err(mistake)),
        };
        let (mut state, mut judged) = (Vec::new(), Vec::new());
        let mut end = PhaseEnd::Completed;
        for evaluation in 0..fixture.times().len() {
            let evidence = Arc::new(fixture.evidence(evaluation, &self.claims));
            match self.module.evaluate(fixture.config(), &state, evidence) {
                Ok(evaluated) => {
                    judged.push(evaluated.evaluation.findings);
                    state = evaluated.evaluation.state;
                }
                Err(PolicyError::Host(reason)) => return Err(Error::Usage(reason)),
                Err(PolicyError::Refused(reason)) => {
                    end = PhaseEnd::Refused(reason);
                    break;
                }
                Err(error) => {
                    end = PhaseEnd::Trapped(error.to_string());
                    break;
                }
            }
        }
        let error = (end != PhaseEnd::Completed).then(|| end.reason());
        let differences = fixture.differences(&judged, error);
        let checks = judged.pop().unwrap_or_default().into_iter().map(check).collect();
        Ok(Ok(Came { end, kept: Kept { checks, ..Kept::default() }, differences }))
    }
}

/// A finding as it is shown: as the check that it is.
fn check(finding: Finding) -> Check {
    let Finding { name, requirements, verdict, expected, observed, firing, .. } = finding;
    let observed = if firing { format!("{observed}; firing") } else { observed };
    Check { requirements, name, verdict, expected, observed, evidence: Vec::new() }
}

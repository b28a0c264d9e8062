//! A bundle that asks for what is not allowed. What its operator lacks besides is looked for all the same, so that all of it can be told at once.

use std::sync::Arc;

use crate::diagnostic::Diagnostics;
use crate::verified::Verified;

/// What is not allowed. It can be looked at, and not be run.
#[derive(Debug, thiserror::Error)]
#[error("{found}")]
pub struct Refused {
    found: Diagnostics,
    so_far: Option<Box<Verified>>,
}

impl Refused {
    /// Without its modules: what could run must have been allowed.
    pub(crate) fn new(found: Diagnostics, mut so_far: Verified) -> Self {
        let users = so_far.users.iter_mut().map(|user| &mut user.base.bytes);
        let phases = so_far.phases.iter_mut().map(|phase| &mut phase.bytes);
        let policies = so_far.policies.iter_mut().map(|policy| &mut policy.bytes);
        phases.chain(users).chain(policies).for_each(|bytes| *bytes = Arc::default());
        so_far.notifier = None;
        Self { found, so_far: Some(Box::new(so_far)) }
    }

    /// Every line that is missing.
    pub fn found(&self) -> &Diagnostics {
        &self.found
    }

    /// The bundle as it would be if it were allowed, but for its modules, with what the operator's file has for it; none where there is no such file,
    /// or it has mistakes.
    pub fn so_far(&self) -> Option<&Verified> {
        self.so_far.as_deref()
    }
}

impl From<Diagnostics> for Refused {
    fn from(found: Diagnostics) -> Self {
        Self { found, so_far: None }
    }
}

impl From<Refused> for Diagnostics {
    fn from(refused: Refused) -> Self {
        refused.found
    }
}

//! A bundle that asks for what is not allowed. What its operator lacks besides is looked for all the same, so that all of it can be told at once.

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
    pub(crate) fn new(found: Diagnostics, so_far: Verified) -> Self {
        Self { found, so_far: Some(Box::new(so_far)) }
    }

    /// Every line that is missing.
    pub fn found(&self) -> &Diagnostics {
        &self.found
    }

    /// The bundle as it would be if it were allowed, with what the operator's file has for it; none where there is no such file, or it has mistakes.
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

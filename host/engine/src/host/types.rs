//! Errors of calls, as the contract has them.

use holdpoint_model::CallError;

use crate::{
    bindings::holdpoint::types::types::{self, Denial},
    state::PhaseState,
};

impl types::Host for PhaseState {}

impl From<CallError> for types::CallError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Denied(denial) => {
                Self::Denied(Denial { wanted: denial.wanted, reason: denial.reason, remedy: denial.remedy })
            }
            CallError::Timeout(limit) => Self::Timeout(limit),
            CallError::Failed(text) => Self::Failed(text),
            CallError::InDoubt(text) => Self::InDoubt(text),
            CallError::Interrupted(text) => Self::Interrupted(text),
            CallError::Exhausted(text) => Self::Exhausted(text),
        }
    }
}

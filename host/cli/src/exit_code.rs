//! Exit codes, all of them.

use std::process::ExitCode;

use holdpoint_app::{Error, ErrorKind};
use holdpoint_model::Decision;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done,
    Decided(Decision),
    /// Something else was found than before, or than was expected: by a replay, a fixture, a comparison.
    Changed,
    Usage,
    Fault,
    Interrupted,
}

impl Exit {
    fn code(self) -> u8 {
        match self {
            Self::Done | Self::Decided(Decision::Release) => 0,
            Self::Decided(Decision::Hold) | Self::Changed => 1,
            Self::Usage => 2,
            Self::Decided(Decision::Inconclusive) => 3,
            Self::Fault => 4,
            Self::Decided(Decision::Partial) => 7,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// The exit of a command that has no result.
pub(crate) fn of_error(error: &anyhow::Error) -> Exit {
    match error.downcast_ref::<Error>().map(Error::kind) {
        Some(ErrorKind::Usage) | None => Exit::Usage,
        Some(ErrorKind::Fault) => Exit::Fault,
        Some(ErrorKind::Interrupted) => Exit::Interrupted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_release_is_zero() {
        for decision in Decision::ALL {
            assert_eq!(Exit::Decided(decision).code() == 0, decision == Decision::Release, "{decision}");
        }
    }
}

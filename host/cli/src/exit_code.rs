//! Exit codes, all of them.

use std::process::ExitCode;

use holdpoint_app::{Error, ErrorKind};
use holdpoint_model::Decision;

/// Every code with what it means, in ascending order. `--help` prints the table, and docs/reference/exit-codes.md is made from that.
const TABLE: [(u8, &str); 10] = [
    (0, "release; for commands that decide nothing: done"),
    (1, "hold: a required row failed; replay: something else was found than before"),
    (2, "a mistake in what was typed or written; nothing was run"),
    (3, "inconclusive: no required row failed, and one has no verdict"),
    (4, "the host or the machine failed; replay: a module asked something else than before"),
    (5, "rolled-back: what was deployed has been taken back, and what served before serves again"),
    (6, "rollback-failed: what was deployed could not be taken back, or what serves now is not well"),
    (7, "partial: --only or --dry-run, and what was judged passed; never a release"),
    (8, "rehearsed: --scale, and nothing failed while waits passed faster than they do; never a release"),
    (130, "interrupted; `holdpoint resume` goes on"),
];

/// The table for `--help`, a line a code.
pub(crate) fn table() -> String {
    let lines: Vec<String> = TABLE.iter().map(|(code, meaning)| format!("{code:>5}  {meaning}")).collect();
    lines.join("\n")
}

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
            Self::Decided(Decision::RolledBack) => 5,
            Self::Decided(Decision::RollbackFailed) => 6,
            Self::Decided(Decision::Partial) => 7,
            Self::Decided(Decision::Rehearsed) => 8,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Every code, the one that most needs somebody first.
const GRAVEST_FIRST: [u8; 10] = [130, 4, 2, 6, 5, 1, 3, 7, 8, 0];

/// Of several exits the one that most needs somebody; of none that all is done.
pub(crate) fn gravest(exits: impl IntoIterator<Item = Exit>) -> Exit {
    let place = |exit: &Exit| GRAVEST_FIRST.iter().position(|code| *code == exit.code());
    exits.into_iter().min_by_key(place).unwrap_or(Exit::Done)
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
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_has_every_code_once() {
        let decided = Decision::ALL.into_iter().map(Exit::Decided);
        let others = [Exit::Done, Exit::Changed, Exit::Usage, Exit::Fault, Exit::Interrupted];
        let codes: BTreeSet<u8> = decided.chain(others).map(Exit::code).collect();
        let table: Vec<u8> = TABLE.iter().map(|(code, _)| *code).collect();
        assert_eq!(table, codes.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn the_table_names_every_decision_at_its_code() {
        for decision in Decision::ALL {
            let code = Exit::Decided(decision).code();
            let meaning = TABLE.iter().find(|(of, _)| *of == code).map_or("", |(_, meaning)| meaning);
            assert!(meaning.starts_with(decision.word()), "{decision} is not what {code} means first: {meaning}");
        }
    }

    #[test]
    fn of_several_exits_the_gravest_counts() {
        let [release, hold, failed] = [Decision::Release, Decision::Hold, Decision::RollbackFailed].map(Exit::Decided);
        assert_eq!(gravest([]), Exit::Done);
        assert_eq!(gravest([release, hold, release]), hold);
        assert_eq!(gravest([hold, failed]), failed);
        assert_eq!(gravest([failed, Exit::Usage, release]), Exit::Usage);
        assert_eq!(gravest([Exit::Usage, Exit::Fault, hold]), Exit::Fault);
        assert_eq!(gravest([Exit::Fault, Exit::Interrupted]), Exit::Interrupted);
        assert_eq!(BTreeSet::from(GRAVEST_FIRST), TABLE.iter().map(|(code, _)| *code).collect::<BTreeSet<u8>>());
    }

    #[test]
    fn only_a_release_is_zero() {
        for decision in Decision::ALL {
            assert_eq!(Exit::Decided(decision).code() == 0, decision == Decision::Release, "{decision}");
        }
    }
}

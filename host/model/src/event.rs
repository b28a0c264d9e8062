//! What happens in a run. The live display, the stored run, the report and the replay all read this one type.

use std::collections::BTreeMap;

use crate::{Class, Decision, Digest, Ordinal, OutcomeKind, PhaseId, RunId, Seq, Statement, Timestamp};

/// One event of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its place in the run's global order, from 1. Events that are only displayed have 0.
    pub position: u64,
    pub at: Timestamp,
    pub kind: EventKind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    RunStarted(RunHeader),
    /// Another host process took the run up again.
    RunResumed,
    PhaseStarted {
        phase: PhaseId,
    },
    Call(CallEvent),
    Stated {
        phase: PhaseId,
        ordinal: Ordinal,
        statement: Statement,
    },
    PhaseEnded {
        phase: PhaseId,
        end: PhaseEnd,
    },
    RunEnded {
        decision: Decision,
    },
}

/// A call as people read it: its request and answer as JSON.
#[derive(Debug, Clone, PartialEq)]
pub struct CallEvent {
    pub phase: PhaseId,
    pub seq: Seq,
    pub capability: String,
    /// None for a call that was refused before its class was known.
    pub class: Option<Class>,
    /// One line, e.g. `http GET backend /health`.
    pub summary: String,
    /// 1, or 2 after a crash if reading back showed that the first attempt had not happened.
    pub attempt: u32,
    /// How it ended; none while it is under way.
    pub outcome: Option<OutcomeKind>,
    /// The request as JSON.
    pub request: String,
    /// The answer as JSON.
    pub answer: Option<String>,
}

/// Facts of a run that are fixed before its first phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunHeader {
    pub run: RunId,
    pub bundle: String,
    pub bundle_version: String,
    /// The digest of everything that was judged by: the bundle, its checklist and its modules.
    pub bundle_digest: Digest,
    pub environment: String,
    /// The phases that this run was asked for; none means all of them.
    pub only: Option<Vec<PhaseId>>,
    pub dry_run: bool,
    /// The modules by phase.
    pub modules: BTreeMap<PhaseId, Digest>,
    /// The digest of the operator's file.
    pub operator_digest: Digest,
}

/// How a phase ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhaseEnd {
    /// The guest returned.
    Completed,
    /// The guest returned an error: it could not do its work.
    Refused(String),
    /// The guest crashed.
    Trapped(String),
    /// The guest was still running at its deadline.
    Deadline(String),
    /// A guest that was executed again made another call than before.
    Diverged(String),
    /// It was not started; the reason.
    Skipped(String),
}

impl PhaseEnd {
    /// The word in journals and on the terminal.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Refused(_) => "refused",
            Self::Trapped(_) => "trapped",
            Self::Deadline(_) => "deadline",
            Self::Diverged(_) => "diverged",
            Self::Skipped(_) => "skipped",
        }
    }

    /// The details; empty for a phase that completed.
    pub fn reason(&self) -> &str {
        match self {
            Self::Completed => "",
            Self::Refused(reason)
            | Self::Trapped(reason)
            | Self::Deadline(reason)
            | Self::Diverged(reason)
            | Self::Skipped(reason) => reason,
        }
    }

    /// The end of a word and its reason.
    pub fn parse(word: &str, reason: String) -> Option<Self> {
        Some(match word {
            "completed" => Self::Completed,
            "refused" => Self::Refused(reason),
            "trapped" => Self::Trapped(reason),
            "deadline" => Self::Deadline(reason),
            "diverged" => Self::Diverged(reason),
            "skipped" => Self::Skipped(reason),
            _ => return None,
        })
    }
}

//! What happens in a run. The live display, the stored run, the report and the replay all read this one type.

use std::collections::BTreeMap;

use crate::{
    ApprovalAnswer, ApprovalAsk, Class, Decision, Digest, Notice, NoticeEnd, Ordinal, OutcomeKind, PhaseId, PolicyId,
    RequirementId, RunId, Scale, ScheduledStart, Seq, Statement, Timestamp, Verdict, Waiver, policy::Found,
};

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
    /// The run left this machine in a file: only where that is imported it goes on.
    RunHandedOver,
    /// The run came to this machine in a file. What follows is bounded by what is allowed here.
    RunImported,
    PhaseStarted {
        phase: PhaseId,
    },
    /// What follows of the phase was found by another run, and is not done again.
    PhaseTakenOver {
        phase: PhaseId,
        origin: Origin,
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
    /// A moment at which evidence is judged: of everything that stands before it.
    Ticked {
        /// A stage ends with it: for policies of that stage nothing is observed after it.
        last: bool,
    },
    /// What a policy makes of the evidence at a tick.
    Found(Found),
    /// Somebody ended the run for good.
    RunCancelled(Cancellation),
    /// The run is decided, or the stage that has ended.
    RunEnded {
        decision: Decision,
        /// The stage that is to come.
        next: Option<String>,
    },
    /// Somebody answers for a row. The decision that then follows comes after it.
    RowWaived(Waiver),
    /// A phase waits for its time of day.
    PhaseScheduled(ScheduledStart),
    /// A phase waits until somebody lets it start.
    ApprovalAsked(ApprovalAsk),
    /// Somebody lets it start, or does not.
    ApprovalAnswered(ApprovalAnswer),
    /// Somebody is about to be told of the run.
    NoticeIntended(Notice),
    /// What came of that.
    NoticeEnded(NoticeEnd),
    /// Nobody answers for the row any more.
    WaiverWithdrawn {
        row: RequirementId,
        by: String,
        reason: String,
    },
}

/// Who ended a run for good, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    pub by: String,
    /// May be empty.
    pub reason: String,
}

/// `cancelled by NAME: reason`
impl std::fmt::Display for Cancellation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { by, reason } = self;
        if reason.is_empty() { write!(f, "cancelled by {by}") } else { write!(f, "cancelled by {by}: {reason}") }
    }
}

/// Where a phase that was taken over was executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    pub run: RunId,
    /// The last hash of that run's chain when it was taken over.
    pub head: Digest,
}

/// What a run does again, and what was known before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retry {
    /// The run that is done again in part.
    pub run: RunId,
    /// The last hash of its chain.
    pub head: Digest,
    /// The phase that it is done again from.
    pub from: PhaseId,
    /// The verdicts of rows that count, before. Of a row that was flaky already, the one before it first passed.
    pub before: BTreeMap<RequirementId, Verdict>,
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
    /// How many times faster waits pass than they say, in a rehearsal.
    pub scale: Option<Scale>,
    /// The modules by phase.
    pub modules: BTreeMap<PhaseId, Digest>,
    /// The modules of policies.
    pub policies: BTreeMap<PolicyId, Digest>,
    /// The digest of the operator's file.
    pub operator_digest: Digest,
    /// The run that this one does again in part.
    pub retry: Option<Retry>,
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
    /// It was stopped in the midst, for good; by whom and why.
    Cancelled(String),
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
            Self::Cancelled(_) => "cancelled",
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
            | Self::Skipped(reason)
            | Self::Cancelled(reason) => reason,
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
            "cancelled" => Self::Cancelled(reason),
            _ => return None,
        })
    }
}

//! A row of the journal, as it is written and read.

use std::{borrow::Cow, sync::Arc};

use holdpoint_gate::Encoded;
use holdpoint_model::{Class, Digest, OutcomeKind};

/// What a row records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    RunStarted,
    RunResumed,
    /// The run goes on where the file is imported that it is in.
    RunHandedOver,
    /// It goes on here.
    RunImported,
    PhaseStarted,
    /// The statements of the phase that follow were found by another run.
    PhaseTakenOver,
    /// A call that is recorded whole, after it was answered.
    Call,
    /// An effect that is about to be acted.
    Intent,
    /// The answer of an effect.
    Outcome,
    Statement,
    PhaseEnded,
    /// A moment at which evidence is judged.
    Tick,
    /// What a policy makes of a tick; its state stands beside it.
    Found,
    RunCancelled,
    RunEnded,
    RowWaived,
    WaiverWithdrawn,
    /// A phase waits for its time of day.
    PhaseScheduled,
    /// A phase waits for somebody's word.
    ApprovalAsked,
    ApprovalAnswered,
    /// A notification is about to be sent.
    NoticeIntended,
    NoticeEnded,
}

impl RowKind {
    const ALL: [Self; 22] = [
        Self::RunStarted,
        Self::RunResumed,
        Self::RunHandedOver,
        Self::RunImported,
        Self::PhaseStarted,
        Self::PhaseTakenOver,
        Self::Call,
        Self::Intent,
        Self::Outcome,
        Self::Statement,
        Self::PhaseEnded,
        Self::Tick,
        Self::Found,
        Self::RunCancelled,
        Self::RunEnded,
        Self::RowWaived,
        Self::WaiverWithdrawn,
        Self::PhaseScheduled,
        Self::ApprovalAsked,
        Self::ApprovalAnswered,
        Self::NoticeIntended,
        Self::NoticeEnded,
    ];

    /// The word in the `kind` column.
    pub fn word(self) -> &'static str {
        match self {
            Self::RunStarted => "run-started",
            Self::RunResumed => "run-resumed",
            Self::RunHandedOver => "run-handed-over",
            Self::RunImported => "run-imported",
            Self::PhaseStarted => "phase-started",
            Self::PhaseTakenOver => "phase-taken-over",
            Self::Call => "call",
            Self::Intent => "intent",
            Self::Outcome => "outcome",
            Self::Statement => "statement",
            Self::PhaseEnded => "phase-ended",
            Self::Tick => "tick",
            Self::Found => "found",
            Self::RunCancelled => "run-cancelled",
            Self::RunEnded => "run-ended",
            Self::RowWaived => "row-waived",
            Self::WaiverWithdrawn => "waiver-withdrawn",
            Self::PhaseScheduled => "phase-scheduled",
            Self::ApprovalAsked => "approval-asked",
            Self::ApprovalAnswered => "approval-answered",
            Self::NoticeIntended => "notice-intended",
            Self::NoticeEnded => "notice-ended",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// Whether it is about telling people of the run, which changes nothing in it.
    pub fn is_notice(self) -> bool {
        matches!(self, Self::NoticeIntended | Self::NoticeEnded)
    }

    /// Whether it says where the run goes on, which changes nothing in it.
    pub fn is_move(self) -> bool {
        matches!(self, Self::RunHandedOver | Self::RunImported)
    }

    /// Whether a guest's re-execution meets it as a call.
    pub fn is_call(self) -> bool {
        matches!(self, Self::Call | Self::Intent | Self::Outcome)
    }
}

/// One row. Parts that a kind does not have are empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Milliseconds since 1970.
    pub at: f64,
    pub kind: RowKind,
    /// The phase, or the policy; empty for rows of the run.
    pub guest: Arc<str>,
    /// The seq of a call, the ordinal of a statement, the tick of a finding counted from 1.
    pub number: u32,
    pub capability: Cow<'static, str>,
    pub version: u32,
    pub class: Option<Class>,
    pub attempt: u32,
    /// Of the request or the statement.
    pub digest: Option<Digest>,
    pub summary: String,
    pub outcome: Option<OutcomeKind>,
    /// The request, the statement, or the record of the run or phase.
    pub request: Encoded,
    pub answer: Encoded,
}

impl Row {
    /// A row with nothing but its kind, its guest and its time.
    pub fn new(kind: RowKind, guest: &str, at: f64) -> Self {
        Self {
            at,
            kind,
            guest: guest.into(),
            number: 0,
            capability: Cow::Borrowed(""),
            version: 0,
            class: None,
            attempt: 0,
            digest: None,
            summary: String::new(),
            outcome: None,
            request: Encoded::default(),
            answer: Encoded::default(),
        }
    }
}

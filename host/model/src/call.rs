//! A call: what it may do to the world, and why it may have no answer.

use std::fmt;

/// What a call does to the world. The order is the order of danger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Changes nothing.
    Read,
    /// Changes something, and may be sent again after a crash.
    Repeatable,
    /// Changes something, and must happen once.
    Effect,
    /// Disturbs the environment on purpose.
    Disruptive,
}

impl Class {
    /// Every class, for parsers.
    pub const ALL: [Self; 4] = [Self::Read, Self::Repeatable, Self::Effect, Self::Disruptive];

    /// The word in bundles and journals.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Repeatable => "repeatable",
            Self::Effect => "effect",
            Self::Disruptive => "disruptive",
        }
    }

    /// The class of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word() == word)
    }

    /// Whether a call of this class must be durable before it is sent, and can't simply be sent again.
    pub fn happens_once(self) -> bool {
        self >= Self::Effect
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Why a call was refused, and the line that would allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// What was asked, e.g. `http GET https://api.example.com/v1`.
    pub wanted: String,
    /// Why it was refused, e.g. `no grant covers host api.example.com`.
    pub reason: String,
    /// What would allow it.
    pub remedy: String,
}

/// Why a call has no answer. This is what a guest sees.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    #[error("denied: {}", .0.reason)]
    Denied(Denial),
    /// The limit, in milliseconds.
    #[error("no answer within {0} ms")]
    Timeout(u32),
    #[error("{0}")]
    Failed(String),
    #[error("in doubt: {0}")]
    InDoubt(String),
    #[error("interrupted: {0}")]
    Interrupted(String),
    #[error("{0}")]
    Exhausted(String),
}

impl CallError {
    /// The kind without the details.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Denied(_) => OutcomeKind::Denied,
            Self::Timeout(_) => OutcomeKind::Timeout,
            Self::Failed(_) => OutcomeKind::Failed,
            Self::InDoubt(_) => OutcomeKind::InDoubt,
            Self::Interrupted(_) => OutcomeKind::Interrupted,
            Self::Exhausted(_) => OutcomeKind::Exhausted,
        }
    }
}

/// The answer of a call.
pub type Answer<T> = Result<T, CallError>;

/// How a call ended, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutcomeKind {
    Answered,
    Denied,
    Timeout,
    Failed,
    InDoubt,
    Interrupted,
    Exhausted,
}

impl OutcomeKind {
    /// Every kind, for parsers.
    pub const ALL: [Self; 7] =
        [Self::Answered, Self::Denied, Self::Timeout, Self::Failed, Self::InDoubt, Self::Interrupted, Self::Exhausted];

    /// The word in journals and on the terminal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Denied => "denied",
            Self::Timeout => "timeout",
            Self::Failed => "failed",
            Self::InDoubt => "in-doubt",
            Self::Interrupted => "interrupted",
            Self::Exhausted => "exhausted",
        }
    }

    /// The kind of a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.word() == word)
    }
}

impl fmt::Display for OutcomeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

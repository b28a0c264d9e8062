//! Why a call has no answer, and which calls show a finding. Whether that fails a check is decided in `check`, not here.

use std::fmt;

use crate::Millis;

/// A refusal by the grants of the bundle, or by the run (a dry run refuses every effect).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// What was asked.
    pub wanted: String,
    /// Why it was refused.
    pub reason: String,
    /// The line that would allow it, and where it belongs.
    pub remedy: String,
}

/// What kept a call from an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// No grant covers it: a mistake in the bundle, not in what is being validated.
    /// The host's report says what would allow it.
    #[error("denied {}: {}", .0.wanted, .0.reason)]
    Denied(Denial),
    /// It did not answer within this time.
    #[error("no answer within {0}")]
    Timeout(Millis),
    /// It was tried and failed, or could not be sent.
    #[error("{0}")]
    Failed(String),
    /// An effect was sent, and it cannot be known whether it happened.
    #[error("in doubt: {0}")]
    InDoubt(String),
    /// What it relied on did not survive an interruption of the host.
    #[error("interrupted: {0}")]
    Interrupted(String),
    /// A bound was reached; the text names it.
    #[error("a bound was reached: {0}")]
    Exhausted(String),
}

/// A call without an answer: the cause, and the numbers of the calls that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallError {
    pub(crate) cause: Cause,
    pub(crate) calls: Vec<u32>,
}

impl CallError {
    pub(crate) fn new(cause: Cause, seq: u32) -> Self {
        Self { cause, calls: vec![seq] }
    }

    /// What kept the call from an answer.
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Whether the bundle does not grant it, which is a mistake of the bundle and none of the system.
    pub fn is_denied(&self) -> bool {
        matches!(self.cause, Cause::Denied(_))
    }

    /// The number of the last attempt among this guest's calls, from 0.
    pub fn seq(&self) -> u32 {
        self.calls.last().copied().unwrap_or_default()
    }

    /// How many attempts were made, at least 1.
    pub fn attempts(&self) -> usize {
        self.calls.len()
    }
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl std::error::Error for CallError {}

/// Something that knows which calls show it: an answer, a failed call, several of them, or nothing (`()`).
pub trait Evidence {
    /// The numbers of the calls, from 0 in the order in which this guest made them.
    fn calls(&self) -> Vec<u32>;
}

impl Evidence for () {
    fn calls(&self) -> Vec<u32> {
        Vec::new()
    }
}

impl Evidence for CallError {
    fn calls(&self) -> Vec<u32> {
        self.calls.clone()
    }
}

impl Evidence for Vec<u32> {
    fn calls(&self) -> Vec<u32> {
        self.clone()
    }
}

impl<T: Evidence + ?Sized> Evidence for &T {
    fn calls(&self) -> Vec<u32> {
        (**self).calls()
    }
}

impl<T: Evidence> Evidence for [T] {
    fn calls(&self) -> Vec<u32> {
        self.iter().flat_map(Evidence::calls).collect()
    }
}

impl<T: Evidence> Evidence for Option<T> {
    fn calls(&self) -> Vec<u32> {
        self.as_ref().map(Evidence::calls).unwrap_or_default()
    }
}

impl<T: Evidence, E: Evidence> Evidence for std::result::Result<T, E> {
    fn calls(&self) -> Vec<u32> {
        match self {
            Ok(answer) => answer.calls(),
            Err(error) => error.calls(),
        }
    }
}

impl<A: Evidence, B: Evidence> Evidence for (A, B) {
    fn calls(&self) -> Vec<u32> {
        let mut calls = self.0.calls();
        calls.extend(self.1.calls());
        calls
    }
}

//! Why a store did not do it.

use std::fmt;

use serde::Deserialize;

use crate::{CallError, Cause, Check, Evidence, Expected, observed};

/// Which of the usual things is wrong with a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// Nobody answers at its address.
    Refused,
    /// There is no TLS with it, or nobody knows its certificate.
    Tls,
    /// It does not know the user or the password.
    Credentials,
    /// The user may not do this.
    Forbidden,
    /// It takes no writes, or no settings.
    ReadOnly,
    /// It has no connection, no memory or no disk left.
    Full,
    /// There was no answer in time.
    Late,
    /// It starts, or stops.
    Starting,
    /// It has no such database, table or column.
    Missing,
    /// The connection ended in the middle of an answer.
    Broken,
    /// It answers something else than was expected, or did not understand.
    Wrong,
}

/// A store that has answered that it did not do it. Nothing of what was asked has happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    pub(crate) call: u32,
    /// Which of the usual things is wrong.
    pub kind: TroubleKind,
    /// What it said or showed.
    pub said: String,
    /// What somebody can do about it.
    pub remedy: String,
}

/// What a call on a store came to that did not do what it should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataError {
    /// The call has no answer.
    Call(CallError),
    /// The store has answered that it did not do it.
    Store(Trouble),
}

/// The same, before the number of the call is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    Call(Cause),
    Store(Trouble),
}

impl TroubleKind {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Tls => "tls",
            Self::Credentials => "credentials",
            Self::Forbidden => "forbidden",
            Self::ReadOnly => "read-only",
            Self::Full => "full",
            Self::Late => "late",
            Self::Starting => "starting",
            Self::Missing => "missing",
            Self::Broken => "broken",
            Self::Wrong => "wrong",
        }
    }
}

impl DataError {
    /// Closes a check: a store that says no fails it; see [`Check::from_error`] for the rest.
    pub fn close(&self, check: Check<'_>, what: Expected) {
        match self {
            Self::Call(error) => check.expecting(what).from_error(error),
            Self::Store(trouble) => check.fail(what, observed(trouble), self),
        }
    }

    /// What is wrong with the store, if it has answered.
    pub fn trouble(&self) -> Option<&Trouble> {
        match self {
            Self::Store(trouble) => Some(trouble),
            Self::Call(_) => None,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}); {}", self.said, self.kind.word(), self.remedy)
    }
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::Store(trouble) => trouble.fmt(f),
        }
    }
}

impl std::error::Error for DataError {}

impl Evidence for DataError {
    fn calls(&self) -> Vec<u32> {
        match self {
            Self::Call(error) => error.calls(),
            Self::Store(trouble) => vec![trouble.call],
        }
    }
}

//! What a load repeats, as the load sees it: users are opened, and each does one iteration after another.

use std::time::Duration;

use holdpoint_cap_http::{Unanswered, user::Harm};

use crate::Cost;

/// Makes users. A load has one.
pub trait Users: Send + Sync + 'static {
    type User: User;

    /// What one user takes of the machine. A plan with more users than there is room for is refused.
    fn cost(&self) -> Cost {
        Cost::default()
    }

    /// The seed of what goes wrong on purpose, if something does.
    fn seed(&self) -> Option<u32> {
        None
    }

    /// Opens the user with this number, counted from 0 over the whole load. It may be opened long before its first iteration, so it connects to
    /// nothing yet.
    fn open(&self, number: u32) -> impl Future<Output = Result<Self::User, UserError>> + Send;
}

/// One user: its own instance, identity, connections and canary. Dropping it ends all of these at once.
pub trait User: Send + 'static {
    /// Some of its requests go wrong on purpose, so that nothing of it says anything of the target.
    fn is_harmed(&self) -> bool {
        false
    }

    /// Does what it does once. Every exchange is told to the observer as soon as it is over. An iteration is over when this returns; the iterations of
    /// one user follow each other.
    fn iterate(
        &mut self,
        iteration: u64,
        observer: &dyn Observer,
    ) -> impl Future<Output = Result<(), UserError>> + Send;

    /// Says farewell: what it has made on the server is taken away. Its exchanges count as any other.
    fn close(self, observer: &dyn Observer) -> impl Future<Output = Result<(), UserError>> + Send;
}

/// Is told what users see. It is called on the tasks of many users at once, so it must be cheap and wait for nothing.
pub trait Observer: Send + Sync {
    /// A request was answered, or was not.
    fn exchange(&self, exchange: Exchange<'_>);
    /// A user was shown something of another.
    fn leak(&self, leak: Leak);
    /// A user judged its newest answer.
    fn check(&self, name: &str, good: bool) {
        let _ = (name, good);
    }
    /// A user was shown its own canary, so many times in one exchange. Canaries that never come back could not have come back to somebody
    /// else either.
    fn own(&self, user: u32, times: u64) {
        let _ = (user, times);
    }
    /// A request of a user went wrong on purpose.
    fn harmed(&self, harm: Harm) {
        let _ = harm;
    }
    /// A user was shown something of another by a route that shows everybody's texts on purpose.
    fn shared(&self, route: &str) {
        let _ = route;
    }
}

/// One request and what came of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exchange<'a> {
    pub user: u32,
    /// What requests of the same kind are counted under, e.g. `GET backend /api/me`. Bounded by whoever makes users, since each has a
    /// histogram of its own.
    pub route: &'a str,
    /// Of the answer, if there was one.
    pub status: Option<u16>,
    /// Why it counts as failed, if it does.
    pub failure: Option<Failure>,
    /// From the first byte that was to be sent to the last that came. Opening a connection is part of it.
    pub duration: Duration,
    pub sent_bytes: u64,
    pub received_bytes: u64,
    /// It was made to go wrong; it counts neither as good nor as failed.
    pub deliberate: bool,
}

/// Why an exchange failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Failure {
    /// No connection: refused, unreachable, no such name.
    Connect,
    /// No TLS with the server, or not with this one.
    Tls,
    /// Nothing, or not everything, came in time.
    Timeout,
    /// The connection ended before the answer did.
    Reset,
    /// The answer was not HTTP, or larger than its bound.
    Malformed,
    /// The answer's status was not one that was expected.
    Status,
    /// The user itself said that the answer was wrong, though its status was good.
    Content,
}

impl From<Unanswered> for Failure {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered::Connect => Self::Connect,
            Unanswered::Tls => Self::Tls,
            Unanswered::Timeout => Self::Timeout,
            Unanswered::Reset => Self::Reset,
            Unanswered::Malformed => Self::Malformed,
        }
    }
}

/// A text of one user in what another was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leak {
    /// Whose it is.
    pub owner: u32,
    /// Which load the owner is of, and of which of its hosts, if not of this one.
    pub owner_load: Option<String>,
    /// Who was shown it.
    pub shown_to: u32,
    /// The exchange that showed it.
    pub route: String,
    /// How the text stood there, e.g. `plain` or `base64`.
    pub form: String,
}

/// Why a user does not go on. The user ends with it; the load does not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserError {
    /// It could not begin, e.g. because there was no memory or identity for it.
    #[error("can't be opened: {0}")]
    Open(String),
    /// Its module trapped, took too long or too much, or said that it can't go on.
    #[error("ended: {0}")]
    Ended(String),
}

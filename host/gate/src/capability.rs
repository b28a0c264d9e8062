//! What a capability tells the gate, and what a backend does for it.

use std::time::Duration;

use holdpoint_model::{Class, Denial, Seq};

use crate::{Doubt, Message, Opened, Permit};

/// A kind of call. The implementing type is only a name; it is never made.
pub trait Capability: Send + Sync + 'static {
    /// The name in grants, journals and messages, e.g. `http`.
    const NAME: &'static str;
    /// The version of its request and response records. A change of either is a new version.
    const VERSION: u32;
    type Request: Message;
    type Response: Message;
    /// What a phase may ask of it.
    type Grants: Send + Sync + 'static;

    /// Judges a request: its class, or why it is denied. Pure: it may look at nothing but its arguments.
    fn authorize(grants: &Self::Grants, request: &Self::Request) -> Result<Class, Denial>;

    /// One line for people, e.g. `GET backend /health`. No secrets: requests carry placeholders.
    fn summary(request: &Self::Request) -> String;

    /// How long acting may last. The gate ends it then, whatever the backend does.
    fn limit(_request: &Self::Request) -> Duration {
        Duration::from_secs(60)
    }

    /// Whether the request opens, uses or closes something that lives on between calls.
    fn handle(_request: &Self::Request) -> Handle {
        Handle::None
    }
}

/// What a request does to a handle. A handle is the number of the call that opened it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handle {
    None,
    Opens,
    Uses(Seq),
    Closes(Seq),
}

/// Acts on permits of one capability.
pub trait Backend<C: Capability>: Send + Sync + 'static {
    /// Does what the permit allows.
    fn act(&self, permit: Permit<C>) -> impl Future<Output = Result<C::Response, BackendError>> + Send;

    /// Finds out by reading whether an effect has happened whose answer was lost.
    fn settle(&self, _doubt: Doubt<C>) -> impl Future<Output = Settlement<C::Response>> + Send {
        async { Settlement::Unknown("this capability can't read back whether it happened".into()) }
    }

    /// Brings back what a call had opened before the host stopped. The error says why it can't.
    fn restore(&self, _opened: Opened<C>) -> impl Future<Output = Result<(), String>> + Send {
        async { Err("this capability can't bring back what was open".into()) }
    }
}

/// Why acting brought no response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    /// Nothing was sent, so nothing has happened.
    #[error("{0}")]
    NotSent(String),
    /// The backend's own limit passed, in milliseconds. Something may have happened.
    #[error("no answer within {0} ms")]
    Timeout(u32),
    /// It was sent, and what came of it is not known.
    #[error("{0}")]
    Unknown(String),
    /// It relied on something that an interruption of the host took away.
    #[error("{0}")]
    Interrupted(String),
    /// The answer was larger than its bound.
    #[error("{0}")]
    Exhausted(String),
    /// The destination turned out to lie outside of the grant once it was looked at (a redirect, a resolved address).
    #[error("denied: {}", .0.reason)]
    Denied(Denial),
}

/// What reading back showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement<R> {
    /// It happened, and this is its answer.
    Happened(R),
    /// It did not happen. It will be acted again, as the next attempt.
    NotHappened,
    /// It can't be known; the reason.
    Unknown(String),
}

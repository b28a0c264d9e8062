//! The host's clock, as the gate sees it.

use holdpoint_model::Timestamp;

/// Tells the time of day and waits. Injected, so that tests need no waiting.
pub trait Clock: Send + Sync + 'static {
    /// The time of day. Never earlier than an answer before it.
    fn now(&self) -> Timestamp;
}

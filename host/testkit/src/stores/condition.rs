//! What may become of a store.

use std::time::Duration;

/// What may be wrong with one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It was told to end, and did.
    Stopped,
    /// It was ended without a word.
    Killed,
    /// It takes connections, and says nothing.
    Paused,
    /// It has no room for more.
    Full,
    /// Each of its answers takes so long.
    Slow(Duration),
    /// It knows whoever asks no more.
    Refusing,
}

//! What this library refuses. Every input has a bound, and whoever exceeds it is told which.

use alloc::string::String;

use crate::Time;

/// Why something was not taken.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A bound was exceeded.
    #[error("{what} are more than {most}")]
    TooMany {
        /// What there are too many of.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// A name or value that is longer than it may be.
    #[error("a {what} is longer than {most} bytes")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// How long it may be.
        most: usize,
    },
    /// A label that stands there twice.
    #[error("the label `{0}` stands there twice")]
    TwiceLabelled(String),
    /// Two series that nothing tells apart.
    #[error("the series `{0}` stands there twice")]
    TwiceTold(String),
    /// A sample that is not later than the one before it.
    #[error("a sample at {} ms is not later than the one before, at {} ms", at.0, last.0)]
    NotLater {
        /// Its time.
        at: Time,
        /// That of the one before.
        last: Time,
    },
    /// Buckets that are no histogram.
    #[error("the buckets are no histogram: {0}")]
    Buckets(&'static str),
    /// Bytes that are no state of this library.
    #[error("the state can't be read: {0}")]
    State(&'static str),
    /// A state of another version than this library writes.
    #[error(
        "the state has version {0}, and this policy reads version {1}; evaluate from the start, or with the policy that wrote it"
    )]
    StateVersion(u8, u8),
    /// A rule that can't be evaluated as it stands.
    #[error("the rule `{name}` {why}")]
    Rule {
        /// Its name.
        name: String,
        /// What is wrong with it, and what would do.
        why: &'static str,
    },
}

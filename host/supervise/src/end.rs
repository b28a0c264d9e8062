//! How a program ends, or does not begin.

/// How a program ended. All that came of it has ended too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It returned this.
    Code(i32),
    /// A signal ended it that the host had not sent.
    Signal(i32),
    /// It was ended, because it had more processes than its bounds allow.
    Crowded,
}

/// What came of watching a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched<O> {
    Ended(End),
    /// It was ended, because this came first.
    Over(O),
    /// It has ended, and how is not known; the reason.
    Lost(String),
}

/// Why there is no process.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unstarted {
    /// Nothing was started.
    #[error("{0}")]
    Refused(String),
    /// Whoever was to start it is gone. If it had begun, it has ended.
    #[error("{0}")]
    Lost(String),
}

//! How an evaluation fails. None of it is a finding: the rows of the policy have no verdict then.

/// Why there are no findings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The policy says why it can't judge, e.g. what of its configuration is wrong.
    #[error("it said: {0}")]
    Refused(String),
    /// It went beyond a bound, and was ended; which one.
    #[error("{0}")]
    Exceeded(String),
    /// It returned what is no evaluation; what is wrong with it.
    #[error("it returned {0}")]
    Malformed(String),
    /// It crashed.
    #[error("it crashed: {0}")]
    Trapped(String),
    /// The host could not do its part; the policy may be evaluated again.
    #[error("the host failed: {0}")]
    Host(String),
}

//! Why many requests like one were not answered, in a word that can be counted.

/// Why an exchange brought no answer that could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unanswered {
    /// No connection, or no address that may be connected to.
    Connect,
    /// No TLS with the server, or not with this one.
    Tls,
    /// Not everything came within the request's limit.
    Timeout,
    /// The connection ended before the answer did.
    Reset,
    /// It was not HTTP, or larger than its bound.
    Malformed,
}

//! Why there is no identity.

/// An identity that can't be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the signing key has fewer than {least} bytes, so anybody could guess it")]
    ShortKey { least: usize },
    #[error("line {line} of the identities {why}")]
    Line { line: usize, why: &'static str },
    #[error("token {number} of the login {why}")]
    Handed { number: usize, why: &'static str },
    #[error("more than {most} identities")]
    TooMany { most: usize },
    #[error("{users} users and {identities} identities; each user needs one of its own")]
    TooFew { users: u32, identities: usize },
}

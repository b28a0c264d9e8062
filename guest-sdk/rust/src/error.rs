//! The error that ends a phase. It is a text for a person: nothing matches on it, so it has no variants.

use std::fmt;

/// What a phase returns. An error means that the phase could not do its work; a check that fails is not one.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a phase could not do its work; the rows that it was to judge are then inconclusive.
pub struct Error(String);

impl Error {
    /// An error that says `text`: a lowercase fragment that names what was wanted, why not, and what would change it.
    pub fn new(text: impl fmt::Display) -> Self {
        Self(text.to_string())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Error> for String {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl<E: std::error::Error> From<E> for Error {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        Self(text)
    }
}

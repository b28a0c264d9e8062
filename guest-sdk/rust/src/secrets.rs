//! Secrets by name. A value never enters a guest: what it holds is a placeholder that the host replaces on the way out.

use std::fmt;
use std::marker::PhantomData;

use crate::{CallError, Context, host};

/// What can be known about a secret without its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretFacts {
    /// The operator's machine has a value for it, and it is not blank.
    pub present: bool,
    /// The value is an obvious stand-in: `your-…`, `changeme`.
    pub stand_in: bool,
    /// Length of the value in bytes.
    pub length: u32,
}

/// A secret of another environment that the operator's machine has too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterpart {
    /// The environment that it belongs to.
    pub environment: String,
    /// Its name there.
    pub name: String,
    /// Whether it has the same value; none where the machine has no value for one of the two.
    pub alike: Option<bool>,
}

/// What stands for a secret in a header: `request.header("authorization", placeholder.to_string())`. The operator's file says what the
/// header then holds, e.g. `Bearer` and the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder(pub(crate) String);

impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Secrets of a phase.
#[derive(Clone, Copy, Debug)]
pub struct Secrets<'a> {
    of: PhantomData<&'a Context>,
}

impl<'a> Secrets<'a> {
    pub(crate) fn new(_of: &'a Context) -> Self {
        Self { of: PhantomData }
    }

    /// Describes a granted secret.
    pub fn available(&self, name: &str) -> Result<SecretFacts, CallError> {
        let seq = host::calls();
        host::available(name).map_err(|cause| CallError::new(cause, seq))
    }

    /// The secrets of other environments, beside a granted one.
    pub fn elsewhere(&self, name: &str) -> Result<Vec<Counterpart>, CallError> {
        let seq = host::calls();
        host::elsewhere(name).map_err(|cause| CallError::new(cause, seq))
    }

    /// The placeholder of a granted secret that has a real value here, or why there is nothing that could be sent or found.
    pub fn held(&self, name: &str) -> Result<Placeholder, String> {
        let facts = self.available(name).map_err(|error| format!("{name}: {error}"))?;
        if !facts.present || facts.stand_in {
            return Err(format!("{name} has no real value on this machine; give it one in the operator's file"));
        }
        self.reference(name).map_err(|error| format!("{name}: {error}"))
    }

    /// The placeholder of a granted secret.
    pub fn reference(&self, name: &str) -> Result<Placeholder, CallError> {
        let seq = host::calls();
        host::reference(name).map(Placeholder).map_err(|cause| CallError::new(cause, seq))
    }
}

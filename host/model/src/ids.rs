//! Names and numbers, each a type of its own, so that a service can't be passed where a phase is meant.

use std::{fmt, sync::Arc};

/// A name that is empty, too long, or has a character outside of what ids may hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {what}: use 1 to {max} of the characters {allowed}")]
pub struct IdError {
    what: &'static str,
    text: String,
    max: usize,
    allowed: &'static str,
}

fn parse(
    what: &'static str,
    text: &str,
    max: usize,
    allowed: &'static str,
    ok: fn(char) -> bool,
) -> Result<String, IdError> {
    if text.is_empty() || text.len() > max || !text.chars().all(ok) {
        let text = text.chars().take(80).collect();
        return Err(IdError { what, text, max, allowed });
    }
    Ok(text.to_owned())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $allowed:literal, $ok:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the characters and the length.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                parse($what, text, $max, $allowed, $ok).map(|text| Self(text.into()))
            }

            /// The id as it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl From<$name> for Arc<str> {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }
    };
}

id!(
    /// A phase of a bundle, e.g. `health`.
    PhaseId, "phase id", 64, "a-z, 0-9 and -",
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
);
id!(
    /// A policy of a bundle, e.g. `objectives`.
    PolicyId, "policy id", 64, "a-z, 0-9 and -",
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
);
id!(
    /// A service of an environment, e.g. `backend`.
    ServiceName, "service name", 64, "a-z, 0-9 and -",
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
);
id!(
    /// A row of the checklist, e.g. `P3.1` or `SUC-1.deploy`.
    RequirementId, "requirement id", 64, "A-Z, a-z, 0-9, . and -",
    |c| c.is_ascii_alphanumeric() || c == '.' || c == '-'
);
id!(
    /// A run: 26 characters that sort by the time of its start.
    RunId, "run id", 26, "0-9 and A-Z",
    |c| c.is_ascii_uppercase() || c.is_ascii_digit()
);

/// The number of a call of one guest, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Seq(pub u32);

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The number of a statement of one guest, counted from 0. Statements are numbered apart from calls, so that a guest that
/// says more still makes the same calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ordinal(pub u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_names_that_could_be_paths() {
        for bad in ["", "../x", "a/b", "A", "a b", "é", &"a".repeat(65)] {
            assert!(PhaseId::parse(bad).is_err(), "{bad:?} should be refused");
        }
        assert_eq!(PhaseId::parse("load-2").unwrap().as_str(), "load-2");
    }

    #[test]
    fn says_what_an_id_may_hold() {
        let message = RequirementId::parse("P3 1").unwrap_err().to_string();
        assert_eq!(message, "`P3 1` is not a requirement id: use 1 to 64 of the characters A-Z, a-z, 0-9, . and -");
    }
}

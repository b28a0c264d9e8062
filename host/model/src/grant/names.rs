//! Names that only grants use.

use std::fmt;

use super::GrantError;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $wanted:literal, $allowed:literal, $ok:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks the characters and the length.
            pub fn parse(text: &str) -> Result<Self, GrantError> {
                let ok: fn(char) -> bool = $ok;
                if text.is_empty() || text.len() > 64 || !text.chars().all(ok) {
                    return Err(GrantError::new(text, $wanted, concat!("use 1 to 64 of the characters ", $allowed)));
                }
                Ok(Self(text.to_owned()))
            }

            /// The name as it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

name!(
    /// A secret that the operator's machine may have, e.g. `OPENAI_API_KEY`.
    SecretName, "the name of a secret", "A-Z, a-z, 0-9 and _",
    |c| c.is_ascii_alphanumeric() || c == '_'
);
name!(
    /// A granted directory, which is the first part of every path in it, e.g. `config`.
    DirectoryName, "the name of a directory", "a-z, 0-9, _ and -",
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-'
);
name!(
    /// A store of an environment, e.g. `database`.
    StoreName, "the name of a store", "a-z, 0-9 and -",
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
);
name!(
    /// A tool that the operator has pinned, e.g. `pytest`.
    ToolName, "the name of a tool", "a-z, 0-9, _ and -",
    |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-'
);

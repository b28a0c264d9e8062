//! Why there is no vault.

use std::{io, path::PathBuf};

use holdpoint_model::grant::SecretName;

/// A vault that can't be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(
        "secret {name} has a value of {length} bytes, and fewer than 8 can't be told from other text; use a longer value, or name it in `public`"
    )]
    Short { name: SecretName, length: usize },
    #[error("secret {name} is bound twice; keep one of the entries")]
    Twice { name: SecretName },
    #[error(
        "the format {format:?} of secret {name} has no place for the value; write {{}} where it belongs, as in \"Bearer {{}}\""
    )]
    Format { name: SecretName, format: String },
    #[error("session tokens can't be kept in {}: {source}", path.display())]
    Sessions { path: PathBuf, source: io::Error },
}

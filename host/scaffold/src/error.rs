//! Why there is no new phase or bundle, and what to do about it.

use std::{io, path::PathBuf};

/// Why nothing was made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{name}` is no name for it: {why}")]
    Name { name: String, why: String },
    #[error("{} exists already and is not empty; choose another name, or a folder with --path", path.display())]
    Exists { path: PathBuf },
    #[error("{} is not the SDK: {why}; name the folder guest-sdk/rust of a checkout of holdpoint, or leave --sdk out", path.display())]
    Sdk { path: PathBuf, why: String },
    #[error("{}: {why}", path.display())]
    Workspace { path: PathBuf, why: String },
    #[error("can't {what} {}: {source}", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
    #[error("{} was changed by somebody else meanwhile; try again", path.display())]
    Changed { path: PathBuf },
}

impl Error {
    pub(crate) fn io(what: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { what, path, source }
    }
}

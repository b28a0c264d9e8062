//! Why a granted directory can't be served.

use std::{io, path::PathBuf};

use holdpoint_model::grant::DirectoryName;

/// A backend that can't be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("directory `{name}` can't be opened at {}: {source}", path.display())]
    Open { name: DirectoryName, path: PathBuf, source: io::Error },
}

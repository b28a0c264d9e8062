//! What can go wrong with a journal, named for what was attempted.

use std::path::PathBuf;

/// A journal that can't be written, read or believed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("can't create the run folder {}: {source}", path.display())]
    CreateFolder { path: PathBuf, source: std::io::Error },
    #[error("no run at {}", .0.display())]
    Missing(PathBuf),
    #[error("run {} is being worked on by {holder}; wait for it to end, or stop it", path.display())]
    Locked { path: PathBuf, holder: String },
    #[error("can't lock {}: {source}", path.display())]
    Lock { path: PathBuf, source: std::io::Error },
    #[error("can't open the journal {}: {source}", path.display())]
    Open { path: PathBuf, source: rusqlite::Error },
    #[error("{} is not a journal of holdpoint", .0.display())]
    Foreign(PathBuf),
    #[error(
        "the journal {} has format {found}, and this holdpoint reads up to format {known}; use a newer holdpoint",
        path.display()
    )]
    Newer { path: PathBuf, found: i64, known: i64 },
    #[error("the run was stopped before it began; nothing was done, and its folder can be removed")]
    NotBegun,
    #[error("can't read the journal: {0}")]
    Read(#[from] rusqlite::Error),
    #[error("can't write the journal: {0}; what was to be recorded next was not done")]
    Write(String),
    #[error("can't copy the journal to {}: {reason}", path.display())]
    Copy { path: PathBuf, reason: String },
    #[error("can't remove {}: {source}", path.display())]
    Forget { path: PathBuf, source: std::io::Error },
    #[error("the journal is damaged at position {position}: {what}")]
    Damaged { position: u64, what: String },
    #[error("the journal is damaged: body {digest} {what}")]
    DamagedBody { digest: String, what: &'static str },
}

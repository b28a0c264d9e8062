//! Everything that can keep a use case from its end, by who can mend it.

use std::path::PathBuf;

use holdpoint_bundle::{BuiltError, Diagnostics, FolderError};

/// Why a use case has no result.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Bundle(#[from] Diagnostics),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Built(#[from] BuiltError),
    #[error(transparent)]
    Scaffold(#[from] holdpoint_scaffold::Error),
    #[error("can't read the operator's file {}: {source}", path.display())]
    ReadOperator { path: PathBuf, source: std::io::Error },
    #[error("can't write the operator's file {}: {source}", path.display())]
    WriteOperator { path: PathBuf, source: std::io::Error },
    #[error("can't read the CA file {}: {source}; see `ca-file` in the operator's file", path.display())]
    ReadCa { path: PathBuf, source: std::io::Error },
    #[error("secret {name}: {reason}")]
    Secret { name: String, reason: String },
    #[error("users `{users}`: {reason}")]
    Users { users: String, reason: String },
    #[error("service {service}: {reason}")]
    IdToken { service: String, reason: String },
    #[error("{0}")]
    Usage(String),
    #[error(transparent)]
    Journal(#[from] holdpoint_journal::Error),
    #[error(transparent)]
    Engine(#[from] holdpoint_engine::EngineError),
    #[error("policy `{policy}`: {reason}")]
    Policy { policy: String, reason: String },
    #[error("phase `{phase}`: {reason}")]
    Backend { phase: String, reason: String },
    #[error("{0}")]
    Cloud(String),
    #[error("can't replay: {0}")]
    Replay(String),
    #[error("{reason}\n  run {run} is kept: mend it, then `holdpoint resume {run}`")]
    Fault { run: String, reason: String },
    #[error("run {run} was interrupted; `holdpoint resume {run}` goes on with it")]
    Interrupted { run: String },
}

/// What kind of mistake it is. It decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// What was typed or written is wrong; nothing was run.
    Usage,
    /// The host or the machine failed.
    Fault,
    /// Somebody stopped it; it can be resumed.
    Interrupted,
}

impl Error {
    /// Whether it says that a run was stopped before its first row: nothing was done, and there is nothing to go on with.
    pub fn is_not_begun(&self) -> bool {
        matches!(self, Self::Journal(holdpoint_journal::Error::NotBegun))
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        use holdpoint_engine::EngineError;
        use holdpoint_journal::Error as Journal;
        match self {
            Self::Bundle(_)
            | Self::Folder(_)
            | Self::Built(_)
            | Self::Scaffold(_)
            | Self::ReadOperator { .. }
            | Self::WriteOperator { .. }
            | Self::ReadCa { .. }
            | Self::Secret { .. }
            | Self::Users { .. }
            | Self::IdToken { .. }
            | Self::Usage(_)
            | Self::Backend { .. }
            | Self::Journal(
                Journal::Missing(_)
                | Journal::Foreign(_)
                | Journal::Newer { .. }
                | Journal::Locked { .. }
                | Journal::NotBegun,
            )
            | Self::Engine(
                EngineError::Compile { .. }
                | EngineError::NotAPhase { .. }
                | EngineError::NotAPolicy { .. }
                | EngineError::NotAUser { .. },
            ) => ErrorKind::Usage,
            Self::Cloud(_)
            | Self::Journal(_)
            | Self::Engine(_)
            | Self::Policy { .. }
            | Self::Replay(_)
            | Self::Fault { .. } => ErrorKind::Fault,
            Self::Interrupted { .. } => ErrorKind::Interrupted,
        }
    }
}

//! What is started, and what it is confined by.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Layer;

/// A program with all that it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    /// An absolute path, or a name that is looked for on the `PATH` of `environment`.
    pub path: PathBuf,
    /// What the program must be: 64 hexadecimal digits.
    pub sha256: Option<String>,
    pub arguments: Vec<String>,
    /// All that it sees of an environment.
    pub environment: Vec<(String, String)>,
    /// Where it works.
    pub directory: PathBuf,
    /// None: it may do what the host may, and its end alone is seen to.
    pub bounds: Option<Bounds>,
}

/// What a program can't leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// What it may read besides the programs and libraries of the system.
    pub read: Vec<PathBuf>,
    /// What it may write.
    pub write: Vec<PathBuf>,
    pub network: Network,
    /// Processes at once.
    pub processes: u32,
    /// Bytes of private memory of each process.
    pub memory: u64,
    /// What the kernel must have. Without it the program is not started.
    pub require: Vec<Layer>,
    /// What is not applied, although the kernel has it.
    pub without: Vec<Layer>,
}

/// What a program reaches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// No socket at all.
    #[default]
    None,
    /// A loopback of its own: it reaches servers that it starts itself, and nobody else's. No sockets of files.
    Loopback,
    /// Everything that the machine reaches, and with that every daemon of it whose socket the operator may use.
    Full,
}

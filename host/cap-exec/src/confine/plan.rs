//! What the host tells the stages, and what they tell it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Confinement, Layer, Network};

/// Ask the tool to end.
pub(crate) const TERMINATE: u8 = b't';
/// End the tool.
pub(crate) const END: u8 = b'k';
/// End the tool and everything else at once, and say nothing. The end of the host means the same.
pub(crate) const DROP: u8 = b'd';

/// For the stage `outside`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Outside {
    /// Whether to try namespaces.
    pub(crate) namespaces: bool,
    pub(crate) network: Network,
}

/// For the stages `init` and `tool`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) program: PathBuf,
    /// 64 hexadecimal digits.
    pub(crate) sha256: Option<String>,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) directory: PathBuf,
    pub(crate) read: Vec<PathBuf>,
    pub(crate) write: Vec<PathBuf>,
    pub(crate) network: Network,
    pub(crate) processes: u32,
    pub(crate) memory: u64,
    pub(crate) require: Vec<Layer>,
    pub(crate) without: Vec<Layer>,
    /// What the stages before have applied.
    pub(crate) confinement: Confinement,
}

/// What a stage says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// From `outside` to `init`.
    Entered(Confinement),
    /// The namespaces were taken and can't be used. Nothing was started; without them it may go.
    Unusable(String),
    /// Nothing was started; the reason.
    Failed(String),
    /// All is applied. The tool runs when the socket that said it ends without another word.
    Ready(Confinement),
    /// It ran and ended.
    Ended {
        code: Option<i32>,
        signal: Option<i32>,
        /// There were more processes than it may have.
        crowded: bool,
    },
}

//! What a run follows from: the texts and the choices. A run stores exactly these, beside its modules.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// A text and the name under which people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// As it stands in messages, e.g. `bundle.toml`.
    pub label: String,
    pub text: String,
}

/// The operator's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperatorSource {
    pub file: Text,
    /// What relative paths in it start from; absolute.
    pub folder: PathBuf,
}

/// Everything that a run follows from, apart from the bytes of its modules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources {
    pub bundle: Text,
    /// What relative paths in the bundle start from; absolute.
    pub folder: PathBuf,
    pub checklist: Text,
    /// What files hold that configurations of policies name, by their names.
    pub files: BTreeMap<String, String>,
    /// Without one nothing is allowed.
    pub operator: Option<OperatorSource>,
    /// The environment by name; may be absent where the bundle has one only.
    pub environment: Option<String>,
    /// `--set NAME=VALUE`.
    pub inputs: BTreeMap<String, String>,
    /// `--service NAME=URL`.
    pub services: BTreeMap<String, String>,
    /// `--only PHASE`; empty for the whole bundle.
    pub only: Vec<String>,
}

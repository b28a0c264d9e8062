//! This machine: where runs are kept, where compiled modules are cached, where the operator's file is.

use std::path::{Path, PathBuf};

use holdpoint_bundle::{Builtin, OperatorSource, Text};

use crate::Error;

/// The operator's file by its name.
const OPERATOR_FILE: &str = "holdpoint.toml";

/// The folders of this machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// All runs.
    pub runs: PathBuf,
    /// Compiled modules; none keeps none.
    pub cache: Option<PathBuf>,
    pub operator: OperatorChoice,
    /// Modules that are inside of the program.
    pub builtin: Builtin,
}

/// Which operator's file counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OperatorChoice {
    /// The one that was named.
    File(PathBuf),
    /// The user's, else the system's.
    Found,
}

impl Machine {
    /// The machine as its environment describes it.
    pub fn from_environment(runs: Option<PathBuf>, operator: Option<PathBuf>) -> Self {
        Self {
            runs: runs.unwrap_or_else(|| PathBuf::from(".holdpoint/runs")),
            cache: folder("XDG_CACHE_HOME", ".cache").map(|cache| cache.join("holdpoint/modules")),
            operator: operator.map_or(OperatorChoice::Found, OperatorChoice::File),
            builtin: Builtin::default(),
        }
    }

    /// Where the operator's file is, whether or not it exists.
    pub fn operator_path(&self) -> PathBuf {
        match &self.operator {
            OperatorChoice::File(path) => path.clone(),
            OperatorChoice::Found => {
                let user =
                    folder("XDG_CONFIG_HOME", ".config").map(|config| config.join("holdpoint").join(OPERATOR_FILE));
                let system = Path::new("/etc/holdpoint").join(OPERATOR_FILE);
                match user {
                    Some(user) if user.exists() || !system.exists() => user,
                    _ => system,
                }
            }
        }
    }

    /// The operator's file. One that was named must exist.
    pub(crate) fn operator(&self) -> Result<Option<OperatorSource>, Error> {
        let path = self.operator_path();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && self.operator == OperatorChoice::Found => {
                return Ok(None);
            }
            Err(source) => return Err(Error::ReadOperator { path, source }),
        };
        Ok(Some(operator_source(&path, text)))
    }

    /// Operator's files that do not count, for they lie where a bundle's author could put them.
    pub fn ignored_operator_files(&self, bundle: &Path) -> Vec<PathBuf> {
        let counts = self.operator_path().canonicalize().ok();
        let bundle = if bundle.is_dir() { bundle } else { bundle.parent().unwrap_or(Path::new(".")) };
        let mut ignored: Vec<PathBuf> = [Path::new("."), bundle]
            .iter()
            .filter_map(|folder| folder.join(OPERATOR_FILE).canonicalize().ok())
            .filter(|path| Some(path) != counts.as_ref())
            .collect();
        ignored.dedup();
        ignored
    }
}

/// The text of an operator's file with what its relative paths start from.
pub(crate) fn operator_source(path: &Path, text: String) -> OperatorSource {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // A link to the file moves nothing: paths start from where the file really is.
    let folder = absolute.canonicalize().unwrap_or(absolute).parent().unwrap_or(Path::new("/")).to_owned();
    OperatorSource { file: Text { label: path.display().to_string(), text }, folder }
}

fn folder(variable: &str, below_home: &str) -> Option<PathBuf> {
    let absolute = |path: &PathBuf| path.is_absolute();
    variable_of(variable)
        .map(PathBuf::from)
        .filter(absolute)
        .or_else(|| variable_of("HOME").map(|home| PathBuf::from(home).join(below_home)).filter(absolute))
}

#[expect(clippy::disallowed_methods, reason = "this module says where things are on this machine")]
fn variable_of(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

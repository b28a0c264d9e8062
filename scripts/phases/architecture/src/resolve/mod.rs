//! From an import to a path of the tree, by each language's own rules. Pure: it knows the paths that there are, and opens nothing.

mod python;
mod rust;
mod typescript;

use std::collections::BTreeMap;

use holdpoint::prelude::*;

use crate::source::Module;
use crate::tree::Tree;

/// Where languages look for modules.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Roots {
    /// Directories that Python's absolute imports begin in; the tree itself if it is empty.
    python: Vec<String>,
    /// Prefixes of TypeScript's specifiers, as `paths` has them in a tsconfig: `"@/*" = "frontend/src/*"`.
    typescript: BTreeMap<String, String>,
    /// The `src` of each Rust crate, by the name that code uses: `netra_worker = "worker/src"`.
    rust: BTreeMap<String, String>,
}

impl Roots {
    /// The names of the Rust crates.
    pub(crate) fn crates(&self) -> Vec<&str> {
        self.rust.keys().map(String::as_str).collect()
    }
}

/// What an import leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// To these paths of the tree. A path that has no file stands for itself: what is generated later is imported all the same.
    Inside(Vec<String>),
    /// To a package from elsewhere.
    Outside,
    /// It can't be said where to, and why.
    Unknown(String),
}

pub(crate) struct Resolver<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) roots: &'a Roots,
}

impl Resolver<'_> {
    /// What the module is that a file names.
    pub(crate) fn resolve(&self, file: &str, module: &Module) -> Target {
        match module {
            Module::Python { level, path, names } => {
                python::resolve(self.tree, &self.roots.python, file, *level, path, names)
            }
            Module::TypeScript(specifier) => typescript::resolve(self.tree, &self.roots.typescript, file, specifier),
            Module::Rust { within, path } => rust::resolve(self.tree, &self.roots.rust, file, within, path),
        }
    }
}

/// The directory of a file, as parts.
fn directory(file: &str) -> Vec<&str> {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    parts
}

fn join<T: AsRef<str>>(before: &[&str], parts: &[T]) -> String {
    let all = before.iter().copied().chain(parts.iter().map(AsRef::as_ref));
    all.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

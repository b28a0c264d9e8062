//! What the rules know of a source file, whichever language it is written in. They see nothing else of it.

use holdpoint::prelude::*;

/// The languages that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Language {
    Python,
    /// With TSX, JavaScript and JSX.
    TypeScript,
    Rust,
}

impl Language {
    /// The language of a path, by its ending.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let (_, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (_, ending) = name.rsplit_once('.')?;
        match ending {
            "py" | "pyi" => Some(Self::Python),
            "ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs" => Some(Self::TypeScript),
            "rs" => Some(Self::Rust),
            _ => None,
        }
    }
}

/// A file, read. Lines count from 1.
#[derive(Debug, Default)]
pub(crate) struct Source {
    pub(crate) lines: usize,
    pub(crate) functions: Vec<Function>,
    pub(crate) imports: Vec<Import>,
    pub(crate) types: Vec<TypeName>,
    pub(crate) uses: Vec<Use>,
}

/// Something with a body that is called: a function, a method, an arrow function.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// With what it stands in: `Session.close`.
    pub(crate) name: String,
    pub(crate) line: usize,
    /// From the line of its name to the end of its body.
    pub(crate) lines: usize,
}

/// A class, interface, enum, struct, union, trait or alias.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TypeName {
    /// With what it stands in, so that the `Meta` of one class is not the `Meta` of another.
    pub(crate) name: String,
    pub(crate) line: usize,
}

/// Another module that is named, wherever that stands.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) line: usize,
    pub(crate) module: Module,
}

/// How a language names another module.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Module {
    /// `from ..path import names`, where `level` counts the dots.
    Python { level: usize, path: Vec<String>, names: Vec<String> },
    /// A specifier as it is written.
    TypeScript(String),
    /// A path, and the modules of the same file that it stands in.
    Rust { within: Vec<String>, path: Vec<String> },
}

/// Something that code does, by name. Names are dotted (`os.environ`), or in Rust also `std::process::exit`; what has no name in
/// such a chain is `_`. A name that was imported is shown as a whole: `system()` after `from os import system` is `os.system`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Use {
    pub(crate) line: usize,
    pub(crate) kind: UseKind,
    pub(crate) name: String,
    /// Whether it stands in what Rust only compiles for tests.
    pub(crate) in_test: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum UseKind {
    Call,
    Member,
    Macro,
    Identifier,
    Text,
}

/// Why a file has no meaning in its language.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unparsable {
    pub(crate) line: usize,
    pub(crate) why: String,
}

//! From text to what the rules know of it, a language a file. Each has a real parser; nothing is searched for in text.

mod aliases;
mod lines;
mod nesting;
mod python;
mod rust;
mod rust_macros;
mod typescript;
mod typescript_imports;

use crate::source::{Language, Source, Unparsable};

/// Reads a file. `crates` are the names by which Rust knows the crates of the tree.
pub(crate) fn read(path: &str, language: Language, text: &str, crates: &[&str]) -> Result<Source, Unparsable> {
    nesting::check(text)?;
    let mut source = match language {
        Language::Python => python::read(text)?,
        Language::TypeScript => typescript::read(path, text)?,
        Language::Rust => rust::read(text, crates)?,
    };
    source.lines = text.lines().count();
    Ok(source)
}

#[cfg(test)]
mod tests;

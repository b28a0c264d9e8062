//! A value with its key and its place, and the reader for each kind of file.

use crate::{env, json, toml, yaml};

/// The most values that are taken from one file.
pub(crate) const MOST_VALUES: usize = 200_000;

/// The deepest nesting that is followed.
pub(crate) const DEEPEST: usize = 128;

/// A value, or a key that looks like a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scalar {
    /// Keys from the top; an element of a list is `[0]`.
    pub path: Vec<String>,
    /// Where it stands.
    pub at: Position,
    /// Its text, without quotes.
    pub value: String,
    /// The element before it in a list.
    pub before: Option<String>,
}

/// Line and column, from 1, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The character of the line.
    pub column: usize,
}

/// Why a file has no values to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Where it breaks.
    pub at: Position,
    /// What is wrong there.
    pub why: String,
}

impl Unreadable {
    pub(crate) fn new(at: Position, why: impl Into<String>) -> Self {
        Self { at, why: why.into() }
    }
}

/// The values of a file, by the ending of its name; what has no known ending is a `.env` file.
pub fn scalars(path: &str, text: &str) -> Result<Vec<Scalar>, Unreadable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    match name.rsplit('.').next() {
        Some("yaml" | "yml") => yaml::scalars(text),
        Some("json") => json::scalars(text),
        Some("toml") => toml::scalars(text),
        _ => env::scalars(text),
    }
}

/// The place of a byte of `text`.
pub(crate) fn position(text: &str, offset: usize) -> Position {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let head = &text[..offset];
    let start = head.rfind('\n').map_or(0, |at| at + 1);
    Position { line: head.matches('\n').count() + 1, column: head[start..].chars().count() + 1 }
}

/// A path with one segment more.
pub(crate) fn below(path: &[String], segment: impl Into<String>) -> Vec<String> {
    let mut path = path.to_vec();
    path.push(segment.into());
    path
}

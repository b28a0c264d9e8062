//! The files that are understood, and the values in them with their places. Nothing is judged here.

mod env;
mod json;
mod toml;
mod yaml;

use std::collections::HashMap;

/// The most values that are taken from one file.
const MOST_VALUES: usize = 200_000;

/// The deepest nesting that is followed.
const DEEPEST: usize = 128;

/// A value, or a key that looks like a URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scalar {
    /// Keys from the top; an element of a list is `[0]`.
    pub(crate) path: Vec<String>,
    pub(crate) at: Position,
    pub(crate) value: String,
    /// The element before it in a list.
    pub(crate) before: Option<String>,
}

/// Line and column, from 1, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

/// Why a file has no values to judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) at: Position,
    pub(crate) why: String,
}

impl Unreadable {
    fn new(at: Position, why: impl Into<String>) -> Self {
        Self { at, why: why.into() }
    }
}

/// The values of a file, by the ending of its name; what has no known ending is a `.env` file.
pub(crate) fn scalars(path: &str, text: &str) -> Result<Vec<Scalar>, Unreadable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    match name.rsplit('.').next() {
        Some("yaml" | "yml") => yaml::scalars(text),
        Some("json") => json::scalars(text),
        Some("toml") => toml::scalars(text),
        _ => env::scalars(text),
    }
}

/// The values inside of a value, at its place and with their keys appended: JSON in a string, or `KEY=value` in a list.
pub(crate) fn nested(outer: &Scalar) -> Option<Vec<Scalar>> {
    let text = outer.value.trim();
    if text.starts_with(['{', '[']) {
        let mut scalars = json::scalars(text).ok()?;
        for scalar in &mut scalars {
            scalar.at = outer.at;
            scalar.path = [outer.path.as_slice(), scalar.path.as_slice()].concat();
        }
        return Some(scalars);
    }
    let in_a_list = outer.path.last().is_some_and(|segment| segment.starts_with('['));
    let (key, value) = text.split_once('=').filter(|_| in_a_list)?;
    let is_name = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // With blanks in it, it is a DSN or a command, which is searched as a whole.
    let is_assignment = is_name && !value.contains(|c: char| c.is_whitespace() || c == ';');
    is_assignment.then(|| vec![Scalar { path: below(&outer.path, key), value: value.to_owned(), ..outer.clone() }])
}

/// Gives a `value` that stands beside a `name` that name as its key: `{ name: REDIS_HOST, value: … }`.
pub(crate) fn with_names(mut scalars: Vec<Scalar>) -> Vec<Scalar> {
    let is_last = |scalar: &Scalar, key: &str| scalar.path.last().is_some_and(|last| last == key);
    let parent = |scalar: &Scalar| scalar.path[..scalar.path.len() - 1].to_vec();
    let names: HashMap<Vec<String>, String> =
        scalars.iter().filter(|s| is_last(s, "name")).map(|s| (parent(s), s.value.clone())).collect();
    for scalar in scalars.iter_mut().filter(|scalar| is_last(scalar, "value")) {
        if let (Some(name), Some(last)) = (names.get(&parent(scalar)), scalar.path.last_mut()) {
            last.clone_from(name);
        }
    }
    scalars
}

/// The place of a byte of `text`.
fn position(text: &str, offset: usize) -> Position {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    let head = &text[..offset];
    let start = head.rfind('\n').map_or(0, |at| at + 1);
    Position { line: head.matches('\n').count() + 1, column: head[start..].chars().count() + 1 }
}

/// A path with one segment more.
fn below(path: &[String], segment: impl Into<String>) -> Vec<String> {
    let mut path = path.to_vec();
    path.push(segment.into());
    path
}

#[cfg(test)]
mod tests;

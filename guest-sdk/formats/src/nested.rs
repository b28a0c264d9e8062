//! Values that are another way to write keys and values.

use std::collections::HashMap;

use crate::json;
use crate::scalar::{Scalar, below};

/// The values inside of a value, at its place and with their keys appended: JSON in a string, or `KEY=value` in a list.
pub fn nested(outer: &Scalar) -> Option<Vec<Scalar>> {
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
pub fn with_names(mut scalars: Vec<Scalar>) -> Vec<Scalar> {
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

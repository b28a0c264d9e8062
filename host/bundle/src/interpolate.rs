//! `${input.name}` and `${env.project}` in strings of a bundle. `$${` stands for `${` itself.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Problems;
use crate::reading::Located;

/// The variables of one resolution.
#[derive(Debug, Default)]
pub(crate) struct Variables {
    values: BTreeMap<String, String>,
    /// Known, but without a value.
    empty: BTreeSet<String>,
    wanted: RefCell<BTreeSet<String>>,
    /// What files hold that configurations name.
    files: BTreeMap<String, String>,
}

impl Variables {
    pub(crate) fn set_file(&mut self, name: &str, text: &str) {
        self.files.insert(name.to_owned(), text.to_owned());
    }

    /// What a file holds. Variables are not filled in it.
    pub(crate) fn file(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(String::as_str)
    }

    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.values.insert(name.into(), value.into());
    }

    /// Makes a variable known that nobody has given a value.
    pub(crate) fn without_value(&mut self, name: impl Into<String>) {
        self.empty.insert(name.into());
    }

    /// Whether a variable is known and has no value.
    pub(crate) fn is_empty(&self, name: &str) -> bool {
        self.empty.contains(name)
    }

    /// The variables without a value that some text wanted.
    pub(crate) fn wanted(&self) -> BTreeSet<String> {
        self.wanted.borrow().clone()
    }

    /// Fills a text. An unknown variable is a mistake at its place; one without a value is remembered as wanted.
    pub(crate) fn fill(&self, text: &Located<String>, problems: &mut Problems<'_>) -> Option<String> {
        let mut out = String::with_capacity(text.value.len());
        let (mut rest, mut whole) = (text.value.as_str(), true);
        // Where a string is written without escapes its bytes are those of the file, and the place within can be shown.
        let exact = problems.written(text.at).starts_with(&text.value);
        while let Some(dollar) = rest.find("${") {
            if rest[..dollar].ends_with('$') {
                out.push_str(&rest[..dollar]);
                out.push('{');
                rest = &rest[dollar + 2..];
                continue;
            }
            let offset = text.value.len() - rest.len() + dollar;
            let at = text.at + if exact { offset } else { 0 };
            out.push_str(&rest[..dollar]);
            let Some((name, after)) = rest[dollar + 2..].split_once('}') else {
                problems.at(at, "`${` has no `}`; write `$${` for the characters themselves");
                return None;
            };
            if let Some(value) = self.values.get(name) {
                out.push_str(value);
            } else if self.empty.contains(name) {
                self.wanted.borrow_mut().insert(name.to_owned());
                whole = false;
            } else {
                let known = self.values.keys().chain(&self.empty).map(String::as_str);
                problems.at(at, format!("unknown variable `{name}`{}", problems.nearest(name, known)));
                whole = false;
            }
            rest = after;
        }
        out.push_str(rest);
        whole.then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(text: &str) -> (Option<String>, Vec<String>) {
        let mut variables = Variables::default();
        variables.set("env.project", "netra-staging");
        variables.set("env.odd", "${env.project}");
        variables.without_value("input.config");
        let mut problems = Problems::new("b", text);
        let filled = variables.fill(&Located { value: text.to_owned(), at: 0 }, &mut problems);
        (filled, problems.into_found().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn fills_once() {
        assert_eq!(fill("a-${env.project}-b").0.unwrap(), "a-netra-staging-b");
        assert_eq!(fill("${env.odd}").0.unwrap(), "${env.project}");
        assert_eq!(fill("$${env.project} $5").0.unwrap(), "${env.project} $5");
    }

    #[test]
    fn shows_where_a_variable_is_unknown() {
        assert_eq!(fill("x ${env.projekt}").1, ["b:1:3  unknown variable `env.projekt`, did you mean `env.project`?"]);
        assert_eq!(fill("${env").1.len(), 1);
        assert_eq!(fill("${input.config}"), (None, vec![]));
    }
}

//! Patterns of the configuration: of paths, and of names. A pattern that cannot be read is refused where it stands.

use std::fmt;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use holdpoint::prelude::*;

/// Patterns of paths below the directory. `*` ends at a `/`, `**` does not.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(crate) struct Globs(Patterns);

/// Patterns of names, where `*` stands for anything: `os.exec*`, `*.unwrap`.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(crate) struct Names(Patterns);

#[derive(Debug, Default)]
struct Patterns {
    texts: Vec<String>,
    set: GlobSet,
}

impl Globs {
    pub(crate) fn covers(&self, path: &str) -> bool {
        self.0.set.is_match(path)
    }

    pub(crate) fn texts(&self) -> &[String] {
        &self.0.texts
    }
}

impl Names {
    pub(crate) fn covers(&self, name: &str) -> bool {
        self.0.set.is_match(name)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.texts.is_empty()
    }
}

impl Patterns {
    fn new(texts: Vec<String>, separator: bool) -> Result<Self, String> {
        if texts.is_empty() {
            return Err("an empty list matches nothing; list at least one pattern, or leave it out".to_owned());
        }
        let mut set = GlobSetBuilder::new();
        for text in &texts {
            let glob = GlobBuilder::new(text).literal_separator(separator).build();
            set.add(glob.map_err(|error| format!("pattern `{text}`: {}", error.kind()))?);
        }
        let set = set.build().map_err(|error| error.to_string())?;
        Ok(Self { texts, set })
    }
}

impl TryFrom<Vec<String>> for Globs {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        let outside = |text: &&String| ["/", "./", "../"].iter().any(|start| text.starts_with(start));
        if let Some(text) = texts.iter().find(outside) {
            return Err(format!("pattern `{text}` begins outside; paths are those below the granted directory"));
        }
        Patterns::new(texts, true).map(Self)
    }
}

impl TryFrom<Vec<String>> for Names {
    type Error = String;

    fn try_from(texts: Vec<String>) -> Result<Self, String> {
        Patterns::new(texts, false).map(Self)
    }
}

impl fmt::Display for Globs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.texts.join(", "))
    }
}

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.texts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::{Globs, Names};

    #[test]
    fn a_star_of_a_path_ends_at_a_slash_and_one_of_a_name_does_not() {
        let globs = Globs::try_from(vec!["app/*.py".to_owned(), "web/**".to_owned()]).expect("patterns");
        assert!(globs.covers("app/main.py") && globs.covers("web/a/b.ts"));
        assert!(!globs.covers("app/api/main.py") && !globs.covers("web"));
        let names = Names::try_from(vec!["*.unwrap".to_owned(), "std::process::*".to_owned()]).expect("patterns");
        assert!(names.covers("a.b.unwrap") && names.covers("std::process::exit") && !names.covers("unwrap"));
    }

    #[test]
    fn what_matches_nothing_or_cannot_be_read_is_refused() {
        for (texts, words) in [
            (vec![], "an empty list"),
            (vec!["a{b"], "pattern `a{b`"),
            (vec!["/etc/**"], "begins outside"),
            (vec!["../x"], "begins outside"),
            (vec!["./x"], "begins outside"),
        ] {
            let error = Globs::try_from(texts.into_iter().map(str::to_owned).collect::<Vec<_>>()).expect_err(words);
            assert!(error.contains(words), "{error}");
        }
        assert!(Globs::try_from(vec![".github/**".to_owned()]).is_ok());
    }
}

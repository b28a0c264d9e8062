//! The targets of `fuzz/`, as their folder has them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// A fuzz target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) name: String,
    /// The first line of its documentation.
    pub(super) about: String,
}

impl Target {
    /// Inputs that come with the project, where there are some.
    pub(super) fn seeds(&self, fuzz: &Path) -> Option<PathBuf> {
        Some(fuzz.join("seeds").join(&self.name)).filter(|folder| folder.is_dir())
    }

    /// Words that its inputs are made of, where there are some.
    pub(super) fn dictionary(&self, fuzz: &Path) -> Option<PathBuf> {
        Some(fuzz.join("dictionaries").join(format!("{}.dict", self.name))).filter(|file| file.is_file())
    }
}

/// All targets, by name.
pub(super) fn all(fuzz: &Path) -> Result<Vec<Target>> {
    let folder = fuzz.join("fuzz_targets");
    let mut targets = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| format!("list {}", folder.display()))? {
        let path = entry.with_context(|| format!("list {}", folder.display()))?.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
        targets.push(Target { name: name.to_owned(), about: about(&text) });
    }
    targets.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(targets)
}

/// Those with the given names, or all where none is given.
pub(super) fn chosen(all: Vec<Target>, names: &[String]) -> Result<Vec<Target>> {
    if let Some(unknown) = names.iter().find(|name| all.iter().all(|target| target.name != **name)) {
        let known: Vec<&str> = all.iter().map(|target| target.name.as_str()).collect();
        bail!("there is no fuzz target {unknown}; there are {}", known.join(", "));
    }
    Ok(all.into_iter().filter(|target| names.is_empty() || names.contains(&target.name)).collect())
}

fn about(text: &str) -> String {
    text.lines().next().and_then(|line| line.strip_prefix("//! ")).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(name: &str) -> Target {
        Target { name: name.to_owned(), about: String::new() }
    }

    #[test]
    fn names_choose_and_no_name_chooses_all() {
        let all = || vec![target("bundle"), target("scrub")];
        assert_eq!(chosen(all(), &[]).unwrap(), all());
        assert_eq!(chosen(all(), &["scrub".to_owned()]).unwrap(), [target("scrub")]);
        let error = chosen(all(), &["none".to_owned()]).unwrap_err().to_string();
        assert_eq!(error, "there is no fuzz target none; there are bundle, scrub");
    }

    #[test]
    fn every_target_of_the_project_says_what_it_is_about() {
        let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
        let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
        let all = all(&fuzz).unwrap();
        assert!(all.len() > 5);
        for target in all {
            assert!(!target.about.is_empty(), "{} does not begin with what it is about", target.name);
            assert!(
                manifest.contains(&format!("name = \"{}\"", target.name)),
                "{} is not in the manifest",
                target.name
            );
        }
    }
}

//! Makes the pages, and writes or compares them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::{cli, exit_codes, tables, wit};
use crate::project::Project;
use crate::sh::say;

const FOLDER: &str = "docs/reference";

/// A page and what it should hold.
#[derive(Debug)]
struct Page {
    path: PathBuf,
    text: String,
}

/// Writes the pages that are not as they should be.
pub(crate) fn run(project: &Project) -> Result<()> {
    let pages = pages(project)?;
    fs::create_dir_all(project.root.join(FOLDER)).with_context(|| format!("create {FOLDER}"))?;
    for name in stale(project, &pages)? {
        let path = project.root.join(FOLDER).join(&name);
        match pages.iter().find(|page| page.path == path) {
            Some(page) => fs::write(&path, &page.text).with_context(|| format!("write {}", path.display()))?,
            None => fs::remove_file(&path).with_context(|| format!("remove {}", path.display()))?,
        }
        say("docs", &format!("{FOLDER}/{name} changed"));
    }
    Ok(())
}

/// Refuses pages that are not as they would be made now.
pub(crate) fn check(project: &Project) -> Result<()> {
    let stale = stale(project, &pages(project)?)?;
    if stale.is_empty() {
        return Ok(());
    }
    bail!("{FOLDER} is not what it is made from ({}); run `cargo xtask docs`", stale.join(", "));
}

fn pages(project: &Project) -> Result<Vec<Page>> {
    project.build_holdpoint("docs", &[])?;
    let commands = cli::read(project)?;
    let schema = |name: &str| {
        let path = project.root.join(format!("docs/schema/{name}.schema.json"));
        fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))
    };
    let texts = [
        ("cli", cli::page(&commands)),
        ("exit-codes", exit_codes::page(&commands)?),
        ("bundle", tables::page("bundle", &schema("bundle")?)?),
        ("checklist", tables::page("checklist", &schema("checklist")?)?),
        ("operator", tables::page("operator", &schema("operator")?)?),
        ("wit", wit::page(&project.root.join("wit"))?),
    ];
    let folder = project.root.join(FOLDER);
    Ok(texts.into_iter().map(|(name, text)| Page { path: folder.join(format!("{name}.md")), text }).collect())
}

/// The names of pages that differ, that are missing, and that nothing makes.
fn stale(project: &Project, pages: &[Page]) -> Result<Vec<String>> {
    let folder = project.root.join(FOLDER);
    let mut stale: Vec<String> = pages
        .iter()
        .filter(|page| fs::read_to_string(&page.path).ok().as_ref() != Some(&page.text))
        .map(name)
        .collect();
    for path in files(&folder)? {
        if pages.iter().all(|page| page.path != path) {
            stale.push(name(&Page { path, text: String::new() }));
        }
    }
    Ok(stale)
}

fn name(page: &Page) -> String {
    page.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("list {}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_differs_is_missing_or_left_over_is_named() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join(FOLDER);
        fs::create_dir_all(&folder).unwrap();
        let project = Project { root: root.path().to_owned(), target: PathBuf::new(), packages: vec![] };
        let page = |name: &str| Page { path: folder.join(name), text: "as made".to_owned() };
        let pages = [page("same.md"), page("other.md"), page("missing.md")];
        fs::write(folder.join("same.md"), "as made").unwrap();
        fs::write(folder.join("other.md"), "by hand").unwrap();
        fs::write(folder.join("old.md"), "as made").unwrap();
        assert_eq!(stale(&project, &pages).unwrap(), ["other.md", "missing.md", "old.md"]);
    }
}

//! Reads the project once, asks every rule, and says everything that is wrong at once.

use anyhow::{Result, bail};

use super::sources::{self, Source};
use super::{edges, features, guests, heavy, lengths, links, manifests, text};
use crate::project::Project;
use crate::sh::say;

pub(crate) fn run(project: &Project) -> Result<()> {
    let sources = sources::read(project)?;
    say("tidy", &format!("{} packages, {} files", project.packages.len(), sources.len()));
    let short_names: Vec<String> = crate::guests::of(&project.packages)?.into_iter().map(|guest| guest.short).collect();
    let exists = |path: &str| project.root.join(path).exists();
    let mut findings = findings(project, &sources, &short_names, exists);
    findings.extend(features::check(&features::read(project)?));
    for finding in &findings {
        eprintln!("{finding}");
    }
    if findings.is_empty() { Ok(()) } else { bail!("{} things are untidy", findings.len()) }
}

fn findings(project: &Project, sources: &[Source], guests: &[String], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let packages = &project.packages;
    [
        edges::check(packages, edges::NORMAL, edges::DEV),
        heavy::check(packages, heavy::ALLOWED),
        manifests::check(packages, sources),
        lengths::check(sources),
        guests::check(guests, sources),
        text::check(sources),
        links::check(sources, exists),
    ]
    .concat()
}

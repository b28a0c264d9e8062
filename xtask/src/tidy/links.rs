//! Links of the documentation to files of the project lead somewhere. Links to other hosts are not followed.

use super::sources::Source;

pub(super) fn check(sources: &[Source], exists: impl Fn(&str) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| source.path.ends_with(".md")) {
        for (number, line) in source.lines() {
            for link in links(line).filter(|link| !leads_elsewhere(link)) {
                let file = link.split('#').next().unwrap_or_default();
                if !exists(&beside(&source.path, file)) {
                    wrong.push(format!("{}:{number}: links to {file}, which does not exist", source.path));
                }
            }
        }
    }
    wrong
}

/// What stands in `](…)`.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

fn leads_elsewhere(link: &str) -> bool {
    link.starts_with('#') || link.contains("://") || link.starts_with("mailto:")
}

/// The path from the root, of a path that is relative to another file.
fn beside(path: &str, link: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{link}"),
        None => link.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_link_is_named() {
        let text = "[a](ARCHITECTURE.md) [b](docs/none.md#part)\n[c](https://a.example/none) [d](#here)\n";
        let deeper = Source::new("docs/a.md", "see [b](b.md)");
        let exists = |path: &str| path == "ARCHITECTURE.md" || path == "docs/b.md";
        assert_eq!(
            check(&[Source::new("README.md", text), deeper], exists),
            ["README.md:1: links to docs/none.md, which does not exist"]
        );
    }
}

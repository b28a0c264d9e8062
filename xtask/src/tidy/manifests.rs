//! What every crate's manifest must say: the licence, and that the workspace's lints hold for it.

use super::sources::Source;
use crate::project::Package;

const LICENCE: &str = "Apache-2.0 OR MIT";

pub(super) fn check(packages: &[Package], sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for package in packages {
        if package.license.as_deref() != Some(LICENCE) {
            wrong.push(format!(
                "{}: has licence {:?}, not {LICENCE:?}; add license.workspace = true",
                package.name, package.license
            ));
        }
        let path = format!("{}/Cargo.toml", package.folder);
        let manifest = sources.iter().find(|source| source.path == path);
        if !manifest.is_some_and(|manifest| opts_into_lints(&manifest.text)) {
            wrong.push(format!("{path}: does not opt into the workspace's lints; add [lints] workspace = true"));
        }
    }
    wrong
}

fn opts_into_lints(manifest: &str) -> bool {
    let mut lines = manifest.lines().map(str::trim).skip_while(|line| *line != "[lints]").skip(1);
    lines.by_ref().take_while(|line| !line.starts_with('[')).any(|line| line == "workspace = true")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &str, license: Option<&str>) -> Package {
        Package {
            name: folder.to_owned(),
            folder: folder.to_owned(),
            license: license.map(str::to_owned),
            dependencies: vec![],
            targets: vec![],
        }
    }

    #[test]
    fn a_crate_says_its_licence_and_opts_into_lints() {
        let good =
            Source::new("a/Cargo.toml", "[package]\nname = \"a\"\n\n[lints]\nworkspace = true\n\n[dependencies]\n");
        assert_eq!(check(&[package("a", Some(LICENCE))], std::slice::from_ref(&good)), [""; 0]);
        let lacking = Source::new("b/Cargo.toml", "[package]\n[lints]\n[dependencies]\nworkspace = true\n");
        let wrong = check(
            &[package("a", Some("MIT")), package("b", Some(LICENCE)), package("c", Some(LICENCE))],
            &[good, lacking],
        );
        assert_eq!(wrong.len(), 3, "{wrong:?}");
        assert!(
            wrong[0].contains("has licence") && wrong[1].starts_with("b/") && wrong[2].starts_with("c/"),
            "{wrong:?}"
        );
    }
}

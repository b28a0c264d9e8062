//! The workspace as Cargo describes it: where it lies, its packages, and what they depend on by their own manifests.
//!
//! Refuses to resolve: nothing here needs a network or a lock.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::sh::Line;

/// The folder that we were built from, and what Cargo knows about it.
#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Package {
    pub(crate) name: String,
    /// Relative to the root, with `/`.
    pub(crate) folder: String,
    pub(crate) license: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
}

/// A line of a manifest's dependencies.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Absent: a normal one. `dev` or `build` otherwise.
    pub(crate) kind: Option<String>,
}

impl Dependency {
    pub(crate) fn is_dev(&self) -> bool {
        self.kind.as_deref() == Some("dev")
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) crate_types: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<MetadataPackage>,
    target_directory: PathBuf,
}

#[derive(Deserialize)]
struct MetadataPackage {
    name: String,
    manifest_path: PathBuf,
    license: Option<String>,
    dependencies: Vec<Dependency>,
    targets: Vec<Target>,
}

impl Project {
    /// Asks Cargo.
    pub(crate) fn read() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in the root of the project")?;
        let text =
            Line::cargo("project").args(["metadata", "--format-version", "1", "--no-deps"]).folder(root).text()?;
        Self::parse(root, &text)
    }

    fn parse(root: &Path, text: &str) -> Result<Self> {
        let metadata: Metadata = serde_json::from_str(text).context("read what `cargo metadata` printed")?;
        let packages = metadata.packages.into_iter().map(|package| named(root, package)).collect::<Result<_>>()?;
        Ok(Self { root: root.to_owned(), target: metadata.target_directory, packages })
    }

    /// Where the built guests lie.
    pub(crate) fn guests(&self) -> PathBuf {
        self.target.join("guests")
    }

    /// The command line as the development profile builds it.
    pub(crate) fn holdpoint(&self) -> PathBuf {
        self.target.join("debug").join("holdpoint")
    }

    /// Where installed tools of the project lie, away from those of the user.
    pub(crate) fn tools(&self) -> PathBuf {
        self.target.join("tools")
    }

    /// Builds the command line with the development profile.
    ///
    /// The whole workspace is named so that features of libraries are those of the tests: naming the one package would compile many
    /// libraries a second time.
    pub(crate) fn build_holdpoint(&self, part: &'static str, features: &[&str]) -> Result<()> {
        let line = self.holdpoint_line(part);
        features.iter().fold(line, |line, feature| line.arg("--features").arg(format!("holdpoint-cli/{feature}"))).run()
    }

    /// The line of that build.
    pub(crate) fn holdpoint_line(&self, part: &'static str) -> Line {
        self.cargo(part).args(["build", "--workspace", "--bin", "holdpoint"])
    }

    /// A line with the cargo that runs us, in the root.
    pub(crate) fn cargo(&self, part: &'static str) -> Line {
        Line::cargo(part).folder(&self.root)
    }
}

fn named(root: &Path, package: MetadataPackage) -> Result<Package> {
    let folder = package
        .manifest_path
        .parent()
        .and_then(|folder| folder.strip_prefix(root).ok())
        .with_context(|| format!("{} lies outside of {}", package.manifest_path.display(), root.display()))?;
    Ok(Package {
        folder: folder.to_string_lossy().replace('\\', "/"),
        name: package.name,
        license: package.license,
        dependencies: package.dependencies,
        targets: package.targets,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_cargo_prints() {
        let text = r#"{"packages":[{"name":"holdpoint-gate","manifest_path":"/p/host/gate/Cargo.toml","license":"MIT",
            "dependencies":[{"name":"trybuild","kind":"dev"},{"name":"serde","kind":null}],
            "targets":[{"name":"holdpoint_gate","crate_types":["lib"]}]}],"target_directory":"/p/target"}"#;
        let project = Project::parse(Path::new("/p"), text).unwrap();
        assert_eq!(project.packages[0].folder, "host/gate");
        assert!(project.packages[0].dependencies[0].is_dev() && !project.packages[0].dependencies[1].is_dev());
        assert!(Project::parse(Path::new("/q"), text).is_err());
    }
}

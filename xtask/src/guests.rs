//! Builds every guest of the workspace into `target/guests/<folder>.wasm`, and touches only those that changed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::project::{Package, Project};
use crate::sh::{self, Line, say};

/// What guests are built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// WASI 0.2, whose linker makes a component.
    Wasi,
    /// Nothing beneath it: policies. The linker of the other target, which comes with the compiler, makes a component of them too.
    Bare,
}

impl Target {
    const ALL: [Self; 2] = [Self::Wasi, Self::Bare];

    fn triple(self) -> &'static str {
        match self {
            Self::Wasi => "wasm32-wasip2",
            Self::Bare => "wasm32-unknown-unknown",
        }
    }
}

/// Makes a component of whatever it links.
const LINKER: (&str, &str) = ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", "wasm-component-ld");
/// Folders whose packages are guests, and what for.
const FOLDERS: [(&str, Target); 6] = [
    ("scripts/phases", Target::Wasi),
    ("scripts/policies", Target::Bare),
    ("scripts/users", Target::Wasi),
    ("tests/guests", Target::Wasi),
    ("tests/policies", Target::Bare),
    ("tests/users", Target::Wasi),
];

/// A package that becomes a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Guest {
    pub(crate) package: String,
    /// The name of its folder, and of the built module.
    pub(crate) short: String,
    /// What Cargo calls the built file, without its ending.
    artifact: String,
    folder: String,
    target: Target,
}

impl Guest {
    /// Whether users get it, and not only tests.
    pub(crate) fn ships(&self) -> bool {
        self.folder.starts_with("scripts/")
    }
}

/// Which packages are guests. Refuses two with one short name, and one that builds no component.
pub(crate) fn of(packages: &[Package]) -> Result<Vec<Guest>> {
    let mut guests: Vec<Guest> = Vec::new();
    for package in packages {
        let Some((parent, short)) = package.folder.rsplit_once('/') else { continue };
        let Some((_, target)) = FOLDERS.iter().find(|(folder, _)| *folder == parent) else { continue };
        let component = package.targets.iter().find(|target| target.crate_types.iter().any(|kind| kind == "cdylib"));
        let Some(component) = component else {
            bail!(
                "{} is a guest and builds no component: add crate-type = [\"cdylib\", \"rlib\"] to its [lib]",
                package.folder
            );
        };
        if let Some(twin) = guests.iter().find(|guest| guest.short == short) {
            bail!("{} and {} would both be {short}.wasm: rename one of the folders", twin.package, package.name);
        }
        guests.push(Guest {
            package: package.name.clone(),
            short: short.to_owned(),
            artifact: component.name.replace('-', "_"),
            folder: package.folder.clone(),
            target: *target,
        });
    }
    Ok(guests)
}

/// Adds the wasm targets if they are missing, builds, and copies what changed.
pub(crate) fn build(project: &Project) -> Result<()> {
    add_targets(project)?;
    let guests = of(&project.packages)?;
    for target in Target::ALL {
        let line = project.cargo("guests").args(["build", "--profile", "guest", "--target", target.triple()]);
        let for_it = guests.iter().filter(|guest| guest.target == target);
        let line = for_it.fold(line, |line, guest| line.args(["-p", &guest.package]));
        match target {
            Target::Wasi => line,
            Target::Bare => line.env(LINKER.0, LINKER.1),
        }
        .run()?;
    }
    let to = project.guests();
    fs::create_dir_all(&to).with_context(|| format!("create {}", to.display()))?;
    let mut changed = Vec::new();
    for guest in &guests {
        let from = project.target.join(guest.target.triple()).join("guest");
        let built = from.join(format!("{}.wasm", guest.artifact));
        if copy_if_changed(&built, &to.join(format!("{}.wasm", guest.short)))? {
            changed.push(guest.short.as_str());
        }
    }
    let changed =
        if changed.is_empty() { "none changed".to_owned() } else { format!("changed: {}", changed.join(", ")) };
    say("guests", &format!("{} modules in {}, {changed}", guests.len(), to.display()));
    Ok(())
}

/// Makes sure that the compiler can build components.
pub(crate) fn add_targets(project: &Project) -> Result<()> {
    let sysroot = Line::new("guests", "rustc").args(["--print", "sysroot"]).folder(&project.root).text()?;
    for target in Target::ALL.map(Target::triple) {
        if Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("lib").is_dir() {
            continue;
        }
        if !sh::exists("rustup") {
            bail!(
                "build guests: the compiler in {} has no target {target}, and rustup, which could add it, is not installed; install rustup \
                 (https://rustup.rs), or the {target} standard library from where this compiler came",
                sysroot.trim()
            );
        }
        Line::new("guests", "rustup").args(["target", "add", target]).folder(&project.root).run()?;
    }
    Ok(())
}

/// Copies so that nobody reads half a file. Says whether there was anything to do.
pub(crate) fn copy_if_changed(from: &Path, to: &Path) -> Result<bool> {
    let new = fs::read(from).with_context(|| format!("read {}", from.display()))?;
    if fs::read(to).is_ok_and(|old| old == new) {
        return Ok(false);
    }
    let folder = to.parent().with_context(|| format!("{} has no folder", to.display()))?;
    fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
    let half = to.with_extension(format!("{}.new", std::process::id()));
    fs::copy(from, &half).with_context(|| format!("copy {} to {}", from.display(), half.display()))?;
    fs::rename(&half, to).with_context(|| format!("rename {} to {}", half.display(), to.display()))?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project;

    fn package(name: &str, folder: &str, kind: &str) -> Package {
        Package {
            name: name.to_owned(),
            folder: folder.to_owned(),
            license: None,
            dependencies: vec![],
            targets: vec![project::Target { name: name.to_owned(), crate_types: vec![kind.to_owned()] }],
        }
    }

    #[test]
    fn finds_guests_by_their_folders() {
        let packages = [
            package("holdpoint-phase-health", "scripts/phases/health", "cdylib"),
            package("holdpoint-gate", "host/gate", "lib"),
            package("holdpoint-policy-alerts", "scripts/policies/alerts", "cdylib"),
            package("holdpoint-guest-crash", "tests/guests/crash", "cdylib"),
        ];
        let guests = of(&packages).unwrap();
        let found: Vec<(&str, &str, &str)> =
            guests.iter().map(|g| (g.short.as_str(), g.artifact.as_str(), g.target.triple())).collect();
        assert_eq!(
            found,
            [
                ("health", "holdpoint_phase_health", "wasm32-wasip2"),
                ("alerts", "holdpoint_policy_alerts", "wasm32-unknown-unknown"),
                ("crash", "holdpoint_guest_crash", "wasm32-wasip2"),
            ]
        );
    }

    #[test]
    fn refuses_twins_and_guests_without_a_component() {
        let twins = [package("a", "scripts/phases/config", "cdylib"), package("b", "tests/guests/config", "cdylib")];
        assert!(of(&twins).unwrap_err().to_string().contains("both be config.wasm"));
        assert!(of(&[package("a", "scripts/phases/config", "lib")]).unwrap_err().to_string().contains("crate-type"));
    }

    #[test]
    fn copies_only_what_changed() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a.wasm"), folder.path().join("guests/a.wasm"));
        fs::write(&from, "1").unwrap();
        assert!(copy_if_changed(&from, &to).unwrap());
        assert!(!copy_if_changed(&from, &to).unwrap());
        fs::write(&from, "2").unwrap();
        assert!(copy_if_changed(&from, &to).unwrap());
        assert_eq!(fs::read_to_string(&to).unwrap(), "2");
        assert_eq!(fs::read_dir(folder.path().join("guests")).unwrap().count(), 1);
    }
}

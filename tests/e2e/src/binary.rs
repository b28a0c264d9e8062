//! Where the built things are.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A build of the command line.
#[derive(Debug, Clone)]
pub struct Holdpoint {
    program: PathBuf,
    sabotage: Option<&'static str>,
}

impl Holdpoint {
    /// The build under test.
    pub fn built() -> Self {
        Self::at(existing("HOLDPOINT_BIN", &target().join("debug/holdpoint")))
    }

    fn at(program: PathBuf) -> Self {
        Self { program, sabotage: None }
    }

    /// The command, with nothing of this process's environment that could change its way.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for name in ["HOLDPOINT_OPERATOR", "HOLDPOINT_RUNS", "XDG_CONFIG_HOME"] {
            command.env_remove(name);
        }
        command.envs(self.sabotage.map(|how| ("HOLDPOINT_SABOTAGE", how)));
        command
    }
}

/// The build with the modules that ship inside of it.
pub fn with_modules() -> Holdpoint {
    Holdpoint::at(existing("HOLDPOINT_WITH_MODULES", &target().join("with-modules/holdpoint")))
}

/// The build that can be broken on purpose, and is, in this way: `no-wait` or `real-clock`.
pub fn sabotaged(how: &'static str) -> Holdpoint {
    let program = existing("HOLDPOINT_SABOTAGED", &target().join("sabotage/holdpoint"));
    Holdpoint { sabotage: Some(how), ..Holdpoint::at(program) }
}

/// Where a real Kinto is installed.
pub fn kinto() -> PathBuf {
    existing("HOLDPOINT_KINTO", &target().join("tools/kinto"))
}

/// The folder of the built guests.
pub fn guests() -> PathBuf {
    existing("HOLDPOINT_GUESTS", &target().join("guests"))
}

fn target() -> PathBuf {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let target = variable("CARGO_TARGET_DIR").unwrap_or(ours);
    // As short as `cargo xtask test` gives it: lines of reports are cut where they are too long.
    target.canonicalize().unwrap_or(target)
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn existing(name: &str, default: &Path) -> PathBuf {
    let path = variable(name).unwrap_or_else(|| default.to_owned());
    assert!(path.exists(), "{} is not built; run the tests with `cargo xtask test`", path.display());
    path
}

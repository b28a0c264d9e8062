//! A bundle made for one test: its folder, its operator's file, its runs.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use holdpoint_staging_double::{Variable, environment};
use serde_json::Value;

use crate::{Holdpoint, Outcome, guests, process::Live};

/// A phase of the bundle.
#[derive(Debug, Clone)]
pub struct Phase {
    pub id: String,
    /// The guest by the name of its folder, e.g. `crash`.
    pub guest: String,
    /// Lines of TOML for the phase's own table: `requirements`, `deadline`, `config`, `needs`.
    pub table: String,
    /// Lines of TOML for its grants.
    pub grants: String,
}

impl Phase {
    /// A phase that may claim P3.1 and read `backend`.
    pub fn reading(id: &str, guest: &str, config: &str) -> Self {
        Self {
            id: id.into(),
            guest: guest.into(),
            table: format!("requirements = [\"P3.1\"]\nconfig = {config}"),
            grants: "http = [{ services = [\"backend\"], methods = [\"GET\"] }]".into(),
        }
    }
}

/// Everything that one test needs, in a folder that goes with it.
pub struct Scene {
    folder: tempfile::TempDir,
    pub holdpoint: Holdpoint,
    bundle: PathBuf,
    /// Where the built modules are.
    pub modules: PathBuf,
    /// What else the command line says of the bundle.
    choices: Vec<String>,
}

const CHECKLIST: &str = "[[row]]\nid = \"P3.1\"\ntitle = \"healthy\"\nlevel = \"required\"\n";

/// The rest of a pin of pytest. What it tells people goes to its standard error, so that its report alone is on its standard output.
pub const PYTEST: &str = r#"
arguments = ["-c", "import os, sys, pytest; os.dup2(1, 3); os.dup2(2, 1); os.chdir(sys.argv.pop(1)); sys.exit(pytest.main(['--junitxml=/dev/fd/3', *sys.argv[1:]]))", "{directory}", "-p", "no:cacheprovider"]
directory = "source"
writes = true
environment = { PYTHONDONTWRITEBYTECODE = "1", PYTHONPATH = "{directory}/backend", TMPDIR = "{scratch}" }
deadline = "50s"
"#;

impl Scene {
    /// A bundle `scene` with these phases, for one service `backend` at a URL. The operator allows all that it asks.
    pub fn new(backend: &str, phases: &[Phase]) -> Self {
        let scene = Self::bare();
        scene.write("bundle/bundle.toml", &bundle(backend, phases));
        scene.write("bundle/checklist.toml", CHECKLIST);
        scene.write("holdpoint.toml", &connect_to(backend));
        scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
        scene
    }

    /// The bundle that ships, unmodified, with these choices. The operator allows services on loopback and all that the bundle asks, and
    /// has every variable that the guide wants.
    pub fn shipped(choices: Vec<String>) -> Self {
        let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/bundles/netra-staging");
        let scene = Self { bundle, choices, ..Self::bare() };
        let mut text = "service-overrides = [\"http://127.0.0.1:*\"]\n[connect-to]\n".to_owned();
        for (_, place) in scene.choices.iter().filter_map(|choice| choice.split_once("=http://")) {
            writeln!(text, "\"{place}\" = \"{place}\"").expect("a string takes every text");
        }
        for Variable { name, .. } in environment(None) {
            writeln!(text, "[secrets.{name}]\nfrom = {{ env = \"{name}\" }}").expect("a string takes every text");
        }
        for tool in ["browser", "python3", "pytest"] {
            writeln!(text, "[tools.{tool}]\nprogram = \"/usr/bin/python3\"").expect("a string takes every text");
        }
        text.push_str(PYTEST);
        scene.write("holdpoint.toml", &text);
        scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
        scene
    }

    /// A copy of a bundle that ships, by the name of its folder, with these choices. Nothing is allowed yet.
    pub fn of_bundle(name: &str, choices: Vec<String>) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/bundles").join(name);
        let scene = Self { choices, ..Self::bare() };
        for file in ["bundle.toml", "checklist.toml"] {
            let text = std::fs::read_to_string(folder.join(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
            scene.write(&format!("bundle/{file}"), &text);
        }
        scene
    }

    /// Nothing but an empty folder; the bundle is to be written to `bundle/`.
    pub fn bare() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            holdpoint: Holdpoint::built(),
            bundle: "bundle".into(),
            modules: guests(),
            choices: Vec::new(),
        }
    }

    /// The folder of everything.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the folder.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("it lies below the folder")).expect("a folder can be made");
        std::fs::write(path, text).expect("a file can be written");
    }

    /// Makes something else of a file below the folder.
    #[track_caller]
    pub fn edit(&self, path: &str, how: impl FnOnce(&str) -> String) {
        let text = std::fs::read_to_string(self.path().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        self.write(path, &how(&text));
    }

    /// A command line in this scene. `BUNDLE` stands for the bundle, with its modules and choices.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.command_of(&self.holdpoint, arguments)
    }

    /// The same with another build.
    pub fn command_of(&self, holdpoint: &Holdpoint, arguments: &[&str]) -> Command {
        let mut command = holdpoint.command();
        command.envs(environment(None).into_iter().filter_map(|variable| Some((variable.name, variable.value?))));
        command.current_dir(self.path()).arg("--operator").arg("holdpoint.toml");
        for argument in arguments {
            match *argument {
                "BUNDLE" => command.arg(&self.bundle).arg("--modules").arg(&self.modules).args(&self.choices),
                argument => command.arg(argument),
            };
        }
        command
    }

    /// Runs a command line to its end.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.start(arguments).finish()
    }

    /// Starts a command line that goes on beside the test.
    pub fn start(&self, arguments: &[&str]) -> Live {
        Live::start(&mut self.command(arguments))
    }

    /// The checks of the newest run, as `verdict: observed`.
    pub fn checks(&self) -> Vec<String> {
        let report = self.run(&["report", "--format", "json"]).json();
        let checks = report["checks"].as_array().cloned().unwrap_or_default();
        let text = |check: &Value, field: &str| check[field].as_str().unwrap_or_default().to_owned();
        checks.iter().map(|check| format!("{}: {}", text(check, "verdict"), text(check, "observed"))).collect()
    }

    /// Those that did not pass.
    pub fn wrong(&self) -> Vec<String> {
        self.checks().into_iter().filter(|check| !check.starts_with("pass: ")).collect()
    }

    /// The journal of the newest run.
    pub fn journal(&self) -> PathBuf {
        let mut runs: Vec<PathBuf> = std::fs::read_dir(self.path().join(".holdpoint/runs"))
            .expect("there are runs")
            .map(|entry| entry.expect("a folder can be read").path().join("run.db"))
            .collect();
        runs.sort();
        runs.pop().expect("there is a run")
    }
}

fn bundle(backend: &str, phases: &[Phase]) -> String {
    let mut text = format!(
        "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n\n\
         [environments.test.services.backend]\nname = \"backend\"\nurl = \"{backend}\"\n"
    );
    for Phase { id, guest, table, grants } in phases {
        write!(text, "\n[[phase]]\nid = \"{id}\"\nmodule = \"{guest}\"\n{table}\n[phase.grants]\n{grants}\n")
            .expect("a string takes every text");
    }
    text
}

/// What an operator's file says so that a service on loopback is reached.
pub fn connect_to(url: &str) -> String {
    let place = url.trim_start_matches("http://").trim_end_matches('/');
    format!("[connect-to]\n\"{place}\" = \"{place}\"\n")
}

/// A checklist that requires these rows.
pub fn checklist(rows: &[&str]) -> String {
    let row = |row: &&str| format!("[[row]]\nid = \"{row}\"\ntitle = \"row\"\nlevel = \"required\"\n");
    rows.iter().map(row).collect()
}

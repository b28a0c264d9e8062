//! A phase that means harm beside one that does not: the bundle of both, the run, and what must be so whatever the first one tries.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{Outcome, Scene, guests};

/// The most memory that a host may take for a run of the kind that is made here, in bytes: the program, a guest's 64 MiB, what one call
/// may bring, and what waits to be written. Compiling a guest for the first time is within it.
pub const MEMORY: u64 = 256 << 20;

/// The hostile phase. It may claim P3.1; what it is granted lies beside it.
#[derive(Debug, Clone)]
pub struct Hostile<'a> {
    pub id: &'a str,
    /// The module, by its file in the folder of guests.
    pub module: &'a str,
    /// What it does, as TOML: `{ act = "spin" }`.
    pub acts: &'a str,
    /// Lines for its own table: `deadline`, `needs`.
    pub table: &'a str,
    pub http: &'a str,
    pub secrets: &'a str,
    /// `memory = "16MiB"`.
    pub limits: &'a str,
}

impl Default for Hostile<'_> {
    fn default() -> Self {
        Self {
            id: "hostile",
            module: "hostile",
            acts: "",
            table: "requirements = [\"P3.1\"]",
            http: r#"{ services = ["backend"], methods = ["GET"] }"#,
            secrets: "\"API_KEY\"",
            limits: "",
        }
    }
}

/// What is around it.
#[derive(Debug, Clone)]
pub struct Surroundings<'a> {
    /// Where the service `backend` is; the service `other` is there too unless it is named.
    pub backend: &'a str,
    pub other: Option<&'a str>,
    /// Lines for the top of the operator's file.
    pub operator: &'a str,
    /// The value of the secret `API_KEY`, which is bound to the header `x-api-key` of `backend`.
    pub secret: &'a str,
}

/// A place where nobody listens: port 9 is for discarding, and nothing does so here.
pub const NOWHERE: &str = "http://127.0.0.1:9";

impl Default for Surroundings<'_> {
    fn default() -> Self {
        Self { backend: NOWHERE, other: None, operator: "", secret: "a-value-that-no-test-looks-for" }
    }
}

/// A bundle with hostile phases and an innocent one.
pub struct Attack {
    pub scene: Scene,
    secret: String,
}

/// A finished run of it.
pub struct Held {
    pub outcome: Outcome,
    /// `report --format json`.
    pub report: Value,
}

impl Attack {
    /// One hostile phase in ordinary surroundings.
    pub fn by(hostile: &Hostile<'_>) -> Self {
        Self::within(&Surroundings::default(), std::slice::from_ref(hostile))
    }

    /// Hostile phases before an innocent one. The operator allows what the bundle asks.
    pub fn within(around: &Surroundings<'_>, hostile: &[Hostile<'_>]) -> Self {
        let attack = Self::unallowed(around, hostile);
        attack.run(&["allow", "BUNDLE", "--yes"]).exits(0);
        attack
    }

    /// The same before the operator has allowed anything.
    pub fn unallowed(around: &Surroundings<'_>, hostile: &[Hostile<'_>]) -> Self {
        let scene = Scene::bare();
        scene.write("bundle/granted/file", "granted");
        scene.write("bundle/bundle.toml", &bundle(around, hostile));
        scene.write("bundle/checklist.toml", "[[row]]\nid = \"P3.1\"\ntitle = \"safe\"\nlevel = \"required\"\n");
        scene.write("holdpoint.toml", &operator(around));
        Self { scene, secret: around.secret.to_owned() }
    }

    /// Puts the bytes of a module into the place of a guest's.
    pub fn with_module(mut self, name: &str, bytes: &[u8]) -> Self {
        let folder = self.scene.path().join("modules");
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        std::fs::copy(guests().join("wasi.wasm"), folder.join("wasi.wasm")).expect("a guest can be copied");
        std::fs::write(folder.join(name).with_extension("wasm"), bytes).expect("a file can be written");
        self.scene.modules = folder;
        self
    }

    /// Runs a command line to its end, with the secret in the environment.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let mut command = self.scene.command(arguments);
        command.env("HOSTILE_API_KEY", &self.secret);
        crate::process::Live::start(&mut command).finish_watched()
    }

    /// Runs the bundle, and checks what must be so whatever the hostile phase does: the exit code is as documented, memory stays bounded,
    /// the innocent phase completes, the run can be shown, and a replay comes to the same.
    #[track_caller]
    pub fn held(&self, exit: i32) -> Held {
        let outcome = self.run(&["run", "BUNDLE"]).exits(exit);
        let report = self.run(&["report", "--format", "json"]).exits(0).json();
        let innocent = phase(&report, "innocent");
        assert_eq!(innocent["end"], "completed", "the innocent phase: {innocent:#}");
        let check = report["checks"].as_array().into_iter().flatten().find(|check| check["phase"] == "innocent");
        assert_eq!(check.map(|check| &check["verdict"]), Some(&"pass".into()), "{report:#}");
        self.run(&["show"]).exits(0);
        let replay = self.run(&["replay"]).exits(0);
        for (what, peak) in [("the run", outcome.peak), ("its replay", replay.peak)] {
            assert!(peak > 0 && peak < MEMORY, "{what} took {} MiB", peak >> 20);
        }
        Held { outcome, report }
    }
}

impl Held {
    /// How the hostile phase ended, and why.
    pub fn end(&self) -> (&str, &str) {
        let phase = phase(&self.report, "hostile");
        (phase["end"].as_str().unwrap_or_default(), phase["reason"].as_str().unwrap_or_default())
    }

    /// What came of an act.
    #[track_caller]
    pub fn act(&self, place: usize) -> &str {
        let name = format!("act {place}");
        let check = self.report["checks"].as_array().into_iter().flatten().find(|check| check["name"] == *name);
        check.and_then(|check| check["observed"].as_str()).unwrap_or_else(|| panic!("no {name}: {:#}", self.report))
    }

    /// The denials, each with the line that would allow it.
    pub fn denials(&self) -> Vec<(String, String)> {
        let text = |denial: &Value, part: &str| denial[part].as_str().unwrap_or_default().to_owned();
        let denials = self.report["denials"].as_array().into_iter().flatten();
        denials.map(|denial| (text(denial, "reason"), text(denial, "remedy"))).collect()
    }

    /// Lines of the hostile phase's log.
    pub fn log(&self) -> Vec<String> {
        let lines = phase(&self.report, "hostile")["log"].as_array().cloned().unwrap_or_default();
        lines.iter().map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

/// A phase of a report.
#[track_caller]
pub fn phase<'a>(report: &'a Value, id: &str) -> &'a Value {
    let phases = report["phases"].as_array().into_iter().flatten();
    phases.into_iter().find(|phase| phase["id"] == id).unwrap_or_else(|| panic!("no phase {id}: {report:#}"))
}

fn bundle(around: &Surroundings<'_>, hostile: &[Hostile<'_>]) -> String {
    let Surroundings { backend, other, .. } = around;
    let mut text = format!(
        "[bundle]\nname = \"attack\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n\n\
         [environments.test]\nsecrets = [\"API_KEY\", \"OTHER_KEY\"]\n\
         [environments.test.services.backend]\nname = \"backend\"\nurl = \"{backend}\"\n\
         [environments.test.services.other]\nname = \"other\"\nurl = \"{}\"\n",
        other.unwrap_or(backend)
    );
    for Hostile { id, module, acts, table, http, secrets, limits } in hostile {
        let config = if acts.is_empty() { String::new() } else { format!("config = {{ acts = [{acts}] }}\n") };
        write!(
            text,
            "\n[[phase]]\nid = \"{id}\"\nmodule = \"{module}\"\n{table}\n{config}[phase.grants]\nhttp = [{http}]\n\
             files = [{{ directory = \"granted\", path = \"granted\" }}]\nsecrets = [{secrets}]\nlimits = {{ {limits} }}\n"
        )
        .expect("a string takes every text");
    }
    text + "\n[[phase]]\nid = \"innocent\"\nmodule = \"wasi\"\nconfig = { behaviour = \"print\" }\n"
}

fn operator(around: &Surroundings<'_>) -> String {
    let mut text = format!("{}\n[connect-to]\n", around.operator);
    let mut places = vec![around.backend, around.other.unwrap_or(around.backend)];
    places.dedup();
    for place in places {
        let place = place.trim_start_matches("http://");
        writeln!(text, "\"{place}\" = \"{place}\"").expect("a string takes every text");
    }
    text + "\n[secrets.API_KEY]\nfrom = { env = \"HOSTILE_API_KEY\" }\nservices = [\"backend\"]\nheader = \"x-api-key\"\n\
            \n[secrets.OTHER_KEY]\nfrom = { env = \"HOSTILE_API_KEY\" }\nservices = [\"backend\"]\nheader = \"x-other-key\"\n"
}

//! One demonstration: fresh files under judgement, a fresh system, one run of the command line, and what came out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use holdpoint_staging_double::{CLIENT_ID, REDIRECT_URI, Service, environment};
use serde_json::{Value, json};

use super::fault::Setting;
use super::lane::Lane;
use super::phases::{self, Scope};
use super::system::{self, System};
use super::{browser, child, login, ports, stores};
use crate::digests::{self, Digests};
use crate::guests;
use crate::project::Project;
use crate::sh::{Line, say};

pub(crate) use super::child::{Held, Stdout};

/// The folder of the shipped bundle, below the root.
pub(crate) const BUNDLE: &str = "scripts/bundles/netra-staging";

/// Loads as short as they can be and show something, and what the double's documents are of.
const INPUTS: [&str; 16] = [
    "load-ramp=1s",
    "load-during=6s",
    "agents-during=3s",
    "chat-during=4s",
    "stress-during=6s",
    "injection-during=5s",
    "sockets-during=12s",
    "sockets-heartbeat=4s",
    "sockets-past=10s",
    "pool-during=2s",
    "churn-during=900ms",
    "panels-settle=10s",
    "page-loads=1",
    "release=2.4.0",
    "on-call=alice",
    "deputy=bob",
];

/// Builds what a demonstration runs.
pub(crate) fn build(project: &Project) -> Result<()> {
    guests::build(project)?;
    project.build_holdpoint("demo", &[])
}

/// What to run.
#[derive(Debug)]
pub(crate) struct Demo<'a> {
    pub(crate) project: &'a Project,
    /// What is made wrong, if anything.
    pub(crate) setting: Option<Setting>,
    pub(crate) scope: Scope,
    pub(crate) json: bool,
    pub(crate) stdout: Stdout,
    pub(crate) lane: Lane,
    /// What names in the emulated cloud are drawn from.
    pub(crate) cloud_seed: u64,
    /// Where runs are written.
    pub(crate) runs: PathBuf,
}

/// What came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) exit: u8,
    /// The last line of standard output, where it is JSON and was read.
    pub(crate) object: Option<Value>,
    pub(crate) digests: Digests,
}

/// A demonstration that has been run.
#[derive(Debug)]
pub(crate) struct Performed {
    pub(crate) outcome: Outcome,
    /// As it stands afterwards.
    pub(crate) system: System,
    /// What was not shown at once.
    pub(super) held: Held,
}

impl Demo<'_> {
    /// Runs. The system goes on until it is stopped.
    pub(crate) async fn run(&self) -> Result<Performed> {
        // A signal that comes while the system starts ends the run, too.
        let signals = child::Signals::listen()?;
        let folder = self.project.root.join(self.lane.folder());
        let system = self.start(&folder).await?;
        let digests = self.digests()?;
        let announced = self.announce(&digests);
        let line = self.line(&folder, &system)?;
        say("demo", line.shown());
        let mut ended = child::run(line.into_command(), self.stdout, signals).await?;
        ended.held.printed.splice(..0, announced);
        let object = ended.last_line.and_then(|line| serde_json::from_str(&line).ok());
        let outcome = Outcome { exit: ended.exit, object, digests };
        Ok(Performed { outcome, system, held: ended.held })
    }

    async fn start(&self, folder: &Path) -> Result<System> {
        ports::ensure_free(self.lane.ports)?;
        // What another run left there would be judged too.
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("remove {}", folder.display()));
            }
            _ => {}
        }
        fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        say(
            "demo",
            &format!("writing the files under judgement, a certificate and a token below {}", self.lane.folder()),
        );
        self.copy_operators_file()?;
        let system = System::start(folder, self.lane.ports, self.scope, self.cloud_seed).await?;
        for service in Service::ALL {
            say("demo", &format!("{service}: https://{} at {}", service.host(), system.cloud.front()));
        }
        if let Some(setting) = &self.setting {
            let seed = setting.seed().map(|seed| format!(" (seed {seed})")).unwrap_or_default();
            say("demo", &format!("fault {setting}{seed}"));
            setting.switch(&system).await?;
        }
        Ok(system)
    }

    /// Writes that of the lane, unless the shipped one is.
    fn copy_operators_file(&self) -> Result<()> {
        let shipped = self.project.root.join(Lane::SHIPPED);
        let text = fs::read_to_string(&shipped).with_context(|| format!("read {}", shipped.display()))?;
        if let Some(copied) = self.lane.copied(&text) {
            let path = self.project.root.join(self.lane.operator());
            fs::write(&path, copied).with_context(|| format!("write {}", path.display()))?;
        }
        Ok(())
    }

    fn digests(&self) -> Result<Digests> {
        let mut digests = Digests::new();
        digests::add_folder(&mut digests, "bundle", &self.project.root.join(BUNDLE), ".toml")?;
        for guest in guests::of(&self.project.packages)?.iter().filter(|guest| guest.ships()) {
            let module = format!("{}.wasm", guest.short);
            let digest = digests::of_file(&self.project.guests().join(&module))?;
            digests.insert(format!("modules/{module}"), digest);
        }
        digests.insert("operator's file".to_owned(), digests::of_file(&self.project.root.join(self.lane.operator()))?);
        Ok(digests)
    }

    /// What is run with what, before it runs. Gives back what is not said at once.
    fn announce(&self, digests: &Digests) -> Option<String> {
        let fault = self.setting.as_ref();
        let object = || {
            json!({
                "fault": fault.map(Setting::name),
                "seed": fault.and_then(Setting::seed),
                "setting": fault.map(ToString::to_string),
                "digests": digests,
            })
        };
        match (self.stdout, self.json) {
            (Stdout::Hold, true) => return Some(object().to_string()),
            (Stdout::Pass, true) => println!("{}", object()),
            (Stdout::Keep, true) | (Stdout::Ours, true) => {}
            (_, false) => digests.iter().for_each(|(name, digest)| say("demo", &format!("{name} {digest}"))),
        }
        None
    }

    fn line(&self, files: &Path, system: &System) -> Result<Line> {
        let mut line = Line::new("demo", self.project.holdpoint())
            .folder(&self.project.root)
            .args(["run", BUNDLE, "--env", "staging", "--operator", self.lane.operator().as_str(), "--modules"])
            .arg(self.project.guests())
            .arg("--runs")
            .arg(&self.runs)
            .arg("--set")
            .arg(format!("client-id={CLIENT_ID}"))
            .arg("--set")
            .arg(format!("redirect-uri={REDIRECT_URI}"));
        for input in INPUTS.into_iter().chain([self.scope.evening()]) {
            line = line.arg("--set").arg(input);
        }
        for input in ["config", "source", "next-steps"] {
            line = line.arg("--set").arg(format!("{input}={}", files.join(input).display()));
        }
        for variable in environment(self.setting.as_ref().and_then(Setting::of_staging)) {
            line = match variable.value {
                Some(value) => line.env(variable.name, value),
                None => line.without_env(variable.name),
            };
        }
        for (name, value) in stores::environment(self.setting.as_ref().and_then(Setting::trouble)) {
            line = line.env(name, value);
        }
        let elsewhere = self.setting.as_ref().is_some_and(Setting::is_elsewhere);
        for (name, value) in login::environment(files, elsewhere) {
            line = match value {
                Some(value) => line.env(name, value),
                None => line.without_env(name),
            };
        }
        for (name, value) in [browser::environment(&system.cloud), login::monitoring(&system.cloud)] {
            line = line.env(name, value);
        }
        for service in Service::ALL {
            line = line.arg("--service").arg(format!("{service}=https://{}", service.host()));
        }
        for service in Service::RELEASED {
            let lacks = self.setting.as_ref().is_some_and(|setting| setting.lacks_image(service));
            let image = if lacks { system::missing_image(service) } else { system::new_image(service) };
            line = line.arg("--set").arg(format!("image.{service}={image}"));
            line = line.arg("--set").arg(format!("host.{service}={}", service.host()));
        }
        if let Some(phases) = phases::chosen(&self.project.root.join(BUNDLE), self.scope)? {
            line = line.arg("--only").arg(phases.join(","));
        }
        if let Some(scale) = self.scope.scale() {
            line = line.arg("--scale").arg(scale.to_string());
        }
        Ok(line.args(["--output", if self.json { "json" } else { "text" }]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fault::Fault;

    use super::*;

    fn project(root: &Path) -> Project {
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        };
        write("scripts/bundles/netra-staging/bundle.toml", "[[phase]]\nid = \"health\"\n");
        write(Lane::SHIPPED, "# 18443\n");
        write(".holdpoint/demo/config/left-over.yaml", "url: http://localhost:1");
        // A link: a program that has just been written may still be open for writing in a child of another test.
        fs::create_dir_all(root.join("target/debug")).unwrap();
        let stand_in = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/holdpoint.sh");
        std::os::unix::fs::symlink(stand_in, root.join("target/debug/holdpoint")).unwrap();
        Project { root: root.to_owned(), target: root.join("target"), packages: vec![] }
    }

    async fn demonstrate(project: &Project, fault: Option<&str>) -> Outcome {
        demonstrate_in(Lane::FIRST, project, fault).await
    }

    async fn demonstrate_in(lane: Lane, project: &Project, fault: Option<&str>) -> Outcome {
        let setting = fault.map(|name| Fault::named(name).unwrap().settle(5));
        let runs = project.root.join("runs");
        let lane = lane.on(ports::FREE);
        let (scope, stdout) = (Scope::Storeless, Stdout::Keep);
        let demo = Demo { project, setting, scope, json: true, stdout, lane, cloud_seed: 0, runs };
        let performed = demo.run().await.unwrap();
        performed.system.stop().await;
        performed.outcome
    }

    #[tokio::test]
    async fn a_fault_changes_the_outcome_and_no_digest() {
        let root = tempfile::tempdir().unwrap();
        let project = project(root.path());
        let clean = demonstrate(&project, None).await;
        assert_eq!(clean.exit, 0);
        let given = clean.object.unwrap()["given"].as_str().unwrap().to_owned();
        for part in [
            "run scripts/bundles/netra-staging --env staging",
            "--service auth=https://netra-auth-service-demo.a.run.app",
            "--output json",
        ] {
            assert!(given.contains(part), "{part}: {given}");
        }
        let faulted = demonstrate(&project, Some("localhost-name")).await;
        assert_eq!((faulted.exit, faulted.object), (1, Some(json!({ "decision": "hold" }))));
        assert_eq!(faulted.digests, clean.digests);
        assert!(given.contains("OPENAI_API_KEY is set"), "{given}");
        let unset = demonstrate(&project, Some("openai-missing")).await;
        let given = unset.object.unwrap()["given"].as_str().unwrap().to_owned();
        assert!(!given.contains("OPENAI_API_KEY is set"), "{given}");
        assert_eq!(unset.digests, clean.digests);
        assert_eq!(demonstrate(&project, None).await.exit, 0, "the next run begins with clean files");
    }

    #[tokio::test]
    async fn another_lane_has_an_operators_file_of_its_own() {
        let root = tempfile::tempdir().unwrap();
        let project = project(root.path());
        let (first, second) =
            (demonstrate(&project, None).await, demonstrate_in(Lane::numbered(2), &project, None).await);
        let given = second.object.unwrap()["given"].as_str().unwrap().to_owned();
        assert!(given.contains("--operator .holdpoint/demo-2/holdpoint.toml"), "{given}");
        assert!(root.path().join(".holdpoint/demo-2/config").exists());
        let differ = |name: &str| first.digests[name] != second.digests[name];
        assert!(differ("operator's file") && !differ("bundle/bundle.toml"));
    }
}

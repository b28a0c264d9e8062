//! Google Cloud for tests that are not asynchronous themselves: the emulator, and the real gcloud before it.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use holdpoint_gcp_emulator::{Backend, Emulator};
pub use holdpoint_gcp_emulator::{
    Fault, InitialService, Login, Named, Options, Pattern, Seen, ServiceAccount, What, When,
};
use serde_json::Value;
use tokio::runtime::Runtime;

/// A running emulator.
pub struct Gcp {
    emulator: Emulator,
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
    runtime: Runtime,
}

/// Whether the real gcloud is here. Where it is not, tests that need it are left out and say so; with `CI=true` they fail.
pub fn gcloud_is_here() -> bool {
    let here = Command::new("gcloud").arg("--version").output().is_ok_and(|output| output.status.success());
    if !here {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "gcloud is not installed, and CI goes nowhere without it"
        );
        // Not by the macro, whose words a passing test keeps to itself.
        drop(writeln!(std::io::stderr(), "left out: gcloud is not installed"));
    }
    here
}

impl Gcp {
    /// A project with these services, each ready and serving its first revision.
    pub fn with(services: &[&str]) -> Self {
        let services = services.iter().map(|name| InitialService::new(name, "pkg.dev/netra/first")).collect();
        Self::starting(Options { services, ..Options::default() })
    }

    /// One with options.
    pub fn starting(options: Options) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime can be made");
        let emulator = runtime.block_on(Emulator::start(options)).expect("the emulator starts");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let environment = emulator.environment(folder.path()).expect("its environment can be written");
        Self { emulator, folder, environment, runtime }
    }

    /// The `[gcloud]` of an operator's file that leads here, with the token that the emulator knows.
    pub fn operator(&self) -> String {
        let token = self.folder.path().join("token");
        let mut text = format!("[gcloud]\ntoken-file = \"{}\"\n[gcloud.environment]\n", token.display());
        let ours = ["HOME", "CLOUDSDK_CONFIG", "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE"];
        for (name, value) in self.environment.iter().filter(|(name, _)| !ours.contains(&name.as_str())) {
            writeln!(text, "{name} = \"{value}\"").expect("a string takes every text");
        }
        text
    }

    /// A gcloud of the operator's own that is logged in so, for a host that asks it for a token.
    pub fn own(&self, login: &Login) -> OwnGcloud {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let environment = self.emulator.environment_as(folder.path(), login).expect("its environment can be written");
        OwnGcloud { folder, environment }
    }

    /// A new access token, which lasts for so long.
    pub fn token(&self, lifetime: Duration) -> String {
        self.emulator.issue_token("deployer", lifetime)
    }

    /// A program with the environment of somebody else who works in the project.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").envs(self.environment.iter().cloned());
        command
    }

    /// Gives a command as somebody else who works in the project.
    pub fn give(&self, arguments: &[&str]) {
        let output = self.command("gcloud").args(arguments).output().expect("gcloud can be started");
        assert!(output.status.success(), "gcloud {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// The operator's words that lead to services by their hosts: the front of services, and who signs for it.
    pub fn network(&self, hosts: &[String]) -> String {
        let ca_file = self.folder.path().join("services-ca.pem");
        std::fs::write(&ca_file, self.emulator.ca_pem()).expect("a certificate can be written");
        let front = self.emulator.front();
        let mut text = format!("ca-file = \"{}\"\n[connect-to]\n", ca_file.display());
        for host in hosts {
            writeln!(text, "\"{host}:443\" = \"{front}\"").expect("a string takes every text");
        }
        text
    }

    /// Runs every revision of an image here, given as `http://IP:PORT`.
    pub fn serve(&self, image: &str, url: &str) {
        let address = url.trim_start_matches("http://").parse().expect("an address and a port");
        self.emulator.set_backend(Backend::Image(image.to_owned()), address);
    }

    /// Runs every revision of a service here whose image nothing else runs.
    pub fn serve_others(&self, service: &str, url: &str) {
        let address = url.trim_start_matches("http://").parse().expect("an address and a port");
        self.emulator.set_backend(Backend::Service(service.to_owned()), address);
    }

    /// The host of a service.
    pub fn host(&self, name: &str) -> String {
        let url = self.service(name)["service"]["status"]["url"].as_str().unwrap_or_default().to_owned();
        url.trim_start_matches("https://").to_owned()
    }

    /// What serves, as `percent revision`, without tags.
    pub fn traffic(&self, name: &str) -> Vec<String> {
        let service = self.service(name);
        let targets = service["service"]["status"]["traffic"].as_array().cloned().unwrap_or_default();
        let shares =
            targets.iter().filter_map(|target| Some((target["percent"].as_u64()?, target["revisionName"].as_str()?)));
        shares.filter(|(percent, _)| *percent > 0).map(|(percent, revision)| format!("{percent} {revision}")).collect()
    }

    /// Makes something wrong with one service.
    pub fn fault_of(&self, service: &str, method: &str, when: When, what: What) {
        self.fault(method, &format!("*/services/{service}"), when, what);
    }

    /// Makes something wrong.
    pub fn fault(&self, method: &str, path: &str, when: When, what: What) {
        self.fault_on("*run.googleapis.com", method, path, when, what);
    }

    /// Makes something wrong with another host than those of Cloud Run.
    pub fn fault_on(&self, host: &str, method: &str, path: &str, when: When, what: What) {
        self.set(Fault { on: Pattern::new(method, host, path), when, what });
    }

    /// Makes this wrong.
    pub fn set(&self, fault: Fault) {
        self.emulator.set_fault(fault);
    }

    /// Writes an entry to the log of the project, as a service would.
    pub fn write_log(&self, entry: Value) {
        self.emulator.write_log(entry);
    }

    /// Lets Monitoring have what services tell of themselves.
    pub fn export(&self, exporter: impl Fn() -> String + Send + Sync + 'static) {
        self.emulator.set_exporter(exporter);
    }

    /// The state of everything.
    pub fn state(&self) -> Value {
        self.emulator.state()
    }

    /// Makes it right again.
    pub fn clear_faults(&self) {
        self.emulator.clear_faults();
    }

    /// What has changed something, in order.
    pub fn log(&self) -> Vec<Seen> {
        self.emulator.log()
    }

    /// Every request, those that only read too.
    pub fn requests(&self) -> Vec<Seen> {
        self.emulator.requests()
    }

    /// The names of the revisions of a service, oldest first, and its traffic.
    pub fn service(&self, name: &str) -> Value {
        let state = self.emulator.state();
        let services = state["services"].as_array().cloned().unwrap_or_default();
        let found = services.into_iter().find(|one| one["service"]["metadata"]["name"] == name);
        found.unwrap_or_else(|| panic!("there is no service {name}: {state:#}"))
    }

    /// Who changed a service last.
    pub fn deployer(&self, name: &str) -> String {
        let service = self.service(name);
        let annotations = &service["service"]["metadata"]["annotations"];
        annotations["serving.knative.dev/lastModifier"].as_str().unwrap_or_default().to_owned()
    }

    /// Moves the emulator's clock, so that tokens end.
    pub fn advance(&self, by: Duration) {
        self.emulator.advance(by);
    }

    /// Ends the emulator.
    pub fn stop(self) {
        self.runtime.block_on(self.emulator.stop());
    }
}

/// Variables that are the operator's own environment, and stand in no file of theirs.
const OWN: [&str; 7] = [
    "HOME",
    "CLOUDSDK_CONFIG",
    "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE",
    "CLOUDSDK_CORE_CHECK_GCE_METADATA",
    "GCE_METADATA_HOST",
    "GCE_METADATA_ROOT",
    "GCE_METADATA_IP",
];

/// A gcloud with a configuration folder, as it lies in the home of an operator.
pub struct OwnGcloud {
    folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl OwnGcloud {
    /// Where keys and the like may lie.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The `[gcloud]` of an operator's file without a token: whoever is logged in here acts. `lines` are more of that table.
    pub fn operator(&self, lines: &str) -> String {
        let mut text = format!("[gcloud]\n{lines}\n[gcloud.environment]\n");
        for (name, value) in self.environment.iter().filter(|(name, _)| !OWN.contains(&name.as_str())) {
            writeln!(text, "{name} = \"{value}\"").expect("a string takes every text");
        }
        text
    }

    /// The environment of a host that is started by this operator.
    pub fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.environment.iter().filter(|(name, _)| OWN.contains(&name.as_str()));
        own.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Gives a command, e.g. to log in.
    pub fn give(&self, arguments: &[&str]) {
        let mut command = Command::new("gcloud");
        command.args(arguments).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
        let output = command.envs(self.environment.iter().cloned()).output().expect("gcloud can be started");
        assert!(output.status.success(), "gcloud {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

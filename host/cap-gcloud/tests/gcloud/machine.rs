//! A machine with a program in the place of gcloud, and a phase that may give it commands.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use holdpoint_cap_gcloud::{Completed, Gcloud, GcloudBackend, GcloudConfig, Invocation};
use holdpoint_gate::{Destination, Guest, Limits, Scrubbed, Scrubber, Unrevealed, Vault};
use holdpoint_model::grant::{
    CommandGrant, CommandWords, FlagGrant, FlagName, GcloudGrant, Grants, ProjectId, Region, ValuePattern,
};
use holdpoint_model::{Answer, PhaseId, Timestamp};
use holdpoint_supervise::Supervisor;
use holdpoint_testkit::{Forgetful, SimulatedClock};
use tempfile::TempDir;

/// Hides nothing.
pub(super) struct Open;

impl Scrubber for Open {
    fn scrub(&self, _bytes: &[u8]) -> Option<Scrubbed> {
        None
    }
}

impl Vault for Open {
    fn reveal(&self, text: &str, _destination: &Destination<'_>) -> Result<String, Unrevealed> {
        Ok(text.to_owned())
    }

    fn keep(&self, _guest: &PhaseId, value: &str) -> String {
        value.to_owned()
    }

    fn hide(&self, _name: &str, _value: &str) {}
}

/// A machine with a program in the place of gcloud.
pub(super) struct Machine {
    pub(super) folder: TempDir,
    pub(super) token_file: Option<PathBuf>,
}

impl Machine {
    /// The program is a script of sh. It has the folder as `$FOLDER`.
    pub(super) fn with(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("gcloud");
        fs::write(&program, format!("#!/bin/sh\nFOLDER={}\n{script}\n", folder.path().display())).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let token = folder.path().join("operators-token");
        fs::write(&token, "ya29.token-of-the-operator\n").unwrap();
        Self { token_file: Some(token), folder }
    }

    pub(super) fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    pub(super) fn config(&self) -> GcloudConfig {
        GcloudConfig {
            supervisor: Supervisor::with(env!("CARGO_BIN_EXE_holdpoint-stage-of-gcloud")),
            program: self.folder.path().join("gcloud"),
            token_file: self.token_file.clone(),
            added: BTreeMap::from([("CLOUDSDK_PROXY_PORT".to_owned(), "8080".to_owned())]),
            own: BTreeMap::from([
                ("PATH".to_owned(), "/usr/bin:/bin".to_owned()),
                ("HOME".to_owned(), "/operator".to_owned()),
            ]),
            ..GcloudConfig::default()
        }
    }

    pub(super) fn give(&self, gate: Forgetful, invocation: Invocation) -> Answer<Completed> {
        let clock = Arc::new(SimulatedClock::at(1_800_000_000_000));
        let backend = Arc::new(GcloudBackend::new(self.config(), grants(), Arc::new(Open), clock));
        let mut guest = Guest::new(gate.gate(), phase(), Timestamp(0.0), Limits::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(guest.call::<Gcloud, _>(&backend, &grants(), invocation)).unwrap()
    }

    pub(super) fn acts(&self, invocation: Invocation) -> Answer<Completed> {
        self.give(Forgetful::acting(), invocation)
    }
}

pub(super) fn phase() -> PhaseId {
    PhaseId::parse("deploy").unwrap()
}

pub(super) fn grants() -> Grants {
    let command = |words: &str, flags: &[&str]| CommandGrant {
        command: CommandWords::parse(words).unwrap(),
        arguments: vec![ValuePattern::parse("netra-*").unwrap()],
        flags: flags
            .iter()
            .map(|name| (FlagName::parse(name).unwrap(), FlagGrant::Value(ValuePattern::parse("*").unwrap())))
            .collect(),
        class: None,
    };
    let gcloud = GcloudGrant {
        project: ProjectId::parse("netra-staging").unwrap(),
        region: Region::parse("us-central1").ok(),
        commands: vec![
            command("identity", &[]),
            command("run services list", &[]),
            command("run services update", &["image"]),
            command("run services update-traffic", &["to-revisions"]),
            command("run deploy", &["image"]),
        ],
    };
    Grants { gcloud: Some(gcloud), ..Grants::none(phase()) }
}

pub(super) fn list() -> Invocation {
    Invocation::new("run services list")
}

pub(super) fn deploy() -> Invocation {
    Invocation::new("run deploy").argument("netra-backend").flag("image", "pkg.dev/n/b@sha256:1")
}

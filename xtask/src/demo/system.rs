//! What is validated: an emulated cloud with two versions of the staging system behind its router, so that traffic really moves from
//! the one to the other.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result};
use holdpoint_gcp_emulator::{Backend, Emulator, InitialService, Options as CloudOptions};
use holdpoint_staging_double::{Breach, Change, Double, Drawn, FaultSetting, Options, PerService, Service};
use serde_json::{Value, json};

use super::login;
use super::phases::Scope;
use super::ports::Ports;
use super::stores::{Stores, Trouble};
use crate::sh::Line;

/// Letters of versions: what serves at first, and what is deployed.
const OLD: char = 'a';
const NEW: char = 'b';
/// And what nobody has pushed.
const MISSING: char = 'c';

/// A running system.
#[derive(Debug)]
pub(crate) struct System {
    pub(super) cloud: Emulator,
    /// What serves at first. Its files are the ones under judgement.
    pub(super) old: Double,
    /// What is deployed.
    pub(super) new: Double,
    /// Where data is kept, if a phase asks there. Both versions stand on it.
    stores: Option<Mutex<Stores>>,
    /// Whether what serves at first is replaced by what is deployed.
    deploys: bool,
}

/// The name of a service on Cloud Run.
fn title(service: Service) -> &'static str {
    service.host().trim_end_matches("-demo.a.run.app")
}

fn image(service: Service, version: char) -> String {
    format!("us-docker.pkg.dev/netra-staging/netra/{}@sha256:{}", title(service), version.to_string().repeat(64))
}

/// The image that is deployed.
pub(super) fn new_image(service: Service) -> String {
    image(service, NEW)
}

/// An image that the registry does not have.
pub(super) fn missing_image(service: Service) -> String {
    image(service, MISSING)
}

/// Whether the Google Cloud CLI is here. Without it nothing is deployed, and the phases that would are left out by name.
pub(crate) fn gcloud_is_here() -> bool {
    Line::new("demo", "gcloud").arg("--version").output().is_ok()
}

/// What the operator's file of the demonstration runs tests with.
pub(super) const PYTHON: &str = "/usr/bin/python3";

/// Whether the tests of the release can be run.
pub(super) fn pytest_is_here() -> bool {
    Line::new("demo", PYTHON).args(["-c", "import pytest"]).text().is_ok()
}

/// Whether a deployment brings it: all that a service does, but for the ports without TLS, which are in front of all versions.
fn is_deployed_with(drawn: &Drawn) -> bool {
    match drawn {
        Drawn::Server { change, .. } => *change != Change::Breach(Breach::PlainServed),
        Drawn::File(_) | Drawn::Environment(_) | Drawn::Source(_) | Drawn::Document(_) => false,
    }
}

/// A line in the log of a service.
fn line(service: Service, severity: &str, text: &str) -> Value {
    let labels = json!({ "service_name": title(service), "location": "us-central1", "project_id": "netra-staging" });
    let resource = json!({ "type": "cloud_run_revision", "labels": labels });
    json!({ "severity": severity, "textPayload": text, "resource": resource })
}

impl System {
    /// Starts it, and writes below `folder` what the operator's file and the bundle's inputs name.
    pub(super) async fn start(folder: &Path, ports: Ports, scope: Scope, cloud_seed: u64) -> Result<Self> {
        let stores = scope.asks_stores().then(|| tokio::task::block_in_place(|| Stores::start(ports.stores)));
        let known = stores.as_ref().map(Stores::known);
        let plain = |service| Service::RELEASED.iter().position(|known| *known == service).map(|at| ports.plain[at]);
        let old = Double::start(Options {
            files: Some(folder.to_owned()),
            plain_ports: Some(PerService::each(|service| plain(service).unwrap_or(0))),
            stores: known.clone(),
            ..Options::default()
        });
        let old = old.await.context("start the version that serves")?;
        let new = Double::start(Options { instance: "staging-2".to_owned(), stores: known, ..Options::default() });
        let new = new.await.context("start the version that is deployed")?;
        let images = Service::ALL.iter().flat_map(|service| [OLD, NEW].map(|version| image(*service, version)));
        let cloud = Emulator::start(CloudOptions {
            services: Service::ALL.map(|service| InitialService::new(title(service), &image(service, OLD))).to_vec(),
            images: Some(images.collect()),
            seed: cloud_seed,
            port: ports.proxy,
            front_port: ports.front,
            host_suffix: Some("demo".to_owned()),
            subject_tokens: vec![(login::SUBJECT.0.to_owned(), login::SUBJECT.1.to_owned())],
            ..CloudOptions::default()
        });
        let cloud = cloud.await.context("start the emulated cloud")?;
        for service in Service::ALL {
            cloud.set_backend(Backend::Image(image(service, OLD)), old.address(service));
            cloud.set_backend(Backend::Image(image(service, NEW)), new.address(service));
            // What another pipeline deploys serves well, too.
            cloud.set_backend(Backend::Service(title(service).to_owned()), old.address(service));
        }
        if scope.deploys() {
            // The issuer is no part of the release, and knows only the auth service that it stands beside.
            cloud.set_backend(Backend::Image(image(Service::Issuer, OLD)), new.address(Service::Issuer));
        }
        let (serves, deployed) = (old.exporter(), new.exporter());
        cloud.set_exporter(move || serves() + &deployed());
        std::fs::write(folder.join("ca.pem"), cloud.ca_pem()).context("write the certificate of the services")?;
        login::write(folder, &cloud)?;
        for service in Service::RELEASED {
            cloud.write_log(line(service, "INFO", "listening"));
        }
        Ok(Self { cloud, old, new, stores: stores.map(Mutex::new), deploys: scope.deploys() })
    }

    /// Makes something wrong with the stores.
    pub(super) fn trouble(&self, trouble: Trouble) -> Result<()> {
        let stores = self.stores.as_ref().context("this fault strikes stores, and none are here")?;
        stores.lock().unwrap_or_else(PoisonError::into_inner).trouble(trouble);
        Ok(())
    }

    /// Has the log of a service tell something.
    pub(super) fn write_log(&self, service: Service, text: &str) {
        self.cloud.write_log(line(service, "ERROR", text));
    }

    /// Makes something wrong with what serves, or will once it is deployed, or with the files under judgement.
    pub(super) async fn switch(&self, setting: &FaultSetting) -> Result<()> {
        // A variable is the command line's, which gets it when it starts.
        if matches!(setting.drawn, Drawn::Environment(_)) {
            return Ok(());
        }
        let struck = if self.deploys && is_deployed_with(&setting.drawn) { &self.new } else { &self.old };
        struck.switch(setting.clone()).await.context("switch the fault on")
    }

    /// Closes every port.
    pub(crate) async fn stop(self) {
        self.cloud.stop().await;
        self.old.stop().await;
        self.new.stop().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_does_comes_with_a_deployment_and_what_is_around_it_does_not() {
        let drawn = |name: &str| holdpoint_staging_double::Fault::named(name).map(|fault| fault.settle(1).drawn);
        for (name, comes) in [
            ("slow", true),
            ("leak", true),
            ("localhost-name", false),
            ("openai-missing", false),
            ("plain-http", false),
        ] {
            assert_eq!(drawn(name).as_ref().map(is_deployed_with), Some(comes), "{name}");
        }
    }
}

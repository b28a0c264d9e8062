//! The emulator as a whole: starts the servers, hands them their shared state, stops them.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;

use crate::clock::Clock;
use crate::cloud::Cloud;
use crate::environment::{self, Login, Place};
use crate::fault::Fault;
use crate::options::Options;
use crate::router::Backend;
use crate::seen::Seen;
use crate::server::{Kind, Server};
use crate::shared::Shared;
use crate::tls::Authority;

const DEPLOYER: &str = "deployer";
const A_DAY: Duration = Duration::from_secs(86_400);

/// A running emulator. Dropped, it ends as if it had been killed.
#[derive(Debug)]
pub struct Emulator {
    shared: Arc<Shared>,
    proxy: Server,
    metadata: Server,
    front: Server,
    project: String,
    region: String,
}

impl Emulator {
    /// Listens, and sets up the wanted services. When it returns, everything answers.
    pub async fn start(options: Options) -> anyhow::Result<Emulator> {
        let clock = Arc::new(Clock::default());
        let cloud = Cloud::new(&options, Arc::clone(&clock)).context("set up the project")?;
        let shared = Arc::new(Shared::new(Authority::new()?, clock, cloud));
        for fault in options.faults {
            shared.faults.set(fault);
        }
        let metadata = Server::start(Kind::Metadata, 0, &shared).await.context("start the metadata server")?;
        let proxy = Kind::Proxy { metadata: metadata.address };
        Ok(Emulator {
            proxy: Server::start(proxy, options.port, &shared).await.context("start the proxy")?,
            metadata,
            front: Server::start(Kind::Front, options.front_port, &shared)
                .await
                .context("start the front of services")?,
            shared,
            project: options.project,
            region: options.region,
        })
    }

    /// The HTTP proxy that leads to all that is emulated, and to nothing else.
    pub fn proxy(&self) -> SocketAddr {
        self.proxy.address
    }

    /// The metadata server of a machine in the cloud.
    pub fn metadata(&self) -> SocketAddr {
        self.metadata.address
    }

    /// The front of services: HTTPS for the host of every service and tag, and of Google's APIs, to whom the name leads by
    /// other means than the proxy.
    pub fn front(&self) -> SocketAddr {
        self.front.address
    }

    /// The certificate of the authority that signs for every host.
    pub fn ca_pem(&self) -> &str {
        &self.shared.authority.pem
    }

    /// What a browser can be told to trust the certificate of every host by: the SHA-256 of their public key, in base64.
    pub fn key_hash(&self) -> String {
        self.shared.authority.key_hash()
    }

    /// Everything in the environment of a gcloud that knows this emulator alone, but `PATH`. Writes what gcloud reads
    /// below `folder`: one folder for each log-in. gcloud is logged in with a token that holds for a day.
    pub fn environment(&self, folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
        let token = self.issue_token(DEPLOYER, A_DAY);
        self.environment_as(folder, &Login::Token(token))
    }

    /// The same, logged in otherwise.
    pub fn environment_as(&self, folder: &Path, login: &Login) -> anyhow::Result<Vec<(String, String)>> {
        let place = Place {
            proxy: self.proxy(),
            metadata: self.metadata(),
            authority: self.ca_pem(),
            project: &self.project,
            region: &self.region,
        };
        environment::environment(folder, &place, login)
    }

    /// A new access token.
    pub fn issue_token(&self, principal: &str, lifetime: Duration) -> String {
        self.shared.cloud().issue(principal, lifetime)
    }

    /// Moves the emulator's time forward: tokens expire, and what happens afterwards is stamped later.
    pub fn advance(&self, span: Duration) {
        self.shared.clock.advance(span);
    }

    /// The requests that may have changed something, oldest first; `effect` says which did.
    pub fn log(&self) -> Vec<Seen> {
        self.requests().into_iter().filter(Seen::is_mutating).collect()
    }

    /// The newest 100,000 requests, oldest first, those to the metadata server too.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.seen().all()
    }

    /// What is there now: services with their revisions, traffic and policies, enabled APIs, dashboards, alert
    /// policies, builds, and the number of effects.
    pub fn state(&self) -> Value {
        self.shared.cloud().snapshot()
    }

    /// Switches a fault on, besides those that are on already.
    pub fn set_fault(&self, fault: Fault) {
        self.shared.faults.set(fault);
    }

    /// Switches all faults off. What they have done stays.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
    }

    /// Writes an entry to the log, as a service would. What it lacks of `resource` is not filled in.
    pub fn write_log(&self, entry: Value) {
        self.shared.cloud().logs.write(entry);
    }

    /// Lets Monitoring have what services tell of themselves: their pages of metrics in the text format of Prometheus, one
    /// after the other, as they are when somebody asks.
    pub fn set_exporter(&self, exporter: impl Fn() -> String + Send + Sync + 'static) {
        self.shared.cloud().series.set(Arc::new(exporter));
    }

    /// Adds an image that can be deployed, if not any can.
    pub fn add_image(&self, image: &str) {
        if let Some(images) = &mut self.shared.cloud().images {
            images.insert(image.to_owned());
        }
    }

    /// Lets revisions be served by a plain HTTP server on this machine.
    pub fn set_backend(&self, backend: Backend, upstream: SocketAddr) {
        self.shared.router.set(backend, upstream);
    }

    /// Closes the ports and every connection, and returns when that is done.
    pub async fn stop(self) {
        self.proxy.stop().await;
        self.metadata.stop().await;
        self.front.stop().await;
        self.shared.router.end();
    }
}

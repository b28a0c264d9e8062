//! The double as a whole: starts the servers, hands them their shared state, stops them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use tokio::sync::{Semaphore, watch};

use crate::api::{Limits, Users};
use crate::crowd::Crowds;
use crate::effects::{Effect, Ledger};
use crate::fault::FaultSetting;
use crate::files;
use crate::load::{Crossing, Served, Traffic};
use crate::login::{Accounts, Issuer, Minted};
use crate::options::Options;
use crate::pool::Pool;
use crate::resources::Resources;
use crate::routes::{Answering, Shared};
use crate::seen::{Seen, SeenLog};
use crate::server::{Door, Server};
use crate::service::{PerService, Service};
use crate::stores::Asking;
use crate::switchboard::Switchboard;
use crate::tls;

const MOST_CHATS: usize = 20_000;

/// A running double of the staging system. Dropped, it ends as if it had been killed.
#[derive(Debug)]
pub struct Double {
    shared: Arc<Shared>,
    servers: PerService<Server>,
    /// Those without TLS that lead to the others, with their doors, which stay open.
    plain: Option<PerService<(Server, Door)>>,
    names: Option<PerService<String>>,
    key_hash: Option<String>,
    /// Dropped, it ends the upgraded connections.
    ending: watch::Sender<()>,
}

impl Double {
    /// Writes what is to be written, listens on a port for each service, and switches the wanted faults
    /// on. When it returns, every service answers.
    pub async fn start(options: Options) -> anyhow::Result<Double> {
        let ledger = Ledger::open(&options)?;
        if let Some(dir) = &options.files {
            files::write(dir).context("write the files under judgement")?;
        }
        let names = &options.names;
        let tls = match &options.tls {
            Some(dir) => Some(tls::tls(dir, &Service::ALL.map(|s| names.get(s).clone()))?),
            None => None,
        };

        let key_hash = tls.as_ref().map(|tls| tls.key_hash.clone());

        let (backend, backend_hinge) = Door::new();
        let (auth, auth_hinge) = Door::new();
        let (frontend, frontend_hinge) = Door::new();
        let (issuer, issuer_hinge) = Door::new();
        let doors = PerService { backend, auth, frontend, issuer };
        let (ending, told) = watch::channel(());
        let traffic = PerService {
            backend: Traffic::new()?,
            auth: Traffic::new()?,
            frontend: Traffic::new()?,
            issuer: Traffic::new()?,
        };
        let shared = Arc::new(Shared {
            switchboard: Switchboard::new(doors, options.files.clone(), Pool::new(options.work)),
            ledger,
            seen: SeenLog::default(),
            accounts: Accounts::default(),
            issuer: Issuer::new()?,
            minted: Minted::new(&options.test_signing_key),
            users: Users::default(),
            limits: Limits::default(),
            traffic,
            resources: Resources::new(Instant::now()),
            crowds: Crowds::default(),
            agent_lifetime: options.agent_lifetime,
            instance: options.instance.clone(),
            stores: Asking::new(options.stores.clone()),
            began: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64()),
            chats: Arc::new(Semaphore::new(MOST_CHATS)),
            ending: told,
        });

        let start = |service, hinge| {
            let answering = Answering::new(service, Arc::clone(&shared), None);
            Server::start(*options.ports.get(service), tls.clone(), answering, hinge)
                .with_context(|| format!("start {service}"))
        };
        let servers = PerService {
            backend: start(Service::Backend, backend_hinge)?,
            auth: start(Service::Auth, auth_hinge)?,
            frontend: start(Service::Frontend, frontend_hinge)?,
            issuer: start(Service::Issuer, issuer_hinge)?,
        };

        let lead = |service| -> anyhow::Result<Option<(Server, Door)>> {
            let Some(ports) = &options.plain_ports else { return Ok(None) };
            let (door, hinge) = Door::new();
            let answering = Answering::new(service, Arc::clone(&shared), Some(names.get(service).clone()));
            let server = Server::start(*ports.get(service), None, answering, hinge)
                .with_context(|| format!("start {service} without TLS"))?;
            Ok(Some((server, door)))
        };
        let plain =
            match (lead(Service::Backend)?, lead(Service::Auth)?, lead(Service::Frontend)?, lead(Service::Issuer)?) {
                (Some(backend), Some(auth), Some(frontend), Some(issuer)) => {
                    Some(PerService { backend, auth, frontend, issuer })
                }
                _ => None,
            };

        let names = options.tls.is_some().then(|| names.clone());
        let double = Double { shared, servers, plain, names, key_hash, ending };
        for setting in options.faults {
            double.switch(setting).await?;
        }
        Ok(double)
    }

    /// Where a service listens.
    pub fn address(&self, service: Service) -> SocketAddr {
        self.servers.get(service).address
    }

    /// Where a service listens without TLS, to lead whoever comes to the port with it.
    pub fn plain_address(&self, service: Service) -> Option<SocketAddr> {
        self.plain.as_ref().map(|plain| plain.get(service).0.address)
    }

    /// The address as a configuration would name it: `http://127.0.0.1:PORT`, or under TLS
    /// `https://NAME`, which the caller has to lead to [`Double::address`].
    pub fn url(&self, service: Service) -> String {
        match &self.names {
            Some(names) => format!("https://{}", names.get(service)),
            None => format!("http://{}", self.address(service)),
        }
    }

    /// What a browser can be told to trust the certificate of all services by: the SHA-256 of its public key, in base64. Absent without TLS.
    pub fn key_hash(&self) -> Option<&str> {
        self.key_hash.as_deref()
    }

    /// Switches a fault on, besides those that are on already.
    pub async fn switch(&self, setting: FaultSetting) -> anyhow::Result<()> {
        self.shared.switchboard.switch(setting).await
    }

    /// Switches all faults off and makes the files clean again.
    pub async fn clear(&self) -> anyhow::Result<()> {
        self.shared.clear().await
    }

    /// The newest 100,000 requests, oldest first, without those of the control routes and those that virtual users send,
    /// which [`Double::served`] counts.
    pub fn requests(&self) -> Vec<Seen> {
        self.shared.seen.all()
    }

    /// Gives the page of metrics of the backend as it stands, without a request.
    pub fn exporter(&self) -> impl Fn() -> String + Send + Sync + use<> {
        let shared = Arc::clone(&self.shared);
        move || shared.page()
    }

    /// What a service has served, by route.
    pub fn served(&self, service: Service) -> Vec<Served> {
        self.shared.traffic.get(service).served()
    }

    /// Requests that came with each user's token.
    pub fn served_users(&self) -> HashMap<String, u64> {
        self.shared.users.served()
    }

    /// The milliseconds within which this part (0 to 1) of a service's answers came, to three digits.
    pub fn latency(&self, service: Service, part: f64) -> f64 {
        self.shared.traffic.get(service).quantile(part)
    }

    /// The newest 10,000 answers that carried another user's text.
    pub fn crossings(&self) -> Vec<Crossing> {
        self.shared.switchboard.crossings.all()
    }

    /// Every effect that arrived, in order, repeated ones too.
    pub fn effects(&self) -> Vec<Effect> {
        self.shared.ledger.all()
    }

    /// Closes the ports and every connection, and returns when that is done.
    pub async fn stop(self) {
        let PerService { backend, auth, frontend, issuer } = self.servers;
        // Those that are open say goodbye; whoever listens hears it.
        drop(self.ending);
        backend.stop().await;
        auth.stop().await;
        frontend.stop().await;
        issuer.stop().await;
        if let Some(PerService { backend, auth, frontend, issuer }) = self.plain {
            for (server, _) in [backend, auth, frontend, issuer] {
                server.stop().await;
            }
        }
    }
}

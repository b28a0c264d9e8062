//! A request after which the connection speaks another protocol. For capabilities beside this one: they judge the request and its answer
//! themselves, and go through the same names, addresses and TLS as any request.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use holdpoint_gate::{BackendError, Vault};
use holdpoint_model::{PhaseId, ServiceName, grant::HostPort};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use url::Url;

use crate::{
    Error, Header, Network, Request, SystemNetwork, Timings, TlsFacts,
    backend::listed,
    connection::{self, Reading},
    exchange::{self, Changed},
    message,
    meter::millis,
    resolve,
    route::Services,
    session,
    tls::Tls,
};

/// What one phase's upgrades need besides the requests.
pub struct UpgradeConfig {
    /// Where the services of the environment live.
    pub services: BTreeMap<ServiceName, Url>,
    /// Where to connect instead.
    pub connect_to: BTreeMap<HostPort, SocketAddr>,
    /// Certificates in PEM that are trusted besides the machine's.
    pub ca_file: Option<Vec<u8>>,
    /// Puts secrets in, and takes tokens in.
    pub vault: Arc<dyn Vault>,
}

/// Asks for other protocols, for one phase.
pub struct Upgrader {
    services: Services,
    connect_to: BTreeMap<HostPort, SocketAddr>,
    vault: Arc<dyn Vault>,
    network: Arc<dyn Network>,
    tls: Tls,
}

/// A connection that speaks the other protocol.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// What a server answered.
pub struct Upgrade {
    pub status: u16,
    pub headers: Vec<Header>,
    pub timings: Timings,
    pub tls: Option<TlsFacts>,
    /// `ip:port`.
    pub peer: String,
    /// The service and the host that it goes to, for secrets in what is sent later.
    pub service: Option<ServiceName>,
    pub host: String,
    /// Present if the status is 101.
    pub stream: Option<Box<dyn Stream>>,
}

impl Upgrader {
    /// Checks the configuration. Nothing is resolved, read or connected to yet.
    pub fn new(config: UpgradeConfig) -> Result<Self, Error> {
        let UpgradeConfig { services, connect_to, ca_file, vault } = config;
        Ok(Self {
            services: Services::new(&services)?,
            connect_to,
            vault,
            network: Arc::new(SystemNetwork),
            tls: Tls::new(ca_file.as_deref())?,
        })
    }

    /// Reaches the world through another network than this machine's.
    pub fn over(self, network: Arc<dyn Network>) -> Self {
        Self { network, ..self }
    }

    /// Who puts secrets in and takes them out.
    pub fn vault(&self) -> &Arc<dyn Vault> {
        &self.vault
    }

    /// Asks to change over, within the request's limit. `wanted` is what the guest asked, for a denial; `own` are headers that the
    /// capability writes.
    pub async fn upgrade(
        &self,
        request: &Request,
        guest: &PhaseId,
        wanted: &str,
        (protocol, own): (&'static str, Vec<(HeaderName, HeaderValue)>),
    ) -> Result<Upgrade, BackendError> {
        let limit = Duration::from_millis(u64::from(request.timeout_ms));
        let asking = self.ask(request, guest, wanted, (protocol, own));
        tokio::time::timeout(limit, asking).await.unwrap_or(Err(BackendError::Timeout(request.timeout_ms)))
    }

    async fn ask(
        &self,
        request: &Request,
        guest: &PhaseId,
        wanted: &str,
        (protocol, own): (&'static str, Vec<(HeaderName, HeaderValue)>),
    ) -> Result<Upgrade, BackendError> {
        let route = self.services.route(request).map_err(BackendError::NotSent)?;
        let mut message = message::compose(request, &route, guest, None, None, &*self.vault)?;
        write(message.headers_mut(), protocol, own);
        let start = Instant::now();
        let origin = &route.origin;
        let resolved = resolve::resolve(&*self.network, &self.connect_to, origin, || wanted.to_owned()).await?;
        let config = self.tls.towards(origin).await?;
        let (mut connection, opening) =
            connection::open(&*self.network, config, origin, resolved, Reading::PHASE).await?;
        let changed = exchange::change_over(&mut connection, message).await;
        let (head, first_byte, changed) = changed.map_err(|broken| {
            let text = format!("{}: {}", origin.authority(), broken.text);
            if broken.too_large { BackendError::Exhausted(text) } else { BackendError::Unknown(text) }
        })?;
        for token in session::tokens(&head.headers, b"", false, &[]).map_err(BackendError::Exhausted)? {
            self.vault.keep(guest, &token);
        }
        let timings = Timings {
            dns: opening.dns,
            connect: opening.connect,
            tls: opening.tls,
            first_byte,
            total: millis(start.elapsed()),
        };
        let host = origin.bare_host().to_owned();
        Ok(Upgrade {
            status: head.status.as_u16(),
            headers: listed(&head.headers),
            timings,
            tls: connection.tls.clone(),
            peer: connection.peer.to_string(),
            service: route.service,
            host,
            stream: match changed {
                Changed::Over(upgraded) => Some(stream(upgraded)),
                Changed::Not(_) => None,
            },
        })
    }
}

/// The connection as whoever speaks the other protocol takes it.
pub(crate) fn stream(upgraded: Upgraded) -> Box<dyn Stream> {
    Box::new(TokioIo::new(upgraded))
}

/// Writes into the headers that the connection is to speak another protocol.
pub(crate) fn write(headers: &mut HeaderMap, protocol: &'static str, own: Vec<(HeaderName, HeaderValue)>) {
    headers.remove(header::ACCEPT_ENCODING);
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static(protocol));
    for (name, value) in own {
        headers.insert(name, value);
    }
}

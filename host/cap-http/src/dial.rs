//! Connections that speak no HTTP. For capabilities beside this one: they go to places that the operator has named, through the same names,
//! addresses and TLS as any request.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use holdpoint_gate::BackendError;
use holdpoint_model::{Denial, grant::HostPort};
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::{
    Error, Network, Stream, SystemNetwork, TlsFacts, connection, resolve,
    route::Origin,
    tls::{self, Tls},
};

/// How connections of one phase are opened.
pub struct DialConfig {
    /// Where to connect instead.
    pub connect_to: BTreeMap<HostPort, SocketAddr>,
    /// Certificates in PEM that are trusted besides the machine's.
    pub ca_file: Option<Vec<u8>>,
}

/// Opens connections, for one phase.
pub struct Dialer {
    connect_to: BTreeMap<HostPort, SocketAddr>,
    network: Arc<dyn Network>,
    tls: Tls,
}

/// Why there is no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undialed {
    /// Nobody answers there, or the name leads nowhere.
    Refused(String),
    /// There is nobody who could be trusted.
    Tls(String),
    /// The name leads to an address that the operator has not named.
    Denied(Denial),
}

impl Dialer {
    /// Checks the configuration. Nothing is resolved, read or connected to yet.
    pub fn new(config: DialConfig) -> Result<Self, Error> {
        let DialConfig { connect_to, ca_file } = config;
        Ok(Self { connect_to, network: Arc::new(SystemNetwork), tls: Tls::new(ca_file.as_deref())? })
    }

    /// Reaches the world through another network than this machine's.
    pub fn over(self, network: Arc<dyn Network>) -> Self {
        Self { network, ..self }
    }

    /// Connects to checked addresses of a place. `wanted` is what the guest asked, for a denial.
    pub async fn connect(&self, to: &HostPort, wanted: &str) -> Result<TcpStream, Undialed> {
        let origin = Origin { https: false, host: to.host(), port: to.port() };
        let resolved = resolve::resolve(&*self.network, &self.connect_to, &origin, || wanted.to_owned()).await;
        let resolved = resolved.map_err(|error| match error {
            BackendError::Denied(denial) => Undialed::Denied(denial),
            other => Undialed::Refused(other.to_string()),
        })?;
        let connected = connection::connect(&*self.network, &origin, &resolved.addresses).await;
        connected
            .map(|(stream, _)| stream)
            .map_err(|unopened| Undialed::Refused(BackendError::from(unopened).to_string()))
    }

    /// Makes a connection to this place one that nobody else reads. No protocol is offered: what is spoken over it is no HTTP.
    pub async fn secure<S: Stream + 'static>(
        &self,
        to: &HostPort,
        stream: S,
    ) -> Result<(Box<dyn Stream>, TlsFacts), Undialed> {
        let fail = |error: String| Undialed::Tls(format!("no TLS with {}:{}: {error}", to.host(), to.port()));
        let mut config = (*self.tls.config().await.map_err(|error| fail(error.to_string()))?).clone();
        config.alpn_protocols.clear();
        let name = ServerName::try_from(to.host()).map_err(|error| fail(error.to_string()))?;
        let secured = TlsConnector::from(Arc::new(config)).connect(name, stream).await;
        let stream = secured.map_err(|error| fail(error.to_string()))?;
        let facts = tls::facts(stream.get_ref().1);
        let stream: Box<dyn Stream> = Box::new(stream);
        Ok((stream, facts))
    }
}

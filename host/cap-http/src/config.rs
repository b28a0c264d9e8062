//! What an HTTP backend is made of.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use holdpoint_gate::Vault;
use holdpoint_model::{
    ServiceName,
    grant::{Grants, HostPort},
};
use url::Url;

use crate::IdTokens;

/// What one phase's requests need besides themselves.
pub struct HttpConfig {
    /// Where the services of the environment live.
    pub services: BTreeMap<ServiceName, Url>,
    /// Where to connect instead. The request and the certificate's name stay as they are.
    pub connect_to: BTreeMap<HostPort, SocketAddr>,
    /// Certificates in PEM that are trusted besides the machine's.
    pub ca_file: Option<Vec<u8>>,
    /// The phase's grants: they mark tokens in answers and say how to read back.
    pub grants: Grants,
    /// Puts secrets in, and takes tokens in.
    pub vault: Arc<dyn Vault>,
    /// Where ID tokens come from, for grants that have them sent.
    pub id_tokens: Arc<dyn IdTokens>,
}

/// A backend that can't be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the ca-file has no certificate in PEM: {0}")]
    Certificates(String),
    #[error("service {service} can't live at {url}: it needs http or https and a host, and neither user nor query")]
    Service { service: ServiceName, url: String },
}

//! What the operator says of a store, and what a backend is made of.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use holdpoint_gate::Vault;
use holdpoint_model::{
    PhaseId,
    grant::{HostPort, StoreKind, StoreName},
};

/// A password that nothing prints.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Takes a password in.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A store: what it is, where it is, and who asks.
#[derive(Clone, PartialEq, Eq)]
pub struct Store {
    pub kind: StoreKind,
    pub address: HostPort,
    /// The server's own if absent. Of Redis it is a number.
    pub database: Option<String>,
    /// `postgres` or `default` if absent.
    pub user: Option<String>,
    pub password: Option<Password>,
    /// Whether the connection is encrypted, and the certificate checked.
    pub tls: bool,
}

/// What the calls of one phase need besides themselves.
pub struct DataConfig {
    pub phase: PhaseId,
    /// By the names that the bundle has for them.
    pub stores: BTreeMap<StoreName, Store>,
    /// Where to connect instead. The certificate's name stays as it is.
    pub connect_to: BTreeMap<HostPort, SocketAddr>,
    /// Certificates in PEM that are trusted besides the machine's.
    pub ca_file: Option<Vec<u8>>,
    /// Finds secrets in what stores say.
    pub vault: Arc<dyn Vault>,
}

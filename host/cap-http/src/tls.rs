//! TLS: which certificates are trusted, and what was agreed.

use std::sync::{Arc, OnceLock};

use holdpoint_gate::BackendError;
use holdpoint_model::HttpVersions;
use rustls::{
    ClientConfig, ClientConnection, ProtocolVersion, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use tokio::sync::OnceCell;
use x509_parser::prelude::{FromDer as _, GeneralName, X509Certificate};

use crate::{Error, TlsFacts, route::Origin};

const MOST_NAMES: usize = 100;
const HTTP1: &[u8] = b"http/1.1";
const HTTP2: &[u8] = b"h2";

/// The machine's roots. Reading them costs milliseconds, and they are no phase's own.
static NATIVE: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();

/// A client's side, made when the first request needs it. Sessions are not shared between phases.
pub(crate) struct Tls {
    extra: Vec<CertificateDer<'static>>,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Tls {
    /// Trusts the machine's roots and those of a PEM text.
    pub(crate) fn new(ca_file: Option<&[u8]>) -> Result<Self, Error> {
        let extra = match ca_file {
            None => vec![],
            Some(pem) => {
                let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
                let found = found.map_err(|error| Error::Certificates(error.to_string()))?;
                if found.is_empty() {
                    return Err(Error::Certificates("there is no BEGIN CERTIFICATE".into()));
                }
                let mut roots = RootCertStore::empty();
                for certificate in &found {
                    roots.add(certificate.clone()).map_err(|error| Error::Certificates(error.to_string()))?;
                }
                found
            }
        };
        Ok(Self { extra, config: OnceCell::new() })
    }

    /// The configuration of a connection to this place; none without https.
    pub(crate) async fn towards(&self, origin: &Origin) -> Result<Option<Arc<ClientConfig>>, BackendError> {
        if origin.https { self.config().await.map(Some) } else { Ok(None) }
    }

    /// The configuration of every connection.
    pub(crate) async fn config(&self) -> Result<Arc<ClientConfig>, BackendError> {
        self.config.get_or_try_init(|| self.make()).await.cloned()
    }

    async fn make(&self) -> Result<Arc<ClientConfig>, BackendError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.extra.iter().cloned());
        let native =
            tokio::task::spawn_blocking(|| NATIVE.get_or_init(|| rustls_native_certs::load_native_certs().certs));
        let native = native
            .await
            .map_err(|_| BackendError::NotSent("reading the machine's certificates was broken off".into()))?;
        roots.add_parsable_certificates(native.iter().cloned());
        if roots.is_empty() {
            let text = "this machine trusts no certificate; install its root certificates, or name a ca-file in the operator's file";
            return Err(BackendError::NotSent(text.into()));
        }
        let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let builder =
            builder.with_safe_default_protocol_versions().map_err(|error| BackendError::NotSent(error.to_string()))?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = offered(HttpVersions::Http11);
        Ok(Arc::new(config))
    }
}

/// What a server can choose from, as ALPN has it.
pub(crate) fn offered(versions: HttpVersions) -> Vec<Vec<u8>> {
    match versions {
        HttpVersions::Any => vec![HTTP2.to_vec(), HTTP1.to_vec()],
        HttpVersions::Http11 => vec![HTTP1.to_vec()],
    }
}

/// Whether HTTP/2 was agreed.
pub(crate) fn is_http2(connection: &ClientConnection) -> bool {
    connection.alpn_protocol() == Some(HTTP2)
}

/// What was agreed with a server.
pub(crate) fn facts(connection: &ClientConnection) -> TlsFacts {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLSv1.2".to_owned(),
        Some(ProtocolVersion::TLSv1_3) => "TLSv1.3".to_owned(),
        other => format!("{other:?}"),
    };
    let cipher = connection.negotiated_cipher_suite().and_then(|suite| suite.suite().as_str()).unwrap_or_default();
    // The registry has no 13 in its names.
    let cipher = cipher.replacen("TLS13_", "TLS_", 1);
    let certificate = connection.peer_certificates().and_then(|chain| chain.first());
    let (names, not_after) = certificate.and_then(|der| read(der)).unwrap_or_default();
    TlsFacts { version, cipher, names, not_after }
}

fn read(der: &[u8]) -> Option<(Vec<String>, f64)> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let names = certificate.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|extension| &extension.value.general_names);
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match (<[u8; 4]>::try_from(*bytes), <[u8; 16]>::try_from(*bytes)) {
            (Ok(v4), _) => Some(std::net::Ipv4Addr::from(v4).to_string()),
            (_, Ok(v6)) => Some(std::net::Ipv6Addr::from(v6).to_string()),
            _ => None,
        },
        _ => None,
    });
    Some((names.take(MOST_NAMES).collect(), certificate.validity().not_after.timestamp() as f64 * 1_000.0))
}

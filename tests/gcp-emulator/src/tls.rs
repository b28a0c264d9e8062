//! Certificates: an authority that lives as long as the emulator, and a certificate for each host that is asked for.
//! No private key is written anywhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData as _,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use sha2::{Digest as _, Sha256};

/// Hosts whose certificates are kept. Those of Google's services and of some revisions fit well.
const MOST_KEPT: usize = 512;

/// Signs certificates, and remembers them.
#[derive(Debug)]
pub(crate) struct Authority {
    pub(crate) pem: String,
    issuer: Issuer<'static, KeyPair>,
    /// One key for all hosts: they are all the emulator.
    key: KeyPair,
    known: Mutex<HashMap<String, Arc<ServerConfig>>>,
}

impl Authority {
    pub(crate) fn new() -> anyhow::Result<Authority> {
        let key = KeyPair::generate().context("make the authority's key")?;
        let mut params = CertificateParams::new(Vec::new()).context("describe the authority")?;
        params.distinguished_name.push(DnType::CommonName, "gcp emulator authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).context("sign the authority")?.pem();
        Ok(Authority {
            pem,
            issuer: Issuer::new(params, key),
            key: KeyPair::generate().context("make the servers' key")?,
            known: Mutex::default(),
        })
    }

    /// The SHA-256 of the public key of every host, in base64.
    pub(crate) fn key_hash(&self) -> String {
        STANDARD.encode(Sha256::digest(self.key.subject_public_key_info()))
    }

    /// What accepts connections for a host.
    pub(crate) fn serve(&self, host: &str) -> anyhow::Result<Arc<ServerConfig>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = known.get(host) {
            return Ok(Arc::clone(config));
        }
        if known.len() >= MOST_KEPT {
            known.clear();
        }
        let config = Arc::new(self.make(host)?);
        known.insert(host.to_owned(), Arc::clone(&config));
        Ok(config)
    }

    fn make(&self, host: &str) -> anyhow::Result<ServerConfig> {
        let mut params = CertificateParams::new(vec![host.to_owned()]).context("make a certificate for this host")?;
        params.distinguished_name.push(DnType::CommonName, "gcp emulator");
        params.use_authority_key_identifier_extension = true;
        params.key_usages.push(KeyUsagePurpose::DigitalSignature);
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        let certificate = params.signed_by(&self.key, &self.issuer).context("sign the host's certificate")?;
        let key = PrivateKeyDer::Pkcs8(self.key.serialize_der().into());
        // The provider is named here and not installed for the process, which belongs to whoever started the emulator.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("choose TLS versions")?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .context("take the host's certificate into use")?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

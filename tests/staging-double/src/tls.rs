//! Certificates for a double that serves HTTPS: a certificate authority that lives as long
//! as the double, one server certificate that is valid, and one that has expired. No private key is written anywhere.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    PublicKeyData as _, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsAcceptor;

/// What accepts connections: with a certificate that is valid, or with one that was.
#[derive(Clone)]
pub(crate) struct Tls {
    pub(crate) valid: TlsAcceptor,
    pub(crate) expired: TlsAcceptor,
    /// The SHA-256 of the public key of the valid certificate, in base64.
    pub(crate) key_hash: String,
}

/// Makes the certificates, writes the authority's to `dir/ca.pem`, and returns what accepts
/// connections for `names`.
pub(crate) fn tls(dir: &Path, names: &[String]) -> anyhow::Result<Tls> {
    let authority = authority().context("make the certificate authority")?;
    fs::create_dir_all(dir).with_context(|| format!("create {}", dir.display()))?;
    let path = dir.join("ca.pem");
    fs::write(&path, &authority.pem).with_context(|| format!("write {}", path.display()))?;

    let (valid, key_hash) = acceptor(&authority.issuer, names, None)?;
    let (expired, _) = acceptor(&authority.issuer, names, Some(2020))?;
    Ok(Tls { valid, expired, key_hash })
}

/// Accepts connections with a certificate that ends when this year begins, or in a far future; and the hash of its key.
fn acceptor(
    issuer: &Issuer<'static, KeyPair>,
    names: &[String],
    ends: Option<i32>,
) -> anyhow::Result<(TlsAcceptor, String)> {
    let key = KeyPair::generate().context("make the server's key")?;
    let key_hash = STANDARD.encode(Sha256::digest(key.subject_public_key_info()));
    let mut params = CertificateParams::new(names.to_vec()).context("make a certificate for these names")?;
    if let Some(year) = ends {
        params.not_after = date_time_ymd(year, 1, 1);
    }
    params.distinguished_name.push(DnType::CommonName, "netra staging double");
    params.use_authority_key_identifier_extension = true;
    params.key_usages.push(KeyUsagePurpose::DigitalSignature);
    params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
    let certificate = params.signed_by(&key, issuer).context("sign the server's certificate")?;

    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    // The provider is named here and not installed for the process, which belongs to
    // whoever started the double.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("choose TLS versions")?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .context("take the server's certificate into use")?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((TlsAcceptor::from(Arc::new(config)), key_hash))
}

struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

fn authority() -> Result<Authority, rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(Vec::new())?;
    params.distinguished_name.push(DnType::CommonName, "netra staging double authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let pem = params.self_signed(&key)?.pem();
    Ok(Authority { pem, issuer: Issuer::new(params, key) })
}

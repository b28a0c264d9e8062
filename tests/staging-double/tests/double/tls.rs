use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use holdpoint_staging_double::{Double, Options, Service};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::client::{exchange, get, open};

async fn connect(
    double: &Double,
    ca: &Path,
    service: Service,
    name: &'static str,
) -> anyhow::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca)?)?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(double.address(service)).await?;
    Ok(TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(name)?, stream).await?)
}

#[tokio::test]
async fn serves_https_that_its_authority_vouches_for() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let double = Double::start(Options { tls: Some(dir.path().to_owned()), ..Options::default() }).await?;
    let ca = dir.path().join("ca.pem");
    for service in Service::ALL {
        assert_eq!(double.url(service), format!("https://{}", service.host()));
        let mut connection = open(connect(&double, &ca, service, service.host()).await?).await?;
        let answer = exchange(&mut connection, Request::get("/health").body(Body::empty())?).await?;
        assert_eq!(answer.json()?["service"], service.name());
    }

    let key_hash = double.key_hash().expect("a certificate has a key");
    assert_eq!(STANDARD.decode(key_hash)?.len(), 32);
    assert!(connect(&double, &ca, Service::Backend, "elsewhere.a.run.app").await.is_err());
    assert!(get(&double, Service::Backend, "/health").await.is_err(), "no plain HTTP on the same port");
    let written: Vec<_> = std::fs::read_dir(dir.path())?.collect::<Result<_, _>>()?;
    assert_eq!(written.len(), 1, "no key is written");
    double.stop().await;
    Ok(())
}

//! TLS with an authority made for the test.

use std::sync::Arc;

use holdpoint_cap_http::{Request, Target};
use holdpoint_model::CallError;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::{
    phase::{Phase, Terms, to},
    server::{Server, ok},
};

/// An acceptor for these names, and its authority in PEM.
fn authority(names: &[&str], ends: i32) -> (TlsAcceptor, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![]).unwrap();
    // Two authorities of one name could not be told apart.
    params.distinguished_name.push(DnType::CommonName, format!("authority {:?}", &key.public_key_raw()[1..9]));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);

    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.not_after = date_time_ymd(ends, 1, 1);
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), pem)
}

async fn start(names: &[&str], ends: i32, trusted: bool) -> (Server, Phase) {
    let (acceptor, pem) = authority(names, ends);
    let server = Server::start_with(Some(acceptor), |_| ok("secure")).await;
    let ca_file = if trusted { pem } else { authority(names, ends).1 };
    let phase = Phase::new(Terms {
        url: "https://backend.test",
        connect_to: vec![("backend.test:443", server.address)],
        ca_file: Some(ca_file),
        ..Terms::at(server.address)
    });
    (server, phase)
}

#[tokio::test]
async fn says_what_was_agreed() {
    let (server, phase) = start(&["backend.test", "127.0.0.1"], 2100, true).await;
    let response = phase.get("/").await.unwrap();
    let facts = response.tls.unwrap();
    assert_eq!(
        (facts.version.as_str(), facts.names.as_slice()),
        ("TLSv1.3", ["backend.test", "127.0.0.1"].map(str::to_owned).as_slice())
    );
    assert!(facts.cipher.starts_with("TLS_AES_") || facts.cipher.starts_with("TLS_CHACHA20"), "{}", facts.cipher);
    assert_eq!(facts.not_after, 4_102_444_800_000.0);
    assert!(response.timings.tls.is_some_and(|ms| ms > 0.0));
    let again = phase.get("/").await.unwrap();
    assert!(again.timings.tls.is_none() && again.tls.is_some());
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn refuses_certificates_that_prove_nothing() {
    for (names, ends, trusted, word) in [
        (["other.test"], 2100, true, "not valid for name"),
        (["backend.test"], 2100, false, "UnknownIssuer"),
        (["backend.test"], 2001, true, "expired"),
    ] {
        let (_server, phase) = start(&names, ends, trusted).await;
        let answer = phase.send(to("/")).await;
        let Err(CallError::Failed(text)) = &answer else { panic!("should fail: {answer:?}") };
        assert!(text.starts_with("no TLS with backend.test:443: ") && text.contains(word), "{text}");
    }
}

#[tokio::test]
async fn trust_is_each_phases_own_and_an_open_connection_of_another_changes_nothing() {
    let (acceptor, pem) = authority(&["backend.test"], 2100);
    let server = Server::start_with(Some(acceptor), |_| ok("secure")).await;
    let phase = |ca_file: &str| {
        Phase::new(Terms {
            url: "https://backend.test",
            connect_to: vec![("backend.test:443", server.address)],
            ca_file: Some(ca_file.to_owned()),
            ..Terms::at(server.address)
        })
    };
    let (trusting, other) = (phase(&pem), phase(&authority(&["backend.test"], 2100).1));
    trusting.get("/").await.unwrap();
    let refused = other.get("/").await;
    assert!(matches!(&refused, Err(CallError::Failed(text)) if text.contains("UnknownIssuer")), "{refused:?}");
    trusting.get("/").await.unwrap();
    assert_eq!((server.connections(), server.seen().len()), (2, 2));
}

#[tokio::test]
async fn a_connection_in_the_clear_never_serves_one_that_must_be_safe_nor_the_other_way_round() {
    let ask = |url: &str| Request::get(Target::Url(url.to_owned()));
    let (clear, safe) = ("http://x.test.example:443/", "https://x.test.example/");
    let (acceptor, pem) = authority(&["x.test.example"], 2100);
    for (tls, first, second) in [(None, clear, safe), (Some(acceptor), safe, clear)] {
        let server = Server::start_with(tls, |_| ok("x")).await;
        let phase = Phase::new(Terms {
            connect_to: vec![("x.test.example:443", server.address)],
            ca_file: Some(pem.clone()),
            ..Terms::at(server.address)
        });
        phase.send(ask(first)).await.unwrap();
        let other = phase.send(Request { timeout_ms: 500, ..ask(second) }).await;
        assert!(other.is_err(), "{other:?}");
        assert_eq!((server.connections(), server.seen().len()), (2, 1));
        phase.send(ask(first)).await.unwrap();
        assert_eq!(server.connections(), 2);
    }
}

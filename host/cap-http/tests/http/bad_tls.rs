//! Servers whose certificate or handshake proves nothing. Nothing of a request leaves before the handshake is over, so each is an
//! exchange that did not take place, for reads and effects alike.

use std::{sync::Arc, time::Duration};

use holdpoint_cap_http::Request;
use holdpoint_model::CallError;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair,
    NameConstraints, date_time_ymd,
};
use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;

use crate::{
    phase::{Phase, Terms, post, to},
    raw::{Raw, gone, pour, reset, send},
    server::{Server, ok},
};

const NAME: &str = "backend.test";

/// An authority of a name that no other has.
fn authority(change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::new(vec![]).unwrap();
    let tag = KeyPair::generate().unwrap();
    params.distinguished_name.push(DnType::CommonName, format!("authority {:?}", &tag.public_key_raw()[1..9]));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    change(&mut params);
    params
}

fn leaf(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).unwrap();
    params.not_after = date_time_ymd(2100, 1, 1);
    change(&mut params);
    params
}

/// What a server presents, and what the client trusts.
struct Presented {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    trusted: String,
}

/// A leaf below a root, with authorities between them, from the root down. All of them are presented.
fn below(root: CertificateParams, between: Vec<CertificateParams>, leaf: CertificateParams) -> Presented {
    let key = KeyPair::generate().unwrap();
    let trusted = root.self_signed(&key).unwrap().pem();
    let mut issuer = Issuer::new(root, key);
    let mut chain = Vec::new();
    for params in between {
        let key = KeyPair::generate().unwrap();
        chain.insert(0, params.signed_by(&key, &issuer).unwrap().der().clone());
        issuer = Issuer::new(params, key);
    }
    let key = KeyPair::generate().unwrap();
    chain.insert(0, leaf.signed_by(&key, &issuer).unwrap().der().clone());
    Presented { chain, key, trusted }
}

fn plain() -> CertificateParams {
    authority(|_| {})
}

fn simple(change: impl FnOnce(&mut CertificateParams)) -> Presented {
    below(plain(), vec![], leaf(&[NAME], change))
}

async fn start(presented: Presented) -> (Server, Phase) {
    let Presented { chain, key, trusted } = presented;
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let server = Server::start_with(Some(TlsAcceptor::from(Arc::new(config))), |_| ok("secure")).await;
    let phase = at(server.address, Some(trusted));
    (server, phase)
}

fn at(address: std::net::SocketAddr, ca_file: Option<String>) -> Phase {
    let connect_to = vec![("backend.test:443", address)];
    Phase::new(Terms { url: "https://backend.test", connect_to, ca_file, ..Terms::at(address) })
}

/// Reads and effects fail, saying this, long before their time is over.
async fn fails(what: &str, phase: &Phase, word: &str) {
    for request in [to("/"), post("/", "x")] {
        let begun = Instant::now();
        let answer = phase.send(Request { timeout_ms: 20_000, ..request }).await;
        let Err(CallError::Failed(text)) = &answer else { panic!("{what} should fail: {answer:?}") };
        assert!(text.starts_with("no TLS with backend.test:443: ") && text.contains(word), "{what}: {text}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{what} took {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn what_is_presented_here_would_do_without_its_fault() {
    for presented in [
        simple(|_| {}),
        below(plain(), vec![plain(), plain()], leaf(&[NAME], |_| {})),
        simple(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]),
    ] {
        let (_server, phase) = start(presented).await;
        assert_eq!(phase.get("/").await.unwrap().body.bytes(), b"secure");
    }
}

#[tokio::test]
async fn a_certificate_with_a_fault_is_refused() {
    let stranger = plain().self_signed(&KeyPair::generate().unwrap()).unwrap().pem();
    let constrained = |params: &mut CertificateParams| {
        let permitted_subtrees = vec![GeneralSubtree::DnsName("other.test".into())];
        params.name_constraints = Some(NameConstraints { permitted_subtrees, excluded_subtrees: vec![] });
    };
    let incomplete = {
        let mut presented = below(plain(), vec![plain()], leaf(&[NAME], |_| {}));
        presented.chain.truncate(1);
        presented
    };
    let self_signed = {
        let key = KeyPair::generate().unwrap();
        let own = leaf(&[NAME], |_| {}).self_signed(&key).unwrap();
        Presented { chain: vec![own.der().clone()], key, trusted: stranger.clone() }
    };
    let cases = [
        ("expired", simple(|params| params.not_after = date_time_ymd(2001, 1, 1)), "expired"),
        ("not yet valid", simple(|params| params.not_before = date_time_ymd(2099, 1, 1)), "not valid yet"),
        ("another host", below(plain(), vec![], leaf(&["other.test"], |_| {})), "not valid for name"),
        ("a host above", below(plain(), vec![], leaf(&["test"], |_| {})), "not valid for name"),
        ("a wildcard below", below(plain(), vec![], leaf(&["*.backend.test"], |_| {})), "not valid for name"),
        ("a wildcard of a whole top level", below(plain(), vec![], leaf(&["*.test"], |_| {})), "not valid for name"),
        ("an address", below(plain(), vec![], leaf(&["127.0.0.1"], |_| {})), "not valid for name"),
        ("self-signed", self_signed, "UnknownIssuer"),
        ("an untrusted root", Presented { trusted: stranger, ..simple(|_| {}) }, "UnknownIssuer"),
        ("an incomplete chain", incomplete, "UnknownIssuer"),
        (
            "a common name only",
            below(plain(), vec![], leaf(&[], |params| params.distinguished_name.push(DnType::CommonName, NAME))),
            "not valid for name",
        ),
        ("no name at all", below(plain(), vec![], leaf(&[], |_| {})), "not valid for name"),
        (
            "for clients only",
            simple(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
            "extended key usage",
        ),
        (
            "an issuer that is none",
            below(plain(), vec![leaf(&["x.test"], |_| {})], leaf(&[NAME], |_| {})),
            "EndEntityUsedAsCa",
        ),
        (
            "an issuer that says it is none",
            below(plain(), vec![authority(|params| params.is_ca = IsCa::ExplicitNoCa)], leaf(&[NAME], |_| {})),
            "EndEntityUsedAsCa",
        ),
        (
            "an authority that expired",
            below(
                plain(),
                vec![authority(|params| params.not_after = date_time_ymd(2001, 1, 1))],
                leaf(&[NAME], |_| {}),
            ),
            "certificate expired",
        ),
        (
            "a chain longer than its root allows",
            below(
                authority(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))),
                vec![authority(|params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0))), plain()],
                leaf(&[NAME], |_| {}),
            ),
            "PathLenConstraintViolated",
        ),
        (
            "a name outside of its authority's",
            below(plain(), vec![authority(constrained)], leaf(&[NAME], |_| {})),
            "NameConstraintViolation",
        ),
        (
            "an authority in person",
            simple(|params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
            "CaUsedAsEndEntity",
        ),
    ];
    for (what, presented, word) in cases {
        let (server, phase) = start(presented).await;
        fails(what, &phase, word).await;
        assert_eq!(server.seen(), [""; 0], "{what}");
    }
}

#[tokio::test]
async fn many_names_are_read_up_to_a_bound_and_an_oversized_chain_is_refused() {
    let names: Vec<String> = (0..1_000).map(|n| format!("host-{n}.test")).chain([NAME.to_owned()]).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (_server, phase) = start(below(plain(), vec![], leaf(&names, |_| {}))).await;
    assert_eq!(phase.get("/").await.unwrap().tls.unwrap().names.len(), 100);

    let mut presented = simple(|_| {});
    presented.chain.extend(std::iter::repeat_n(presented.chain[0].clone(), 500));
    let (_server, phase) = start(presented).await;
    fails("a chain of 501 certificates", &phase, "HandshakePayloadTooLarge").await;
}

#[tokio::test]
async fn what_is_no_handshake_is_refused() {
    let alert = |level: u8, description: u8| vec![21, 3, 3, 0, 2, level, description];
    for (what, bytes, word) in [
        ("plain HTTP", b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_vec(), "InvalidContentType"),
        ("another tongue", b"220 mail.example.com ESMTP\r\n".to_vec(), "InvalidContentType"),
        ("zeros", vec![0; 1_000], "InvalidContentType"),
        ("a handshake failure", alert(2, 40), "HandshakeFailure"),
        ("a protocol version", alert(2, 70), "ProtocolVersion"),
        ("a message beyond all bounds", vec![22, 3, 3, 0, 5, 2, 0xff, 0xff, 0xff, 3], "HandshakePayloadTooLarge"),
        ("application data", vec![23, 3, 3, 0, 4, 1, 2, 3, 4], "unexpected message"),
    ] {
        let server = Raw::start(move |mut stream, _| {
            let bytes = bytes.clone();
            async move {
                send(&mut stream, &bytes).await;
                gone(&mut stream).await
            }
        })
        .await;
        fails(what, &at(server.address, None), word).await;
    }
}

#[tokio::test]
async fn a_server_that_says_farewell_and_stays_ends_with_the_time_out() {
    let server = Raw::start(|mut stream, _| async move {
        send(&mut stream, &[21, 3, 3, 0, 2, 1, 0]).await;
        gone(&mut stream).await
    })
    .await;
    let answer = at(server.address, None).send(Request { timeout_ms: 500, ..to("/") }).await;
    assert_eq!(answer.err(), Some(CallError::Timeout(500)));
}

#[tokio::test]
async fn a_handshake_that_breaks_off_is_an_error() {
    let resets = Raw::start(|mut stream, _| async move {
        let mut hello = [0; 64];
        let _ = tokio::io::AsyncReadExt::read_exact(&mut stream, &mut hello).await;
        reset(stream)
    })
    .await;
    fails("a reset", &at(resets.address, None), "reset").await;
    let closes = Raw::start(|stream, _| async move {
        drop(stream);
        0
    })
    .await;
    let answer = at(closes.address, None).get("/").await;
    assert!(matches!(&answer, Err(CallError::Failed(text)) if text.starts_with("no TLS with ")), "{answer:?}");
}

#[tokio::test]
async fn a_handshake_without_end_is_refused_and_the_connection_closed() {
    for (what, piece) in [
        ("warnings", vec![21, 3, 3, 0, 2, 1, 90]),
        ("changes of cipher", vec![20, 3, 3, 0, 1, 1]),
        ("empty records", vec![22, 3, 3, 0, 0]),
        ("requests to begin", vec![22, 3, 3, 0, 4, 0, 0, 0, 0]),
    ] {
        let most = 64 << 20;
        let server = Raw::start(move |mut stream, _| {
            let piece = piece.repeat(1_000);
            async move { pour(&mut stream, &piece, most).await }
        })
        .await;
        fails(what, &at(server.address, None), "").await;
        assert!(server.ended().await < most, "{what}");
    }
}

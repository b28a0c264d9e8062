//! A server with TLS that speaks what is agreed by ALPN, and answers as a test says.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt as _, combinators::BoxBody};
use hyper::{body::Incoming, server::conn, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{HandshakeKind, ServerConfig, pki_types::PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub(crate) type Body = BoxBody<Bytes, std::convert::Infallible>;

/// A request with its body, as the server read it.
pub(crate) struct Heard {
    pub(crate) head: http::request::Parts,
    pub(crate) body: Bytes,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn is_http2(&self) -> bool {
        self.head.version == Version::HTTP_2
    }
}

pub(crate) struct Server {
    address: SocketAddr,
    authority: String,
    handshakes: Arc<Mutex<Vec<HandshakeKind>>>,
}

impl Server {
    /// Offers these protocols by ALPN. Each answer may be the last of its connection.
    pub(crate) async fn start<F>(protocols: &[&str], answer: F) -> Self
    where
        F: Fn(Heard) -> Response<Body> + Send + Sync + 'static,
    {
        let (acceptor, authority) = acceptor(protocols);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let handshakes = Arc::<Mutex<Vec<_>>>::default();
        let server = Self { address: listener.local_addr().unwrap(), authority, handshakes: handshakes.clone() };
        let answer = Arc::new(answer);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answer, handshakes) = (acceptor.clone(), answer.clone(), handshakes.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let agreed = stream.get_ref().1;
                    handshakes.lock().unwrap().push(agreed.handshake_kind().unwrap());
                    let http2 = agreed.alpn_protocol() == Some(b"h2");
                    let service = service_fn(move |request: Request<Incoming>| {
                        let answer = answer.clone();
                        async move {
                            let (head, body) = request.into_parts();
                            let body = body.collect().await?.to_bytes();
                            Ok::<_, hyper::Error>(answer(Heard { head, body }))
                        }
                    });
                    let io = TokioIo::new(stream);
                    let _ = if http2 {
                        conn::http2::Builder::new(TokioExecutor::new()).serve_connection(io, service).await
                    } else {
                        conn::http1::Builder::new().serve_connection(io, service).await
                    };
                });
            }
        });
        server
    }

    pub(crate) fn place(&self) -> (SocketAddr, &str) {
        (self.address, &self.authority)
    }

    /// How the TLS of each connection came about.
    pub(crate) fn handshakes(&self) -> Vec<HandshakeKind> {
        self.handshakes.lock().unwrap().clone()
    }
}

/// An acceptor for `backend.test`, and its authority in PEM.
pub(crate) fn acceptor(protocols: &[&str]) -> (TlsAcceptor, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "authority of a test");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["backend.test".to_owned()]).unwrap();
    params.not_after = date_time_ymd(2100, 1, 1);
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    (TlsAcceptor::from(Arc::new(config)), authority)
}

/// A body of one piece.
pub(crate) fn whole(text: impl Into<Bytes>) -> Body {
    http_body_util::Full::new(text.into()).boxed()
}

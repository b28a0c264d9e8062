//! A small client of the proxy: one request, one answer, no second try. For what gcloud would try for half a minute.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use holdpoint_gcp_emulator::Emulator;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

const DEADLINE: Duration = Duration::from_secs(10);
pub(crate) const RUN: &str = "us-central1-run.googleapis.com";
pub(crate) const BACKEND: &str = "/apis/serving.knative.dev/v1/namespaces/netra-staging/services/backend";

/// Asks an emulator, with a token.
pub(crate) struct Client {
    proxy: SocketAddr,
    tls: Arc<ClientConfig>,
    pub(crate) token: String,
}

impl Client {
    pub(crate) fn of(emulator: &Emulator) -> Client {
        let mut roots = RootCertStore::empty();
        roots.add(rustls::pki_types::CertificateDer::from_pem_slice(emulator.ca_pem().as_bytes()).unwrap()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let tls = Arc::new(tls.with_root_certificates(roots).with_no_client_auth());
        let token = emulator.issue_token("tester", Duration::from_secs(3_600));
        Client { proxy: emulator.proxy(), tls, token }
    }

    /// What the proxy says to a wish for a host.
    pub(crate) async fn connect(&self, target: &str) -> (TcpStream, String) {
        let mut stream = TcpStream::connect(self.proxy).await.unwrap();
        stream.write_all(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n").as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            assert!(stream.read_buf(&mut head).await.unwrap() > 0);
        }
        let line = String::from_utf8(head).unwrap().lines().next().unwrap().to_owned();
        (stream, line)
    }

    pub(crate) async fn ask(&self, method: &str, host: &str, path: &str, body: &Value) -> (u16, Value) {
        let (stream, _) = self.connect(&format!("{host}:443")).await;
        self.ask_on(stream, method, host, path, body).await
    }

    /// Asks on a connection that leads to a host already.
    pub(crate) async fn ask_on(
        &self,
        stream: TcpStream,
        method: &str,
        host: &str,
        path: &str,
        body: &Value,
    ) -> (u16, Value) {
        let asked = async {
            let name = ServerName::try_from(host.to_owned()).unwrap();
            let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await.unwrap();
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
            tokio::spawn(connection);
            let body = if body.is_null() { String::new() } else { body.to_string() };
            let request = Request::builder().method(method).uri(path).header("host", host);
            let request = request.header("authorization", format!("Bearer {}", self.token));
            let response = sender.send_request(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap();
            let status = response.status().as_u16();
            let text = response.into_body().collect().await.unwrap().to_bytes();
            let value =
                serde_json::from_slice(&text).unwrap_or_else(|_| String::from_utf8_lossy(&text).into_owned().into());
            (status, value)
        };
        tokio::time::timeout(DEADLINE, asked).await.expect("an answer in time")
    }

    /// A connection to a host, through the proxy and TLS.
    pub(crate) async fn open(&self, host: &str) -> TlsStream<TcpStream> {
        let (stream, _) = self.connect(&format!("{host}:443")).await;
        let name = ServerName::try_from(host.to_owned()).unwrap();
        TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await.unwrap()
    }

    pub(crate) async fn backend(&self) -> Value {
        self.ask("GET", RUN, BACKEND, &Value::Null).await.1
    }

    /// Puts the backend with another image.
    pub(crate) async fn put(&self, mut service: Value, image: &str) -> (u16, Value) {
        service["spec"]["template"]["spec"]["containers"][0]["image"] = image.into();
        self.ask("PUT", RUN, BACKEND, &service).await
    }
}

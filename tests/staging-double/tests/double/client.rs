//! A small HTTP client for these tests: one connection per call, nothing followed or retried.

use std::net::SocketAddr;

use anyhow::Context;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, Response, StatusCode};
use holdpoint_staging_double::{Double, Fault, FaultSetting, Options, Service};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> anyhow::Result<Value> {
        serde_json::from_slice(&self.body).with_context(|| format!("parse {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("")
    }
}

pub(crate) async fn healthy() -> anyhow::Result<Double> {
    Double::start(Options::default()).await
}

pub(crate) async fn get(double: &Double, service: Service, path: &str) -> anyhow::Result<Answer> {
    send(double.address(service), Request::get(path).body(Body::empty())?).await
}

pub(crate) async fn post(double: &Double, service: Service, path: &str) -> anyhow::Result<Answer> {
    send(double.address(service), Request::post(path).body(Body::empty())?).await
}

pub(crate) async fn send(address: SocketAddr, request: Request<Body>) -> anyhow::Result<Answer> {
    let mut connection = open(TcpStream::connect(address).await?).await?;
    exchange(&mut connection, request).await
}

/// An HTTP connection over a stream; a task drives it until it ends.
pub(crate) async fn open<S>(stream: S) -> anyhow::Result<SendRequest<Body>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

pub(crate) async fn exchange(connection: &mut SendRequest<Body>, mut request: Request<Body>) -> anyhow::Result<Answer> {
    request.headers_mut().entry("host").or_insert("double.test".parse()?);
    connection.ready().await?;
    let response: Response<_> = connection.send_request(request).await?;
    let (head, body) = response.into_parts();
    let body = to_bytes(Body::new(body), 16 * 1024 * 1024).await?;
    Ok(Answer { status: head.status, headers: head.headers, body })
}

/// The first setting of a fault that strikes as wanted.
pub(crate) fn setting(name: &str, wanted: impl Fn(&FaultSetting) -> bool) -> FaultSetting {
    let fault = Fault::named(name).expect("the catalogue has it");
    (0..1_000).map(|seed| fault.settle(seed)).find(wanted).expect("some seed draws it")
}

//! ClickHouse: whether it lets somebody in over HTTP, and answers.

use anyhow::{Result, ensure};
use axum::body::{Body, to_bytes};
use axum::http::header::HOST;
use axum::http::{Request, StatusCode};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::Store;

/// Bytes of an answer, of which one and a line end are wanted.
const LONGEST: usize = 4 << 10;

pub(super) async fn ask(store: &Store) -> Result<()> {
    let stream = TcpStream::connect(store.address.as_str()).await?;
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await?;
    // Dropped, it ends, and the connection with it.
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let request = Request::get("/?query=SELECT%201")
        .header(HOST, store.address.as_str())
        .header("x-clickhouse-user", store.user.as_str())
        .header("x-clickhouse-key", store.password.as_str())
        .body(Body::empty())?;
    let answer = sender.send_request(request).await?;
    let status = answer.status();
    let said = to_bytes(Body::new(answer.into_body()), LONGEST).await?;
    ensure!(status == StatusCode::OK && said.trim_ascii() == b"1", "it answers {status}");
    Ok(())
}

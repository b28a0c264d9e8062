//! Answers that are larger than what is read, and encodings that nobody asked for.

use std::io::Write as _;

use holdpoint_model::CallError;

use crate::{
    phase::{Phase, post},
    server::{Reply, Server, answer},
};

#[tokio::test]
async fn a_long_body_is_cut_and_its_connection_closed() {
    let server = Server::start(|_| Reply::Send(answer("200 OK", &vec![b'x'; (8 << 20) + 5]))).await;
    let phase = Phase::at(server.address);
    let response = phase.get("/").await.unwrap();
    assert_eq!((response.body.len(), response.truncated), (8 << 20, true));
    assert_eq!(response.length, f64::from((8 << 20) + 5));
    phase.get("/").await.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_whole() {
    let server = Server::start(|_| Reply::Send(answer("200 OK", &vec![b'x'; 8 << 20]))).await;
    let response = Phase::at(server.address).get("/").await.unwrap();
    assert_eq!((response.body.len(), response.truncated), (8 << 20, false));
}

#[tokio::test]
async fn huge_heads_are_refused() {
    let server = Server::start(|request| {
        let many = "x: y\r\n".repeat(101);
        let large = format!("x: {}\r\n", "y".repeat(70 << 10));
        let headers = if request.starts_with("GET /many") { many } else { large };
        Reply::Send(format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\n\r\n").into_bytes())
    })
    .await;
    for path in ["/many", "/large"] {
        let answer = Phase::at(server.address).get(path).await;
        assert!(matches!(answer, Err(CallError::Exhausted(_))), "{path}: {answer:?}");
    }
    let effect = Phase::at(server.address).send(post("/many", "")).await;
    assert!(matches!(effect, Err(CallError::InDoubt(_))), "{effect:?}");
}

#[tokio::test]
async fn gzip_is_undone_and_other_encodings_are_refused() {
    let server = Server::start(|request| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"{\"access_token\":\"token-in-gzip\"}").unwrap();
        let encoding = if request.starts_with("GET /gzip") { "gzip" } else { "br" };
        Reply::Send(answer(&format!("200 OK\r\ncontent-encoding: {encoding}"), &encoder.finish().unwrap()))
    })
    .await;
    let phase = Phase::at(server.address);
    let response = phase.get("/gzip").await.unwrap();
    assert_eq!(response.body.bytes(), b"{\"access_token\":\"***\"}");
    assert!(matches!(phase.get("/br").await, Err(CallError::Failed(text)) if text.contains("content-encoding br")));
}

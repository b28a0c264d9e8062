//! Servers that do not answer. What was not sent has not happened; what was sent may have.

use holdpoint_cap_http::Request;
use holdpoint_model::CallError;
use tokio::net::TcpListener;

use crate::{
    phase::{Phase, Terms, post, to},
    server::{Reply, Server},
};

#[tokio::test]
async fn a_slow_answer_is_a_time_out() {
    let server = Server::start(|_| Reply::Silence).await;
    let phase = Phase::at(server.address);
    let answer = phase.send(Request { timeout_ms: 50, ..to("/") }).await;
    assert_eq!(answer, Err(CallError::Timeout(50)));
    let effect = phase.send(Request { timeout_ms: 50, ..post("/", "x") }).await;
    assert!(matches!(effect, Err(CallError::InDoubt(text)) if text.contains("no answer within 50 ms")));
}

#[tokio::test]
async fn a_slow_body_is_a_time_out() {
    let server = Server::start(|_| Reply::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec())).await;
    let answer = Phase::at(server.address).send(Request { timeout_ms: 50, ..to("/") }).await;
    assert_eq!(answer, Err(CallError::Timeout(50)));
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_an_effect_in_doubt() {
    for reply in
        [b"".as_slice(), b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf", b"no http\r\n\r\n"]
    {
        let server = Server::start(move |_| Reply::Last(reply.to_vec())).await;
        let phase = Phase::at(server.address);
        let read = phase.get("/").await;
        assert!(matches!(&read, Err(CallError::Failed(text)) if text.starts_with("backend.test:80: ")), "{read:?}");
        let effect = phase.send(post("/", "x")).await;
        assert!(
            matches!(&effect, Err(CallError::InDoubt(text)) if text.contains("the grant names no read-back")),
            "{effect:?}"
        );
    }
}

#[tokio::test]
async fn what_was_never_sent_has_failed() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let phase = Phase::at(closed);
    for request in [to("/"), post("/", "x")] {
        let answer = phase.send(request).await;
        let expected = format!("can't connect to backend.test:80 ({closed}): connection refused");
        assert_eq!(answer, Err(CallError::Failed(expected)));
    }
    let nowhere = Phase::new(Terms { url: "http://nowhere.invalid", connect_to: vec![], ..Terms::at(closed) });
    let answer = nowhere.send(post("/", "x")).await;
    assert!(
        matches!(&answer, Err(CallError::Failed(text)) if text.contains("can't resolve nowhere.invalid:80")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn an_effect_that_got_no_connection_in_time_was_not_sent() {
    // It takes connections and never speaks TLS.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let phase = Phase::new(Terms {
        url: "https://backend.test",
        connect_to: vec![("backend.test:443", address)],
        ..Terms::at(address)
    });
    let answer = phase.send(Request { timeout_ms: 200, ..post("/", "x") }).await;
    assert_eq!(answer, Err(CallError::Failed("no connection to backend.test:443 within 200 ms".into())));
}

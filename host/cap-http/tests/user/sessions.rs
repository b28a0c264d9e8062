//! TLS sessions are resumed, and nobody else's.

use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http::Response;
use http_body_util::BodyExt as _;
use hyper::body::Frame;
use rustls::HandshakeKind::{Full, Resumed};

use crate::{
    server::{Server, whole},
    user::{User, to},
};

/// A body that never comes.
struct Never;

impl hyper::body::Body for Never {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn a_new_connection_resumes_the_users_own_session() {
    // Who is left without an answer closes its connection.
    let server = Server::start(&["h2", "http/1.1"], |heard| {
        Response::new(if heard.head.uri.path() == "/never" { Never.boxed() } else { whole("x") })
    })
    .await;
    let (mut one, mut other) = (User::towards(server.place()), User::towards(server.place()));
    one.get("/").await.unwrap();
    one.send(holdpoint_cap_http::Request { timeout_ms: 100, ..to("/never") }).await.unwrap_err();
    one.get("/").await.unwrap();
    other.get("/").await.unwrap();
    assert_eq!(server.handshakes(), [Full, Resumed, Full]);
}

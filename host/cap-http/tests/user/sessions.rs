//! TLS sessions are resumed, and nobody else's.

use http::Response;
use rustls::HandshakeKind::{Full, Resumed};

use crate::{
    server::{Server, whole},
    user::{User, to},
};

#[tokio::test]
async fn a_new_connection_resumes_the_users_own_session() {
    // Who is left without an answer closes its connection.
    let server = Server::start(&["h2", "http/1.1"], |heard| {
        if heard.head.uri.path() == "/late" {
            std::thread::sleep(std::time::Duration::from_millis(400));
        }
        Response::new(whole("x"))
    })
    .await;
    let (mut one, mut other) = (User::towards(server.place()), User::towards(server.place()));
    one.get("/").await.unwrap();
    one.send(holdpoint_cap_http::Request { timeout_ms: 100, ..to("/late") }).await.unwrap_err();
    one.get("/").await.unwrap();
    other.get("/").await.unwrap();
    assert_eq!(server.handshakes(), [Full, Resumed, Full]);
}

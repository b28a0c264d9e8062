//! ID tokens: put in by the backend for the service that they are made for, and for nobody else.

use std::sync::Arc;

use holdpoint_cap_http::{Header, IdToken, IdTokens, NoIdTokens, Request, Target};
use holdpoint_gate::Boxed;
use holdpoint_model::{CallError, ServiceName};
use url::Url;

use crate::{
    phase::{Phase, Terms, TestTokens, post, to},
    server::{Reply, Server, answer, ok},
};

const BEARER: &str = "authorization: Bearer token-of-backend.backend.test\r\n";

fn with_token(server: &Server) -> Terms {
    Terms { id_tokens: Some(Arc::new(TestTokens)), ..Terms::at(server.address) }
}

#[tokio::test]
async fn a_request_carries_it_and_an_echo_does_not_come_back() {
    let server = Server::start(|request| {
        let said = request.split("authorization: ").nth(1).unwrap().split("\r\n").next().unwrap();
        Reply::Send(answer(&format!("200 OK\r\nx-said: {said}"), said.as_bytes()))
    })
    .await;
    let phase = Phase::new(with_token(&server));
    for request in [to("/"), post("/effects", "{}")] {
        let response = phase.send(request).await.unwrap();
        assert_eq!((response.body.bytes(), response.header("x-said")), (b"Bearer ***".as_slice(), Some("Bearer ***")));
    }
    assert!(server.seen().iter().all(|request| request.contains(BEARER)), "{:?}", server.seen());
}

#[tokio::test]
async fn without_auth_in_the_grant_nothing_is_sent() {
    let server = Server::start(|_| ok("")).await;
    Phase::at(server.address).get("/").await.unwrap();
    assert!(!server.seen()[0].contains("authorization"), "{}", server.seen()[0]);
}

#[tokio::test]
async fn a_guest_does_not_write_the_header_itself() {
    let server = Server::start(|_| ok("")).await;
    let phase = Phase::new(with_token(&server));
    for name in ["authorization", "AUTHORIZATION"] {
        let request = Request { headers: vec![Header::new(name, "Bearer mine")], ..to("/") };
        match phase.send(request).await {
            Err(CallError::Denied(denial)) => assert!(denial.reason.contains("the host itself writes"), "{denial:?}"),
            other => panic!("should be denied: {other:?}"),
        }
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn hops_below_the_service_carry_it_and_others_do_not() {
    let server = Server::start(|request| match request.split(' ').nth(1) {
        Some("/") => Reply::Send(answer("302 Found\r\nlocation: /second", b"")),
        Some("/second") => Reply::Send(answer("307 Over there\r\nlocation: http://x.test.example/third", b"")),
        _ => ok("arrived"),
    })
    .await;
    let connect_to = vec![("backend.test:80", server.address), ("x.test.example:80", server.address)];
    let phase = Phase::new(Terms { connect_to, ..with_token(&server) });
    assert_eq!(phase.follow(to("/")).await.unwrap().body.bytes(), b"arrived");
    let carried: Vec<bool> = server.seen().iter().map(|request| request.contains("authorization")).collect();
    assert_eq!(carried, [true, true, false]);
    // Nor does a request that names the service's host itself.
    let url = Request::get(Target::Url("http://x.test.example/".into()));
    phase.send(url).await.unwrap();
    assert!(!server.seen()[3].contains("authorization"), "{}", server.seen()[3]);
}

#[tokio::test]
async fn an_effect_is_read_back_with_it() {
    let server = Server::start(|_| Reply::Send(answer("200 OK", b"it happened"))).await;
    let phase = Phase::new(Terms { read_back: Some("/effects/{key}"), settles: true, ..with_token(&server) });
    phase.send(post("/effects", "{}")).await.unwrap();
    let seen = server.seen();
    assert!(seen.len() == 1 && seen[0].starts_with("GET /effects/") && seen[0].contains(BEARER), "{seen:?}");
}

#[tokio::test]
async fn it_does_not_leave_in_the_clear_unless_the_operator_says_where_to() {
    let server = Server::start(|_| ok("")).await;
    let phase = Phase::new(Terms { connect_to: vec![], ..with_token(&server) });
    match phase.get("/").await {
        Err(CallError::Denied(denial)) => {
            assert_eq!(denial.reason, "an ID token is not sent to backend.test:80 in the clear");
        }
        other => panic!("should be denied: {other:?}"),
    }
}

/// Never comes to an end.
struct Stuck;

impl IdTokens for Stuck {
    fn token<'a>(&'a self, _: &'a ServiceName, _: &'a Url) -> Boxed<'a, Result<IdToken, String>> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_sent() {
    let server = Server::start(|_| ok("")).await;
    for (id_tokens, why) in [
        (Arc::new(NoIdTokens) as Arc<dyn IdTokens>, "this host has none"),
        (Arc::new(Stuck), "it did not come within 50 ms"),
    ] {
        let phase = Phase::new(Terms { id_tokens: Some(id_tokens), ..with_token(&server) });
        for request in [to("/"), post("/", "x")] {
            let answer = phase.send(Request { timeout_ms: 50, ..request }).await;
            assert_eq!(answer, Err(CallError::Failed(format!("no ID token for service backend: {why}"))));
        }
    }
    assert_eq!(server.connections(), 0);
}

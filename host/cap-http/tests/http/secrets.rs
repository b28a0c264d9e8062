//! Secrets on their way out, tokens on their way in.

use holdpoint_cap_http::{Header, Request, Target};
use holdpoint_model::CallError;

use crate::{
    phase::{Phase, post, to},
    server::{Reply, Server, answer, ok},
};

fn with(request: Request, name: &str, value: &str) -> Request {
    Request { headers: vec![Header::new(name, value)], ..request }
}

#[tokio::test]
async fn a_secret_is_put_in_for_its_destination_only() {
    let server = Server::start(|_| ok("")).await;
    let phase = Phase::at(server.address);
    phase.send(with(to("/"), "Authorization", "Bearer $KEY")).await.unwrap();
    assert!(server.seen()[0].contains("authorization: Bearer the-real-key\r\n"), "{}", server.seen()[0]);
    let elsewhere = Request::get(Target::Url("http://x.test.example/".into()));
    for request in [with(to("/"), "x-key", "$KEY"), post("/", "$KEY"), with(elsewhere, "authorization", "$KEY")] {
        assert!(matches!(phase.send(request).await, Err(CallError::Denied(_))));
    }
    let lost = phase.send(with(to("/"), "cookie", "$LOST")).await;
    assert_eq!(lost, Err(CallError::Interrupted("log in again".into())));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn tokens_that_a_server_hands_out_are_kept_and_replaced() {
    let server = Server::start(|_| {
        let head = "200 OK\r\nset-cookie: sid=cookie-value-1; Path=/\r\nx-auth-token: header-token-1";
        Reply::Send(answer(head, br#"{"access_token":"json-token-1","expires":3600}"#))
    })
    .await;
    let phase = Phase::at(server.address);
    let response = phase.get("/login").await.unwrap();
    assert_eq!(phase.kept(), ["cookie-value-1", "header-token-1", "json-token-1"]);
    assert_eq!(response.header("set-cookie"), Some("sid=***; Path=/"));
    assert_eq!(response.header("x-auth-token"), Some("***"));
    assert_eq!(response.body.bytes(), br#"{"access_token":"***","expires":3600}"#);
    assert_eq!((response.length, response.sha256), (46.0, None));
}

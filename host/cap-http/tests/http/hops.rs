//! Redirects. Each hop is a request of its own: judged by the grants, resolved and checked like the first.

use holdpoint_model::CallError;

use crate::{
    phase::{Phase, Terms, to},
    server::{Reply, Server, answer, ok},
};

/// A phase whose service redirects `/` to a place, and answers everything else.
async fn leading_to(location: &'static str) -> (Server, Phase) {
    let server = Server::start(move |request| match request.starts_with("GET / ") {
        true => Reply::Send(answer(&format!("302 Found\r\nlocation: {location}"), b"")),
        false => ok("arrived"),
    })
    .await;
    let phase = Phase::at(server.address);
    (server, phase)
}

#[tokio::test]
async fn a_hop_within_the_grants_is_followed() {
    for location in ["/next", "http://backend.test/next", "next"] {
        let (server, phase) = leading_to(location).await;
        assert_eq!(phase.follow(to("/")).await.unwrap().body.bytes(), b"arrived", "{location}");
        assert_eq!(server.seen().len(), 2);
    }
}

#[tokio::test]
async fn a_hop_to_what_is_not_granted_is_denied() {
    for (location, why) in [
        ("http://evil.example.com/", "no grant covers host evil.example.com"),
        ("//evil.example.com/", "no grant covers host evil.example.com"),
        ("http://10.0.0.1/", "no grant covers host 10.0.0.1"),
        ("http://2130706433/", "no grant covers host 127.0.0.1"),
        ("http://backend.test:8080/", "no grant covers host backend.test:8080"),
        ("https://backend.test/", "no grant covers host backend.test"),
        ("http://localhost.:8080/", "not a host pattern"),
        // Granted as hosts, and nobody led there.
        ("http://127.0.0.1:8080/", "a loopback address"),
        ("http://127.1:8080/", "a loopback address"),
        ("http://[::ffff:127.0.0.1]:8080/", "a loopback address"),
        ("http://169.254.169.254/latest/meta-data", "a metadata service"),
        ("http://LOCALHOST:8080/", "a loopback address"),
    ] {
        let (server, phase) = leading_to(location).await;
        match phase.follow(to("/")).await {
            Err(CallError::Denied(denial)) => assert!(denial.reason.contains(why), "{location}: {denial:?}"),
            other => panic!("{location} should be denied: {other:?}"),
        }
        assert_eq!(server.seen().len(), 1, "{location}");
    }
}

#[tokio::test]
async fn a_hop_with_a_user_is_denied() {
    for location in
        ["http://user@x.test.example/", "http://user:password@x.test.example/", "http://user@backend.test/x"]
    {
        let (server, phase) = leading_to(location).await;
        match phase.follow(to("/")).await {
            Err(CallError::Denied(denial)) => assert_eq!(denial.reason, "the URL names a user", "{location}"),
            other => panic!("{location} should be denied: {other:?}"),
        }
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_hop_that_is_no_request_is_the_answer() {
    for location in ["ftp://x.test.example/", "file:///etc/passwd", "javascript:alert(1)", "http://", "http://[::1/"] {
        let (server, phase) = leading_to(location).await;
        assert_eq!(phase.follow(to("/")).await.unwrap().status, 302, "{location}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_hop_is_resolved_and_checked_like_the_first_request() {
    // Granted by `*.test.example`, and not led anywhere by the operator.
    let server = Server::start(|_| Reply::Send(answer("302 Found\r\nlocation: http://x.test.example/", b""))).await;
    let phase = Phase::new(Terms {
        connect_to: vec![("backend.test:80", server.address), ("x.test.example:80", "127.0.0.1:1".parse().unwrap())],
        ..Terms::at(server.address)
    });
    let answer = phase.follow(to("/")).await;
    let text = "can't connect to x.test.example:80 (127.0.0.1:1): connection refused";
    assert_eq!(answer, Err(CallError::Failed(text.into())));
}

//! What a request becomes on the wire, and what its answer becomes.

use holdpoint_cap_http::{Header, Request, Target};
use holdpoint_model::{CallError, Digest};

use crate::{
    phase::{Phase, Terms, post, to},
    server::{Reply, Server, answer, ok},
};

#[tokio::test]
async fn answers_with_everything_that_is_known() {
    let server = Server::start(|_| Reply::Send(answer("200 OK\r\nX-Thing: a\r\nx-bytes: \u{fffd}", b"hello"))).await;
    let response = Phase::at(server.address).get("/health?full=1").await.unwrap();
    assert_eq!((response.status, response.body.bytes(), response.truncated), (200, b"hello".as_slice(), false));
    assert_eq!((response.length, response.sha256.as_deref()), (5.0, Some(Digest::of(b"hello").hex().as_str())));
    assert_eq!((response.header("x-thing"), &response.peer), (Some("a"), &server.address.to_string()));
    let timings = response.timings;
    assert!(
        timings.connect.is_some_and(|ms| ms > 0.0) && timings.dns.is_none() && timings.tls.is_none(),
        "{timings:?}"
    );
    assert!(timings.first_byte > 0.0 && timings.total > timings.first_byte, "{timings:?}");
    assert_eq!(response.tls, None);
}

#[tokio::test]
async fn writes_a_request_that_servers_understand() {
    let server = Server::start(|_| ok("")).await;
    let phase = Phase::new(Terms {
        url: "http://backend.test:8443/base/",
        connect_to: vec![("backend.test:8443", server.address)],
        ..Terms::at(server.address)
    });
    let mut request = to("/health?x=1");
    request.headers = vec![Header::new("X-A", "1"), Header::new("x-a", "2")];
    phase.send(request).await.unwrap();
    phase.send(post("/effects", "{}")).await.unwrap();
    phase.send(post("/effects", "")).await.unwrap();
    let seen = server.seen();
    assert!(seen[0].starts_with("GET /base/health?x=1 HTTP/1.1\r\n"), "{}", seen[0]);
    for line in [
        "host: backend.test:8443\r\n",
        "x-a: 1\r\n",
        "x-a: 2\r\n",
        "user-agent: holdpoint/",
        "accept-encoding: identity\r\n",
    ] {
        assert!(seen[0].contains(line), "{line} in {}", seen[0]);
    }
    assert!(!seen[0].contains("idempotency-key"), "a read has no key");
    assert!(seen[1].contains("idempotency-key: RUN/health/0\r\n") && seen[1].ends_with("\r\n\r\n{}"), "{}", seen[1]);
    assert!(seen[2].contains("content-length: 0\r\n"), "{}", seen[2]);
}

#[tokio::test]
async fn reads_share_a_connection_and_effects_do_not() {
    let server = Server::start(|_| ok("x")).await;
    let phase = Phase::at(server.address);
    for _ in 0..5 {
        phase.get("/").await.unwrap();
    }
    assert_eq!(server.connections(), 1);
    let again = phase.get("/").await.unwrap();
    assert_eq!((again.timings.connect, again.timings.tls), (None, None));
    phase.send(post("/effects", "")).await.unwrap();
    assert_eq!(server.connections(), 2);
    // Another phase has connections of its own.
    Phase::at(server.address).get("/").await.unwrap();
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn a_read_survives_a_connection_that_was_closed_meanwhile() {
    // The second request on a connection is heard and not answered.
    let count = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::start(move |_| match count.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
        1 => Reply::Last(vec![]),
        _ => ok("x"),
    })
    .await;
    let phase = Phase::at(server.address);
    phase.get("/1").await.unwrap();
    phase.get("/2").await.unwrap();
    assert_eq!((server.connections(), server.seen().len()), (2, 3));
}

#[tokio::test]
async fn heads_have_no_body() {
    let server = Server::start(|_| Reply::Send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n".to_vec())).await;
    let response = Phase::at(server.address).send(Request { method: "HEAD".into(), ..to("/") }).await.unwrap();
    assert_eq!((response.body.len(), response.header("content-length")), (0, Some("1000")));
}

#[tokio::test]
async fn redirects_are_answers() {
    let server = Server::start(|_| Reply::Send(answer("302 Found\r\nlocation: /next", b""))).await;
    let response = Phase::at(server.address).get("/").await.unwrap();
    assert_eq!((response.status, response.header("location")), (302, Some("/next")));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn denies_guarded_addresses_in_every_spelling() {
    let server = Server::start(|_| ok("x")).await;
    let phase = Phase::at(server.address);
    for url in [
        "http://127.0.0.1:8080/",
        "http://2130706433:8080/",
        "http://0x7f000001:8080/",
        "http://0177.0.0.1:8080/",
        "http://127.1:8080/",
        "http://%31%32%37.0.0.1:8080/",
        "http://LocalHost:8080/",
        "http://[::FFFF:127.0.0.1]:8080/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:FF9B::127.0.0.1]/",
        "http://[::ffff:127.0.0.1]:8080/",
        "http://[::ffff:7f00:1]:8080/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/",
    ] {
        match phase.send(Request::get(Target::Url(url.into()))).await {
            Err(CallError::Denied(denial)) => {
                assert!(
                    denial.remedy.contains("below [connect-to] in the operator's file:\n    \""),
                    "{url}: {denial:?}"
                );
                assert!(denial.wanted.starts_with("http GET http://"), "{url}: {denial:?}");
            }
            other => panic!("{url} should be denied: {other:?}"),
        }
    }
    let named = Phase::new(Terms { url: "http://localhost:8080", connect_to: vec![], ..Terms::at(server.address) });
    assert!(matches!(named.get("/").await, Err(CallError::Denied(d)) if d.reason.contains("a loopback address")));
}

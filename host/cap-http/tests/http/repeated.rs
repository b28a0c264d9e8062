//! A request that is repeated: over a connection that is kept, with the addresses, secrets and bounds of any request, and counted.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use holdpoint_cap_http::{Exchanged, Header, Repeated, Request, Target, Unanswered};
use holdpoint_gate::BackendError;

use crate::{
    phase::{Phase, Terms, post, to},
    server::{Reply, Server, answer, ok},
};

async fn prepare(phase: &Phase, request: Request) -> Result<Arc<Repeated>, BackendError> {
    Repeated::prepare(phase.backend().clone(), request, phase.id()).await
}

/// What one exchange with a server brings that answers so.
async fn once(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Result<Exchanged, Unanswered> {
    let server = Server::start(reply).await;
    let phase = Phase::at(server.address);
    let repeated = prepare(&phase, Request { timeout_ms: 500, ..to("/") }).await.unwrap();
    repeated.connection().exchange().await
}

#[tokio::test]
async fn many_exchanges_go_over_one_connection_and_are_counted() {
    let server = Server::start(|_| ok("hello")).await;
    let phase = Phase::at(server.address);
    let repeated = prepare(&phase, to("/health")).await.unwrap();
    let (mut first, mut second) = (repeated.connection(), repeated.connection());
    for _ in 0..20 {
        let one = first.exchange().await.unwrap();
        assert_eq!((one.status, one), (200, second.exchange().await.unwrap()));
        assert_eq!(one.received, answer("200 OK", b"hello").len() as u64);
    }
    assert_eq!((server.connections(), server.seen().len()), (2, 40));
    let sent = first.exchange().await.unwrap().sent;
    assert_eq!(sent, server.seen()[0].len() as u64, "{}", server.seen()[0]);
}

#[tokio::test]
async fn every_way_to_fail_has_its_name() {
    assert_eq!(once(|_| Reply::Silence).await, Err(Unanswered::Timeout));
    assert_eq!(
        once(|_| Reply::Last(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab".to_vec())).await,
        Err(Unanswered::Reset)
    );
    assert_eq!(once(|_| Reply::Last(Vec::new())).await, Err(Unanswered::Reset));
    assert_eq!(once(|_| Reply::Last(b"SSH-2.0-x\r\n\r\n".to_vec())).await, Err(Unanswered::Malformed));
    assert_eq!(once(|_| Reply::Last(answer("200 OK", &vec![0; (8 << 20) + 1]))).await, Err(Unanswered::Malformed));
    assert_eq!(once(|_| Reply::Send(answer("503 No", b""))).await.map(|answer| answer.status), Ok(503));
    let plain = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let speaks_first = plain.local_addr().unwrap();
    std::thread::spawn(move || {
        let (mut peer, _) = plain.accept().unwrap();
        peer.write_all(b"220 mail.example.com\r\n").unwrap();
        // What it hears does not matter; the end of it does.
        let _ = std::io::copy(&mut peer, &mut std::io::sink());
    });
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nobody = listener.local_addr().unwrap();
    drop(listener);
    let phase = Phase::at(nobody);
    let repeated = prepare(&phase, to("/")).await.unwrap();
    assert_eq!(repeated.connection().exchange().await, Err(Unanswered::Connect));
    let phase = Phase::new(Terms {
        url: "https://backend.test",
        connect_to: vec![("backend.test:443", speaks_first)],
        ..Terms::at(speaks_first)
    });
    let repeated = prepare(&phase, to("/")).await.unwrap();
    assert_eq!(repeated.connection().exchange().await, Err(Unanswered::Tls));
}

#[tokio::test]
async fn a_kept_connection_that_the_server_has_closed_is_replaced_but_an_effect_is_not_sent_again() {
    for (request, wanted) in [(to("/"), Ok(200)), (post("/", ""), Err(Unanswered::Reset))] {
        let asked = AtomicUsize::new(0);
        // The second request is read and the connection closed without a word.
        let server = Server::start(move |_| match asked.fetch_add(1, SeqCst) {
            1 => Reply::Last(Vec::new()),
            _ => ok(""),
        })
        .await;
        let phase = Phase::at(server.address);
        let repeated = prepare(&phase, request).await.unwrap();
        let mut connection = repeated.connection();
        assert_eq!(connection.exchange().await.map(|answer| answer.status), Ok(200));
        assert_eq!(connection.exchange().await.map(|answer| answer.status), wanted);
        assert_eq!(server.seen().len(), if wanted.is_ok() { 3 } else { 2 });
    }
}

#[tokio::test]
async fn secrets_are_put_in_and_what_is_denied_is_denied_before_anything_is_sent() {
    let server = Server::start(|_| ok("")).await;
    let phase = Phase::at(server.address);
    let with = |name: &str| Request { headers: vec![Header::new(name, "Bearer $KEY")], ..to("/") };
    let repeated = prepare(&phase, with("authorization")).await.unwrap();
    repeated.connection().exchange().await.unwrap();
    assert!(server.seen()[0].contains("authorization: Bearer the-real-key\r\n"), "{}", server.seen()[0]);
    assert!(matches!(prepare(&phase, with("x-key")).await, Err(BackendError::Denied(_))));
    for elsewhere in ["http://169.254.169.254/", "http://127.0.0.1:8080/", "http://example.org/"] {
        let request = Request::get(Target::Url(elsewhere.into()));
        assert!(matches!(prepare(&phase, request).await, Err(BackendError::Denied(_))), "{elsewhere}");
    }
    assert_eq!(server.seen().len(), 1);
}

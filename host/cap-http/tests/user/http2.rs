//! What is spoken, and how a request looks in HTTP/2.

use std::sync::{Arc, Mutex};

use holdpoint_cap_http::Header;
use holdpoint_model::HttpVersions;
use http::Response;

use crate::{
    server::{Heard, Server, whole},
    user::{Seen, User, post, to},
};

fn version(heard: &Heard) -> Response<crate::server::Body> {
    Response::new(whole(format!("{:?}", heard.head.version)))
}

async fn spoken(protocols: &[&str], versions: HttpVersions) -> String {
    let server = Server::start(protocols, |heard| version(&heard)).await;
    let answer = User::speaking(server.place(), versions).get("/").await.unwrap();
    String::from_utf8(answer.body.bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn a_server_chooses_the_version() {
    use HttpVersions::{Any, Http11};
    assert_eq!(spoken(&["h2", "http/1.1"], Any).await, "HTTP/2.0");
    assert_eq!(spoken(&["h2"], Any).await, "HTTP/2.0");
    assert_eq!(spoken(&["http/1.1", "h2"], Any).await, "HTTP/1.1", "the server's order counts");
    assert_eq!(spoken(&["http/1.1"], Any).await, "HTTP/1.1");
    assert_eq!(spoken(&[], Any).await, "HTTP/1.1");
    assert_eq!(spoken(&["h2", "http/1.1"], Http11).await, "HTTP/1.1", "who is held to it offers nothing else");
}

#[tokio::test]
async fn a_request_says_the_same_as_in_the_older_version() {
    let seen = Seen::default();
    let said = seen.clone();
    let server = Server::start(&["h2"], move |heard| {
        let Heard { head, body } = &heard;
        let mut lines = vec![format!("{} {}", head.method, head.uri), String::from_utf8_lossy(body).into_owned()];
        lines.extend(head.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())));
        said.lock().unwrap().extend(lines);
        Response::builder().header("set-cookie", "sid=1; Path=/; Secure").body(whole("x")).unwrap()
    })
    .await;
    let mut user = User::towards(server.place());
    let mut request = post("/a?b=c", b"body");
    request.headers.push(Header::new("X-Mine", "mine"));
    user.send(request).await.unwrap();
    let lines = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(lines[..2], ["POST https://backend.test/a?b=c", "body"]);
    for line in ["x-mine: mine", "authorization: Bearer token-of-user-0", "accept-encoding: gzip", "content-length: 4"]
    {
        assert!(lines.iter().any(|seen| seen == line), "{line} in {lines:?}");
    }
    assert!(lines.iter().any(|line| line.starts_with("idempotency-key: RUN/browser-0/0")), "{lines:?}");
    assert!(!lines.iter().any(|line| line.starts_with("host:")), "it stands in :authority alone: {lines:?}");
    user.get("/").await.unwrap();
    assert!(seen.lock().unwrap().contains(&"cookie: sid=1".to_owned()), "{seen:?}");
}

#[tokio::test]
async fn one_connection_serves_one_exchange_after_another() {
    let server = Server::start(&["h2"], |heard| Response::new(whole(heard.body))).await;
    let mut user = User::towards(server.place());
    let large: Vec<u8> = (0..3 << 20).map(|n: u32| n.to_le_bytes()[0]).collect();
    for _ in 0..3 {
        let answer = user.send(post("/", &large)).await.unwrap();
        // A user is given a mebibyte of it, and all is read.
        assert_eq!(
            (answer.body.bytes(), answer.truncated, answer.length),
            (&large[..1 << 20], true, large.len() as f64)
        );
        assert_eq!(user.get("/").await.unwrap().body.len(), 0);
    }
    let head = user.send(holdpoint_cap_http::Request { method: "HEAD".into(), ..to("/") }).await.unwrap();
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert_eq!(server.handshakes().len(), 1);
    assert_eq!(user.exchanged().iter().filter(|one| one.status == Some(200)).count(), 7);
}

#[tokio::test]
async fn users_share_no_connection() {
    let server = Server::start(&["h2"], |heard| version(&heard)).await;
    let mut users = [User::towards(server.place()), User::towards(server.place())];
    for user in &mut users {
        user.get("/").await.unwrap();
    }
    assert_eq!(server.handshakes().len(), 2);
}

#[tokio::test]
async fn gzip_is_undone() {
    let zipped = Arc::new(Mutex::new(Vec::new()));
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, b"unpacked").unwrap();
    *zipped.lock().unwrap() = encoder.finish().unwrap();
    let server = Server::start(&["h2"], move |heard| {
        assert!(heard.is_http2() && heard.header("accept-encoding") == Some("gzip"));
        Response::builder().header("content-encoding", "gzip").body(whole(zipped.lock().unwrap().clone())).unwrap()
    })
    .await;
    assert_eq!(User::towards(server.place()).get("/").await.unwrap().body.bytes(), b"unpacked");
}

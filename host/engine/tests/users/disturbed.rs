//! Users that misbehave on purpose and connections that are disturbed, as the server sees it: each harm does what its name says, to those whom
//! the plan names, and to nobody else.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use holdpoint_cap_http::user::{Disturbance, Harm};
use holdpoint_cap_load::Failure;
use holdpoint_staging_double::{Double, Options};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::{
    double::browsers,
    driver::{Kept, run},
    scene::Scene,
};

/// How a connection ended, as the server sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Closed,
    Reset,
}

/// What came over one connection.
#[derive(Debug, Clone)]
struct Came {
    bytes: Vec<u8>,
    /// From the first byte to the end of the first head.
    head_took: Option<Duration>,
    opened: Instant,
    open: Duration,
    end: End,
}

/// A server that answers every head, and notes what came.
struct Server {
    address: SocketAddr,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, came) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let noted = came.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let noted = noted.clone();
                tokio::spawn(async move {
                    let came = serve(stream).await;
                    noted.lock().unwrap().push(came);
                });
            }
        });
        Self { address, came }
    }
}

#[expect(clippy::disallowed_methods, reason = "what is measured is the time that a user takes")]
async fn serve(mut stream: TcpStream) -> Came {
    let opened = Instant::now();
    let (mut bytes, mut first, mut head_took) = (Vec::new(), None, None);
    let mut buffer = vec![0; 64 << 10];
    let end = loop {
        match stream.read(&mut buffer).await {
            Ok(0) => break End::Closed,
            Err(_) => break End::Reset,
            Ok(count) => {
                let first: &mut Instant = first.get_or_insert_with(Instant::now);
                bytes.extend_from_slice(&buffer[..count]);
                if bytes.ends_with(b"\r\n\r\n") {
                    head_took.get_or_insert(first.elapsed());
                    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\nok";
                    if stream.write_all(answer).await.is_err() {
                        break End::Reset;
                    }
                }
            }
        }
    };
    Came { bytes, head_took, opened, open: opened.elapsed(), end }
}

/// A plan that harms the first of two users, every time and so.
fn harming(harm: Harm) -> Disturbance {
    let plan = |seed| Disturbance { seed, users_one_in: 2, requests_one_in: 1, harms: vec![harm] };
    (0..).map(plan).find(|plan| plan.is_harmed(0)).unwrap()
}

/// What came of one harmed request, on both sides.
async fn harmed(harm: Harm) -> (Kept, Came) {
    let server = Server::start().await;
    let url = format!("http://{}", server.address);
    let scene = Scene {
        disturbance: Some(harming(harm)),
        ..Scene::new("rude-user.wasm", url, server.address, json!({ "path": "/a" }))
    };
    let (tally, ended) = run(&scene.start(), 1, 1).await;
    assert!(ended.is_empty(), "{harm:?}: {ended:?}");
    let exchange = tally.exchanges()[0].clone();
    assert!(exchange.deliberate, "{harm:?}: {exchange:?}");
    assert_eq!(tally.harms.lock().unwrap()[0], harm);
    // Its connection was its own, and so was that of the farewell, which is the second.
    while server.came.lock().unwrap().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let came = server.came.lock().unwrap().iter().min_by_key(|came| came.opened).cloned();
    (exchange, came.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_that_is_gone_or_resets_sends_half_a_request() {
    for (harm, end) in [(Harm::Abort, End::Closed), (Harm::Reset, End::Reset)] {
        let (exchange, came) = harmed(harm).await;
        assert!(came.bytes.starts_with(b"GET /a") && came.head_took.is_none(), "{harm:?}: {came:?}");
        assert_eq!(came.end, end, "{harm:?}");
        assert_eq!((exchange.status, exchange.failure), (None, Some(Failure::Reset)), "{harm:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_request_comes_in_pieces_and_is_answered() {
    let (exchange, came) = harmed(Harm::Slow).await;
    assert!(came.head_took.is_some_and(|took| took >= Duration::from_millis(1_300)), "{came:?}");
    assert_eq!(exchange.status, Some(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_and_a_giant_head_are_what_the_server_gets() {
    let (_, came) = harmed(Harm::Malformed).await;
    assert!(came.bytes.starts_with(b"\x01\x02") && !came.bytes.windows(4).any(|part| part == b"GET "), "{came:?}");
    let (_, came) = harmed(Harm::Oversized).await;
    let text = String::from_utf8_lossy(&came.bytes);
    assert!(text.starts_with("GET /a HTTP/1.1\r\nx-oversized: aaaa"), "{}", &text[..60.min(text.len())]);
    assert!(text.ends_with("\r\n\r\n"), "{} bytes", text.len());
    assert!(text.len() > 2 << 20 && text.contains("a\r\nhost: "), "{} bytes", text.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_late_lost_or_cut() {
    let (exchange, _) = harmed(Harm::Delay).await;
    assert!(exchange.status == Some(200) && exchange.duration >= Duration::from_millis(250), "{exchange:?}");
    let (exchange, came) = harmed(Harm::ResetAnswer).await;
    assert_eq!((exchange.failure, came.end), (Some(Failure::Reset), End::Reset));
    assert!(came.head_took.is_some(), "{came:?}");
    let (exchange, came) = harmed(Harm::Truncate).await;
    assert!(exchange.status.is_none() && exchange.failure.is_some(), "{exchange:?}");
    assert!(came.head_took.is_some() && exchange.received_bytes <= 16, "{exchange:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blackhole_lasts_as_long_as_a_harmed_request_may_take() {
    let (exchange, came) = harmed(Harm::Blackhole).await;
    assert_eq!(exchange.failure, Some(Failure::Timeout));
    let seconds = exchange.duration.as_secs_f64();
    // Its own time would be three times as long.
    assert!((3.5..12.0).contains(&seconds), "{seconds}");
    assert!(came.bytes.is_empty() && came.open >= Duration::from_secs(3), "{came:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_are_not_harmed_do_not_notice_and_harm_is_all_deliberate() {
    let double = Double::start(Options::default()).await.unwrap();
    let harms = Harm::ALL.into_iter().filter(|harm| *harm != Harm::Blackhole).collect();
    let plan = Disturbance { seed: 11, users_one_in: 3, requests_one_in: 3, harms };
    let (tally, ended) = run(&Scene { disturbance: Some(plan.clone()), ..browsers(&double) }.start(), 12, 8).await;
    assert!(ended.is_empty(), "{ended:?}");
    for exchange in tally.exchanges() {
        assert_eq!(exchange.deliberate, plan.is_harmed(exchange.user), "{exchange:?}");
        assert!(exchange.deliberate || exchange.failure.is_none(), "{exchange:?}");
    }
    let harmed = tally.exchanges().iter().filter(|exchange| exchange.deliberate).count();
    let harms = tally.harms.lock().unwrap().len();
    assert!(harms >= harmed / 3 - 12 && harms <= harmed / 3 + 12, "{harms} of {harmed}");
    assert!(tally.leaks().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_tls_it_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { tls: Some(folder.path().to_owned()), ..Options::default() };
    let double = Double::start(options).await.unwrap();
    let ca_file = Some(std::fs::read(folder.path().join("ca.pem")).unwrap());
    let harms = vec![Harm::Slow, Harm::Delay, Harm::Malformed, Harm::Truncate];
    let plan = Disturbance { seed: 3, users_one_in: 2, requests_one_in: 1, harms };
    let harmed = (0..2).find(|user| plan.is_harmed(*user)).unwrap();
    let scene = Scene { ca_file, disturbance: Some(plan), ..browsers(&double) };
    let (tally, ended) = run(&scene.start(), 2, 4).await;
    assert!(ended.is_empty(), "{ended:?}");
    let statuses: Vec<_> = tally.of(harmed).iter().map(|exchange| exchange.status).collect();
    assert!(statuses.contains(&Some(200)) && statuses.contains(&Some(400)) && statuses.contains(&None), "{statuses:?}");
    assert!(tally.of(1 - harmed).iter().all(|exchange| exchange.failure.is_none() && !exchange.deliberate));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_socket_the_handshake_is_harmed_and_others_chat_on() {
    let double = Double::start(Options::default()).await.unwrap();
    let plan = Disturbance {
        seed: 5,
        users_one_in: 3,
        requests_one_in: 1,
        harms: vec![Harm::Abort, Harm::Reset, Harm::Malformed, Harm::Truncate],
    };
    let scene = Scene { module: "chat-user.wasm", disturbance: Some(plan.clone()), ..browsers(&double) };
    let (tally, ended) = run(&scene.start(), 6, 4).await;
    assert!(ended.is_empty(), "{ended:?}");
    for user in 0..6 {
        let exchanges = tally.of(user);
        if plan.is_harmed(user) {
            assert!(exchanges.iter().all(|e| e.deliberate && e.failure.is_some()), "{exchanges:?}");
            assert!(exchanges.len() == 4 && exchanges.iter().all(|e| e.route.starts_with("OPEN")), "{exchanges:?}");
        } else {
            assert!(exchanges.iter().all(|e| !e.deliberate && e.failure.is_none()), "{exchanges:?}");
            assert_eq!(exchanges.len(), 1 + 4 * 3);
        }
    }
    assert_eq!(tally.harms.lock().unwrap().len(), 2 * 4);
}

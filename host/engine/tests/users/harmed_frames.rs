//! Frames that go wrong on purpose, as they pass on their way to the double: each harm does to a frame what its name says.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
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
    driver::{Kept, Tally, run},
    scene::Scene,
};

/// What one connection has brought to the server after its handshake, and whether it was reset.
#[derive(Debug, Default, Clone)]
struct Passed {
    frames: Vec<u8>,
    reset: bool,
}

/// A relay that notes what passes towards the server.
struct Relay {
    address: SocketAddr,
    passed: Arc<Mutex<Vec<Passed>>>,
}

impl Relay {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, passed) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let noted = passed.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let place = {
                    let mut noted = noted.lock().unwrap();
                    noted.push(Passed::default());
                    noted.len() - 1
                };
                tokio::spawn(pass(client, server, noted.clone(), place));
            }
        });
        Self { address, passed }
    }
}

async fn pass(client: TcpStream, server: SocketAddr, noted: Arc<Mutex<Vec<Passed>>>, place: usize) {
    let (mut from_server, mut to_server) = TcpStream::connect(server).await.unwrap().into_split();
    let (mut from_client, mut to_client) = client.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let (mut came, mut head) = (Vec::new(), None);
    let mut buffer = vec![0; 64 << 10];
    loop {
        match from_client.read(&mut buffer).await {
            Ok(0) => break,
            Err(_) => {
                noted.lock().unwrap()[place].reset = true;
                break;
            }
            Ok(count) => {
                came.extend_from_slice(&buffer[..count]);
                head = head.or_else(|| Some(came.windows(4).position(|end| end == b"\r\n\r\n")? + 4));
                if let Some(head) = head {
                    noted.lock().unwrap()[place].frames = came[head..].to_vec();
                }
                if to_server.write_all(&buffer[..count]).await.is_err() {
                    break;
                }
            }
        }
    }
    back.abort();
}

/// A plan that harms the first of two users: not its handshake, but the frame after it.
fn harming(harm: Harm) -> Disturbance {
    let plan = |seed| Disturbance { seed, users_one_in: 2, requests_one_in: 2, harms: vec![harm] };
    (0..).map(plan).find(|plan| plan.harm(0, 0).is_none() && plan.harm(0, 1).is_some()).unwrap()
}

/// What came of one harmed message, on both sides.
async fn harmed(harm: Harm) -> (Kept, Passed) {
    let double = Double::start(Options::default()).await.unwrap();
    let browsers = browsers(&double);
    let relay = Relay::to(browsers.address).await;
    let scene = Scene {
        module: "chat-user.wasm",
        config: json!({ "messages": 1, "within": "2s" }),
        disturbance: Some(harming(harm)),
        url: format!("http://{}", relay.address),
        address: relay.address,
        ..browsers
    };
    let (tally, ended) = run(&scene.start(), 1, 1).await;
    assert!(ended.is_empty(), "{harm:?}: {ended:?}");
    assert_eq!(*tally.harms.lock().unwrap(), [harm]);
    let passed = relay.passed.lock().unwrap()[0].clone();
    (message(&tally), passed)
}

fn message(tally: &Tally) -> Kept {
    let exchanges = tally.exchanges();
    assert!(exchanges.iter().all(|exchange| exchange.deliberate), "{exchanges:?}");
    let (opened, sent) = (&exchanges[0], &exchanges[1]);
    assert_eq!((opened.route.as_str(), opened.status), ("OPEN backend /ws/chat", Some(101)));
    assert_eq!(sent.route, "SEND backend /ws/chat");
    sent.clone()
}

/// The length of the frame that a message is, read from its head.
fn whole(frames: &[u8]) -> usize {
    match frames[1] & 0x7f {
        126 => 8 + usize::from(u16::from_be_bytes([frames[2], frames[3]])),
        length => 6 + usize::from(length),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_that_is_gone_or_resets_sends_half_a_frame() {
    for (harm, reset) in [(Harm::Abort, false), (Harm::Reset, true)] {
        let (sent, passed) = harmed(harm).await;
        let (came, whole) = (passed.frames.len(), whole(&passed.frames));
        assert!(came > 2 && came < whole, "{harm:?}: {came} of {whole}");
        assert_eq!((passed.reset, sent.failure), (reset, Some(Failure::Reset)), "{harm:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_frame_and_a_late_answer_arrive() {
    let (sent, passed) = harmed(Harm::Slow).await;
    assert!(sent.failure.is_none() && sent.duration >= Duration::from_millis(1_300), "{sent:?}");
    assert!(passed.frames.len() >= whole(&passed.frames));
    let (sent, _) = harmed(Harm::Delay).await;
    assert!(sent.failure.is_none() && sent.duration >= Duration::from_millis(250), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_and_a_giant_are_what_the_server_gets() {
    let (sent, passed) = harmed(Harm::Malformed).await;
    assert!(passed.frames.starts_with(b"\xff\x7f this is no frame"), "{:?}", passed.frames);
    assert!(sent.failure.is_some(), "{sent:?}");
    let (sent, passed) = harmed(Harm::Oversized).await;
    assert!(passed.frames.starts_with(b"\x82\xff\0\0\x01\0\0\0\0\0\0\0\0\0aaaa"), "{:?}", &passed.frames[..20]);
    assert!(sent.failure.is_some(), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_are_lost_cut_or_never_come() {
    for harm in [Harm::ResetAnswer, Harm::Truncate] {
        let (sent, passed) = harmed(harm).await;
        assert!(passed.frames.len() >= whole(&passed.frames), "{harm:?}: the frame itself arrives");
        assert_eq!((passed.reset, sent.failure), (harm == Harm::ResetAnswer, Some(Failure::Reset)), "{harm:?}");
    }
    let (sent, passed) = harmed(Harm::Blackhole).await;
    assert!(passed.frames.is_empty(), "{passed:?}");
    assert_eq!(sent.failure, Some(Failure::Timeout));
}

//! Users that chat: what is counted, what is found in frames, and what of an answer is wrong.

use std::collections::BTreeSet;

use holdpoint_cap_load::{Failure, UserError};
use holdpoint_staging_double::{Adjustment, Double, Fault, LeakForm, Options};
use serde_json::{Value, json};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    double::browsers,
    driver::{Tally, run},
    echo::Echo,
    scene::{Scene, canaries},
};

fn chatting(double: &Double, config: Value) -> Scene {
    Scene { module: "chat-user.wasm", config, ..browsers(double) }
}

async fn faulty(fault: &str, by: Adjustment) -> Double {
    let double = Double::start(Options::default()).await.unwrap();
    double.switch(Fault::named(fault).unwrap().settle(1).adjusted(by).unwrap()).await.unwrap();
    double
}

/// The failures of messages.
fn failures(tally: &Tally) -> Vec<Failure> {
    let exchanges = tally.exchanges();
    assert!(exchanges.iter().all(|e| e.route == "SEND backend /ws/chat" || e.failure.is_none()), "{exchanges:?}");
    exchanges.iter().filter_map(|e| e.failure).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_is_an_exchange_and_a_socket_lasts() {
    let double = Double::start(Options::default()).await.unwrap();
    for config in [json!({}), json!({ "subprotocols": ["chat.v1", "bearer.{token}"] })] {
        let (tally, ended) = run(&chatting(&double, config).start(), 30, 5).await;
        assert!(ended.is_empty(), "{ended:?}");
        let exchanges = tally.exchanges();
        let of = |route: &str| exchanges.iter().filter(|e| e.route == route).collect::<Vec<_>>();
        let (opened, sent) = (of("OPEN backend /ws/chat"), of("SEND backend /ws/chat"));
        assert_eq!((opened.len(), sent.len(), exchanges.len()), (30, 30 * 5 * 3, 30 + 30 * 5 * 3));
        assert!(exchanges.iter().all(|e| e.failure.is_none()), "{exchanges:?}");
        assert!(opened.iter().all(|e| e.status == Some(101) && e.sent_bytes > 100 && e.received_bytes > 100));
        assert!(
            sent.iter().all(|e| e.status.is_none() && e.sent_bytes > 50 && e.received_bytes > 200),
            "{:?}",
            sent[0]
        );
        assert!(sent.iter().all(|e| !e.duration.is_zero()), "from what was sent to the last event");
        assert!(tally.leaks().is_empty());
        let own = tally.own.lock().unwrap().clone();
        assert!(own.len() == 30 && own.values().all(|times| *times >= 15), "every message came back: {own:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_leak_in_a_frame_is_found_with_both_users() {
    let by = Adjustment { one_in: Some(10), form: Some(LeakForm::Frame), ..Adjustment::default() };
    let double = faulty("leak", by).await;
    let (tally, ended) = run(&chatting(&double, json!({})).start(), 20, 5).await;
    assert!(ended.is_empty(), "{ended:?}");
    let number = |subject: &str| subject.split('-').nth(2).unwrap().parse::<u32>().unwrap();
    let mut happened: Vec<_> = double.crossings().iter().map(|c| (number(&c.from), number(&c.to))).collect();
    let mut found: Vec<_> = tally.leaks().iter().map(|leak| (leak.owner, leak.shown_to)).collect();
    happened.sort_unstable();
    found.sort_unstable();
    assert!(happened.len() >= 20, "the double leaked {} times", happened.len());
    assert_eq!(found, happened);
    assert!(tally.leaks().iter().all(|leak| leak.route == "SEND backend /ws/chat" && leak.form == "plain"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_with_events_is_a_wrong_answer() {
    for fault in ["ws-drop", "ws-duplicate", "ws-reorder"] {
        let double = faulty(fault, Adjustment { one_in: Some(50), ..Adjustment::default() }).await;
        let (tally, ended) = run(&chatting(&double, json!({ "within": "1s" })).start(), 10, 5).await;
        assert!(ended.is_empty(), "{ended:?}");
        let failures = failures(&tally);
        // One frame in fifty of 150 messages with five frames each: each strikes one message, or the one behind it too.
        assert!((10..=20).contains(&failures.len()), "{fault}: {failures:?}");
        assert!(failures.iter().all(|failure| *failure == Failure::Content), "{fault}: {failures:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_that_says_nothing_is_too_late() {
    for fault in ["ws-silent", "ws-half-open"] {
        let double = faulty(fault, Adjustment { after: Some(5), ..Adjustment::default() }).await;
        let (tally, ended) = run(&chatting(&double, json!({ "within": "1s" })).start(), 5, 2).await;
        assert!(ended.is_empty(), "{ended:?}");
        // The first message of each socket is answered, the second is not, and then there is another socket.
        assert_eq!(failures(&tally), [Failure::Timeout; 10], "{fault}");
        let opened = tally.exchanges().iter().filter(|e| e.route.starts_with("OPEN")).count();
        assert_eq!(opened, 10, "{fault}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_that_does_not_open_is_a_failed_exchange() {
    let double = Double::start(Options::default()).await.unwrap();
    for (config, failure) in [
        (json!({ "path": "/ws/elsewhere" }), Failure::Status),
        // Without a subprotocol it is no chat.
        (json!({ "subprotocols": ["chat.v2"] }), Failure::Status),
    ] {
        let (tally, ended) = run(&chatting(&double, config).start(), 3, 2).await;
        assert!(ended.is_empty(), "{ended:?}");
        let failures: Vec<_> = tally.exchanges().iter().map(|e| e.failure).collect();
        assert_eq!(failures, [Some(failure); 6]);
    }
    let scene = chatting(&double, json!({}));
    double.stop().await;
    let (tally, _) = run(&scene.start(), 2, 2).await;
    let failures: BTreeSet<_> = tally.exchanges().iter().map(|e| e.failure).collect();
    assert_eq!(failures, BTreeSet::from([Some(Failure::Connect)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_handshake_is_a_malformed_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let head = "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n";
            let mut asked = [0; 4 << 10];
            let _ = stream.read(&mut asked).await;
            let _ = stream.write_all(format!("{head}sec-websocket-accept: nonsense\r\n\r\n").as_bytes()).await;
        }
    });
    let scene = Scene::new("chat-user.wasm", format!("http://{address}"), address, json!({}));
    let (tally, ended) = run(&scene.start(), 2, 2).await;
    assert!(ended.is_empty(), "{ended:?}");
    let told: Vec<_> = tally.exchanges().into_iter().map(|e| (e.route, e.failure)).collect();
    assert_eq!(told, vec![("OPEN backend /ws/chat".to_owned(), Some(Failure::Malformed)); 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_body_of_a_refusal_is_searched_though_nobody_is_given_it() {
    let echo = Echo::start(|_| format!("try again, {}", canaries().canary(0).text())).await;
    let scene = Scene::new("chat-user.wasm", format!("http://{}", echo.address), echo.address, json!({}));
    let (tally, _) = run(&scene.start(), 2, 1).await;
    let leaks: Vec<_> = tally.leaks().into_iter().map(|leak| (leak.owner, leak.shown_to, leak.route)).collect();
    assert_eq!(leaks, [(0, 1, "OPEN backend /ws/chat".to_owned())]);
    assert_eq!(tally.own.lock().unwrap().get(&0), Some(&1));
    assert!(tally.exchanges().iter().all(|e| e.failure == Some(Failure::Status)), "{:?}", tally.exchanges());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_has_few_sockets_and_sees_no_token_in_them() {
    let double = Double::start(Options::default()).await.unwrap();
    let rude = |act: &str, path: &str| {
        Scene { module: "socket-user.wasm", config: json!({ "path": path, "act": act }), ..browsers(&double) }.start()
    };
    let said = |ended: std::collections::BTreeMap<u32, UserError>| ended[&0].to_string();
    let (_, ended) = run(&rude("hoard", "/ws/chat"), 1, 1).await;
    assert!(said(ended).contains("the user has 4 sockets; close one"));
    let (_, ended) = run(&rude("hoard", "/api/ws"), 1, 1).await;
    assert!(said(ended).contains("denied websocket open backend /api/ws"));
    // The token went out in the subprotocol, or the double would not have opened, and in the text, or it would not have come back.
    let (tally, ended) = run(&rude("whisper", "/ws/chat"), 1, 1).await;
    let said = said(ended);
    assert!(said.contains("Some(\"chat.v1\")") && said.contains("hp-user.identity") && !said.contains("eyJ"), "{said}");
    let sent: Vec<_> = tally.of(0).into_iter().filter(|e| e.route.starts_with("SEND")).collect();
    assert!(sent.len() == 1 && sent[0].sent_bytes > 200, "{sent:?}");
}

use axum::body::Body;
use axum::http::Request;
use holdpoint_staging_double::{Adjustment, Double, Service};
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{healthy, send};
use crate::user::{Chat, User, fault};

const EVENTS: [&str; 5] = ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"];

async fn begun(double: &Double) -> anyhow::Result<Chat> {
    Chat::new(double, &User::new(double, "one").await?).await
}

fn numbers(events: &[Value]) -> Vec<u64> {
    events.iter().filter_map(|event| event["seq"].as_u64()).collect()
}

#[tokio::test]
async fn a_message_is_answered_by_five_events_in_order() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut chat = begun(&double).await?;
    for (first, id) in [(1, 7), (6, 8)] {
        chat.ask(id, "my words").await?;
        let events = chat.events().await?;
        assert_eq!(numbers(&events), (first..first + 5).collect::<Vec<_>>());
        assert!(events.iter().all(|event| event["message"] == id));
        assert!(events.iter().zip(EVENTS).all(|(event, kind)| event["type"] == kind));
        assert_eq!((&events[4]["text"], events[3].get("text")), (&Value::from("my words"), None));
    }
    Ok(())
}

#[tokio::test]
async fn a_socket_needs_a_token_and_the_subprotocol() -> anyhow::Result<()> {
    let double = healthy().await?;
    let user = User::new(&double, "one").await?;
    let ask = |protocol: &str| {
        Request::get("/ws/chat")
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .header("sec-websocket-protocol", protocol)
            .body(Body::empty())
    };
    let backend = double.address(Service::Backend);
    assert_eq!(send(backend, ask("chat.v1")?).await?.status, 401);
    assert_eq!(send(backend, ask("chat.v1, bearer.nonsense")?).await?.status, 401);
    assert_eq!(send(backend, ask(&format!("bearer.{}", user.token))?).await?.status, 400);
    let mut plain = User::new(&double, "one").await?;
    assert_eq!(plain.get("/ws/chat").await?.status, 426);
    let taken = send(backend, ask(&format!("chat.v1, bearer.{}", user.token))?).await?;
    assert_eq!((taken.status.as_u16(), taken.header("sec-websocket-protocol")), (101, "chat.v1"));
    assert_eq!(taken.header("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    Ok(())
}

#[tokio::test]
async fn closes_with_the_code_that_fits() -> anyhow::Result<()> {
    let double = healthy().await?;
    let long = "x".repeat(64 * 1024 + 1);
    for (message, expected) in [
        (Message::text("{\"type\":\"close\",\"code\":4001}"), 4001),
        (Message::text("{\"type\":\"close\",\"code\":1}"), 1008),
        (Message::text("no JSON"), 1007),
        (Message::binary(vec![1, 2, 3]), 1003),
        (Message::text(long), 1009),
    ] {
        let mut chat = begun(&double).await?;
        chat.say(message).await?;
        let Some(Message::Close(Some(frame))) = chat.next().await else { panic!("no close, {expected}") };
        assert_eq!(u16::from(frame.code), expected);
    }
    let mut chat = begun(&double).await?;
    chat.say(Message::Close(None)).await?;
    assert!(matches!(chat.next().await, Some(Message::Close(_))));
    Ok(())
}

#[tokio::test]
async fn open_chats_end_when_the_double_stops() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut chat = begun(&double).await?;
    chat.ask(1, "x").await?;
    chat.events().await?;
    double.stop().await;
    let Some(Message::Close(Some(frame))) = chat.next().await else { panic!("no close") };
    assert_eq!(u16::from(frame.code), 1001);
    Ok(())
}

/// The numbers that two messages get under a fault that strikes one frame in seven.
async fn struck(name: &str) -> anyhow::Result<Vec<u64>> {
    let double = healthy().await?;
    double.switch(fault(name, Adjustment { one_in: Some(7), ..Adjustment::default() })).await?;
    let mut chat = begun(&double).await?;
    chat.ask(1, "x").await?;
    chat.ask(2, "x").await?;
    let events = chat.events().await?;
    double.clear().await?;
    let mut after = begun(&double).await?;
    after.ask(3, "x").await?;
    assert_eq!(numbers(&after.events().await?), [1, 2, 3, 4, 5]);
    Ok(numbers(&events))
}

#[tokio::test]
async fn frames_are_dropped_duplicated_and_reordered_by_count() -> anyhow::Result<()> {
    assert_eq!(struck("ws-drop").await?, [1, 2, 3, 4, 5, 6, 8, 9, 10]);
    assert_eq!(struck("ws-duplicate").await?, [1, 2, 3, 4, 5, 6, 7, 7, 8, 9, 10]);
    assert_eq!(struck("ws-reorder").await?, [1, 2, 3, 4, 5, 6, 8, 7, 9, 10]);
    Ok(())
}

#[tokio::test]
async fn a_silent_chat_still_answers_pings() -> anyhow::Result<()> {
    let double = healthy().await?;
    double.switch(fault("ws-silent", Adjustment { after: Some(7), ..Adjustment::default() })).await?;
    let mut chat = begun(&double).await?;
    for id in 1..=3 {
        chat.ask(id, "x").await?;
    }
    assert_eq!(numbers(&chat.events().await?), [1, 2, 3, 4, 5, 6, 7]);
    Ok(())
}

#[tokio::test]
async fn a_half_open_chat_answers_nothing_and_stays_open() -> anyhow::Result<()> {
    let double = healthy().await?;
    double.switch(fault("ws-half-open", Adjustment { after: Some(5), ..Adjustment::default() })).await?;
    let mut chat = begun(&double).await?;
    chat.ask(1, "x").await?;
    for _ in 0..5 {
        assert!(matches!(chat.next().await, Some(Message::Text(_))));
    }
    chat.say(Message::Ping("there?".into())).await?;
    // An absence has no event to wait for; the sibling test's ping is answered in well below a millisecond.
    let silence = tokio::time::timeout(std::time::Duration::from_millis(300), chat.next()).await;
    assert!(silence.is_err(), "{silence:?}");
    Ok(())
}

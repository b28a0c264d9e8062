//! What the double does for its users beside the load: sessions that are renewed, transfers, files and the description of its API, each as it should be
//! and with its faults.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use holdpoint_staging_double::{Adjustment, Double, Service};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::client::{get, healthy, setting};
use crate::user::{Chat, User, fault};

fn moved(from: &str, to: &str, amount: i64) -> Value {
    json!({ "from": from, "to": to, "amount": amount })
}

async fn faulted(name: &str) -> anyhow::Result<Double> {
    let double = healthy().await?;
    double.switch(fault(name, Adjustment::default())).await?;
    Ok(double)
}

/// The sum of a user's pots.
async fn sum(user: &mut User) -> anyhow::Result<i64> {
    let pots = user.get("/api/pots").await?.json()?["pots"].clone();
    Ok(pots["left"].as_i64().unwrap_or(0) + pots["right"].as_i64().unwrap_or(0))
}

/// Sends a transfer of 10 and goes away in its midst.
async fn broken_off(double: &Double) -> anyhow::Result<()> {
    let mut user = User::new(double, "one").await?;
    let sent = user.post("/api/pots/transfers", moved("left", "right", 10));
    assert!(tokio::time::timeout(Duration::from_millis(40), sent).await.is_err(), "it takes longer");
    Ok(())
}

#[tokio::test]
async fn a_transfer_is_done_whole_or_not_at_all() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut user = User::new(&double, "one").await?;
    let done = user.post("/api/pots/transfers", moved("left", "right", 30)).await?;
    assert_eq!((done.status.as_u16(), done.json()?), (201, json!({ "pots": { "left": 970, "right": 1_030 } })));
    for (transfer, status) in [
        (moved("left", "right", 971), 409),
        (moved("left", "left", 1), 400),
        (moved("left", "right", 0), 400),
        (moved("left", "right", 1_001), 400),
        (moved("left", "middle", 1), 400),
    ] {
        assert_eq!(user.post("/api/pots/transfers", transfer.clone()).await?.status, status, "{transfer}");
    }
    broken_off(&double).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(user.get("/api/pots").await?.json()?["pots"], json!({ "left": 970, "right": 1_030 }));
    let mut other = User::new(&double, "other").await?;
    assert_eq!(other.get("/api/pots").await?.json()?["pots"], json!({ "left": 1_000, "right": 1_000 }));
    Ok(())
}

#[tokio::test]
async fn a_transfer_is_seen_half_done_with_its_faults() -> anyhow::Result<()> {
    let double = faulted("transfer-left-half-done").await?;
    broken_off(&double).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(sum(&mut User::new(&double, "one").await?).await?, 1_990);

    let double = faulted("transfer-seen-half-done").await?;
    broken_off(&double).await?;
    let mut user = User::new(&double, "one").await?;
    assert_eq!(sum(&mut user).await?, 1_990);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(sum(&mut user).await?, 2_000);
    Ok(())
}

#[tokio::test]
async fn files_go_wrong_each_in_its_way() -> anyhow::Result<()> {
    for (name, whole, part, large) in [
        ("file-corrupted", "1", "234", 413),
        ("file-part-shifted", "0123456789", "34", 413),
        ("file-limit-gone", "0123456789", "234", 201),
    ] {
        let double = healthy().await?;
        double
            .switch(setting(name, |setting| name != "file-corrupted" || setting.to_string().contains(" 0 %")))
            .await?;
        let mut user = User::new(&double, "one").await?;
        let written = user.send(Request::post("/api/files?name=a"), Body::from("0123456789")).await?.json()?;
        let path = format!("/api/files/{}", written["id"].as_str().expect("an id"));
        let came = user.get(&path).await?.body;
        assert!(came.starts_with(whole.as_bytes()), "{name}: {came:?}");
        let came = user.send(Request::get(&path).header("range", "bytes=2-4"), Body::empty()).await?.body;
        if name != "file-corrupted" {
            assert_eq!(came, part, "{name}");
        }
        let sent = user.send(Request::post("/api/files?name=b"), Body::from(vec![0; 1024 * 1024 + 1])).await?;
        assert_eq!(sent.status, large, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_file_is_gone_when_its_owner_removes_it() -> anyhow::Result<()> {
    let double = healthy().await?;
    let (mut user, mut other) = (User::new(&double, "one").await?, User::new(&double, "other").await?);
    let written = user.send(Request::post("/api/files?name=a"), Body::from("0123456789")).await?.json()?;
    let path = format!("/api/files/{}", written["id"].as_str().expect("an id"));
    assert_eq!(other.delete(&path).await?.status, 404);
    assert_eq!(user.get(&path).await?.status, 200);
    assert_eq!(user.delete(&path).await?.status, 200);
    assert_eq!((user.get(&path).await?.status.as_u16(), user.delete(&path).await?.status.as_u16()), (404, 404));
    Ok(())
}

#[tokio::test]
async fn the_description_says_what_is_served() -> anyhow::Result<()> {
    let double = healthy().await?;
    let document = get(&double, Service::Backend, "/openapi.json").await?.json()?;
    let mut user = User::new(&double, "one").await?;
    for (path, item) in document["paths"].as_object().expect("paths") {
        let path = path.replace("{id}", "1").replace("{key}", "k");
        assert_ne!(user.call(Method::OPTIONS, &path, Value::Null).await?.status, 404, "{path}");
        if item.get("get").is_some() && !path.contains('1') && !path.ends_with("/k") {
            assert_eq!(user.get(&path).await?.status, 200, "{path}");
        }
    }
    assert!(get(&double, Service::Backend, "/docs").await?.header("content-type").starts_with("text/html"));

    let double = faulted("api-docs-gone").await?;
    assert_eq!(get(&double, Service::Backend, "/openapi.json").await?.status, 404);
    let double = faulted("api-docs-incomplete").await?;
    let document = get(&double, Service::Backend, "/openapi.json").await?.json()?;
    assert!(document["paths"].get("/api/files").is_none());
    let double = faulted("api-docs-stale").await?;
    let document = get(&double, Service::Backend, "/openapi.json").await?.json()?;
    assert!(document["paths"].get("/api/agents/archive/{year}").is_some());
    assert_eq!(user_options(&double, "/api/agents/archive/1").await?, 404);
    Ok(())
}

async fn user_options(double: &Double, path: &str) -> anyhow::Result<u16> {
    let mut user = User::new(double, "one").await?;
    Ok(user.call(Method::OPTIONS, path, Value::Null).await?.status.as_u16())
}

#[tokio::test]
async fn sockets_that_are_old_or_idle_go_wrong() -> anyhow::Result<()> {
    let double = faulted("ws-old-silent").await?;
    let user = User::new(&double, "one").await?;
    let mut chat = Chat::new(&double, &user).await?;
    chat.ask(1, "young").await?;
    assert_eq!(chat.events().await?.len(), 5);
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    chat.ask(2, "old").await?;
    assert_eq!(chat.events().await?.len(), 0, "a ping is answered all the same");

    let double = faulted("ws-old-half-open").await?;
    let user = User::new(&double, "one").await?;
    let mut chat = Chat::new(&double, &user).await?;
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    chat.say(Message::Ping("there?".into())).await?;
    assert!(tokio::time::timeout(Duration::from_millis(300), chat.next()).await.is_err(), "it says nothing");

    let double = faulted("ws-cut-when-idle").await?;
    let user = User::new(&double, "one").await?;
    let mut chat = Chat::new(&double, &user).await?;
    assert_eq!(chat.next().await, None, "cut without a goodbye");
    Ok(())
}

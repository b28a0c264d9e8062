use std::io::Read;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use holdpoint_staging_double::{Adjustment, Fault, LeakForm, Service};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::client::{Answer, get, healthy, post};
use crate::user::{Chat, User, fault};
use crate::users::metric;

const CANARY: &str = "canary-0a1b2c3d4e5f60718293a4b5c6d7e8f9-of-one";

/// What leaks to the other user, in which answer of ten, when one in ten does.
async fn leaked(form: LeakForm) -> anyhow::Result<Answer> {
    let double = healthy().await?;
    let by = Adjustment { one_in: Some(10), form: Some(form), ..Adjustment::default() };
    double.switch(fault("leak", by)).await?;
    let (mut one, mut other) = (User::new(&double, "one").await?, User::new(&double, "other").await?);
    one.put("/api/state/note", json!({ "value": CANARY })).await?;
    let mut answers = Vec::new();
    for _ in 0..9 {
        answers.push(other.post("/api/counter", Value::Null).await?);
    }
    let last = answers.pop().expect("nine answers");
    for (number, answer) in (1..).zip(answers) {
        assert_eq!(answer.json()?, json!({ "value": number }));
    }
    let crossings = double.crossings();
    assert_eq!(crossings.len(), 1);
    let crossing = &crossings[0];
    assert_eq!((crossing.from.as_str(), crossing.to.as_str(), crossing.route), ("one", "other", "counter"));
    assert_eq!((crossing.form, crossing.text.as_str()), (form, CANARY));
    let listed = get(&double, Service::Auth, "/__double/crossings").await?.json()?;
    assert_eq!(listed[0]["form"], form.name());
    double.clear().await?;
    for _ in 0..10 {
        assert!(other.post("/api/counter", Value::Null).await?.json()?.get("recent").is_none());
    }
    assert_eq!(double.crossings().len(), 1);
    Ok(last)
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

#[tokio::test]
async fn a_leak_is_one_in_n_in_the_shape_that_is_wanted() -> anyhow::Result<()> {
    let plain = leaked(LeakForm::Plain).await?;
    assert_eq!(plain.json()?, json!({ "value": 9, "recent": CANARY }));
    assert!(text(&plain).contains(CANARY));
    let upper = leaked(LeakForm::Upper).await?;
    assert!(text(&upper).contains(&CANARY.to_uppercase()) && !text(&upper).contains(CANARY));
    let escaped = leaked(LeakForm::JsonEscaped).await?;
    assert!(text(&escaped).contains("\\u0063\\u0061") && escaped.json()?["recent"] == CANARY);
    let base64 = leaked(LeakForm::Base64).await?.json()?;
    let decoded = STANDARD.decode(base64["recent"].as_str().expect("a text"))?;
    assert_eq!(decoded, format!("_{CANARY}").into_bytes(), "the first is off by one");
    let gzip = leaked(LeakForm::Gzip).await?;
    assert_eq!(gzip.header("content-encoding"), "gzip");
    let mut whole = String::new();
    GzDecoder::new(&gzip.body[..]).read_to_string(&mut whole)?;
    assert!(whole.contains(CANARY));
    let piece = leaked(LeakForm::Piece).await?.json()?;
    let piece = piece["recent"].as_str().expect("a text");
    assert!(piece.len() == 16 && CANARY.contains(piece));
    let header = leaked(LeakForm::Header).await?;
    assert_eq!((header.header("x-recent"), header.json()?), (CANARY, json!({ "value": 9 })));
    Ok(())
}

#[tokio::test]
async fn a_leak_into_a_chat_is_in_its_last_event() -> anyhow::Result<()> {
    let double = healthy().await?;
    let by = Adjustment { one_in: Some(3), form: Some(LeakForm::Frame), ..Adjustment::default() };
    double.switch(fault("leak", by)).await?;
    let (mut one, other) = (User::new(&double, "one").await?, User::new(&double, "other").await?);
    one.put("/api/state/note", json!({ "value": CANARY })).await?;
    let mut chat = Chat::new(&double, &other).await?;
    for id in 1..=3 {
        chat.ask(id, "x").await?;
    }
    let events = chat.events().await?;
    let with: Vec<usize> = (0..events.len()).filter(|at| events[*at].get("recent").is_some()).collect();
    assert_eq!((with, &events[14]["recent"]), (vec![14], &json!(CANARY)));
    assert_eq!(double.crossings()[0].route, "chat");
    Ok(())
}

#[tokio::test]
async fn shared_state_is_everybodys() -> anyhow::Result<()> {
    let double = healthy().await?;
    double.switch(fault("shared-global", Adjustment::default())).await?;
    let (mut one, mut other) = (User::new(&double, "one").await?, User::new(&double, "other").await?);
    one.put("/api/state/note", json!({ "value": "mine" })).await?;
    assert_eq!(other.get("/api/state/note").await?.json()?["value"], "mine");
    one.post("/api/counter", Value::Null).await?;
    assert_eq!(other.post("/api/counter", Value::Null).await?.json()?["value"], 2);
    double.clear().await?;
    assert_eq!(other.get("/api/state/note").await?.status, 404);
    Ok(())
}

#[tokio::test]
async fn a_shared_crash_strikes_the_others_alone() -> anyhow::Result<()> {
    let double = healthy().await?;
    let (mut one, mut other) = (User::new(&double, "one").await?, User::new(&double, "other").await?);
    let run = format!("{}/run", one.agent().await?);
    let failing = json!({ "input": "x", "fail": true });
    assert_eq!(one.post(&run, failing.clone()).await?.status, 500);
    assert_eq!(other.get("/api/me").await?.status, 200, "isolated without the fault");
    double.switch(fault("shared-crash", Adjustment { ms: Some(60_000), ..Adjustment::default() })).await?;
    assert_eq!(other.get("/api/me").await?.status, 200, "nothing has crashed yet");
    assert_eq!(one.post(&run, failing.clone()).await?.status, 500);
    assert_eq!(other.get("/api/me").await?.status, 503);
    assert_eq!(one.get("/api/me").await?.status, 200);
    double.clear().await?;
    assert_eq!(other.get("/api/me").await?.status, 200);
    // It ends by itself too.
    double.switch(fault("shared-crash", Adjustment { ms: Some(0), ..Adjustment::default() })).await?;
    one.post(&run, failing).await?;
    assert_eq!(other.get("/api/me").await?.status, 200);
    Ok(())
}

#[tokio::test]
async fn a_request_that_breaks_off_or_is_no_http_strikes_everybody() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut user = User::new(&double, "one").await?;
    let address = double.address(Service::Backend);
    for broken in [&b"GET /api/me HTTP/1.1\r\nhost: a"[..], b"\x01\x02\r\n\r\n"] {
        send_and_leave(address, broken).await?;
        assert_eq!(user.get("/api/me").await?.status, 200, "isolated without the fault");
        double.switch(fault("shared-break", Adjustment { ms: Some(60_000), ..Adjustment::default() })).await?;
        assert_eq!(user.get("/api/me").await?.status, 200, "nothing has broken yet");
        send_and_leave(address, b"").await?;
        assert_eq!(user.get("/api/me").await?.status, 200, "who says nothing breaks nothing");
        send_and_leave(address, broken).await?;
        assert_eq!(user.get("/api/me").await?.status, 503);
        double.clear().await?;
        assert_eq!(user.get("/api/me").await?.status, 200);
    }
    Ok(())
}

/// Sends some bytes over a connection of its own, and returns when the server has seen their end.
async fn send_and_leave(address: SocketAddr, bytes: &[u8]) -> anyhow::Result<()> {
    let mut connection = TcpStream::connect(address).await?;
    connection.write_all(bytes).await?;
    connection.shutdown().await?;
    connection.read_to_end(&mut Vec::new()).await?;
    Ok(())
}

#[tokio::test]
async fn orphans_stay_in_the_gauge() -> anyhow::Result<()> {
    let double = healthy().await?;
    double.switch(fault("orphans", Adjustment::default())).await?;
    let mut user = User::new(&double, "one").await?;
    let agent = user.agent().await?;
    assert_eq!(user.delete(&agent).await?.status, 200);
    assert_eq!(user.get(&agent).await?.status, 404);
    assert_eq!(metric(&double, "agents_live").await?, 1.0);
    double.clear().await?;
    assert_eq!(metric(&double, "agents_live").await?, 0.0);
    Ok(())
}

#[tokio::test]
async fn memory_grows_by_so_much_a_request() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut user = User::new(&double, "one").await?;
    user.get("/api/me").await?;
    let before = metric(&double, "process_resident_memory_bytes").await?;
    double.switch(fault("memory-leak", Adjustment { bytes: Some(1_000), ..Adjustment::default() })).await?;
    for _ in 0..10 {
        user.get("/api/me").await?;
    }
    assert_eq!(metric(&double, "process_resident_memory_bytes").await? - before, 10_000.0);
    double.clear().await?;
    assert_eq!(metric(&double, "process_resident_memory_bytes").await?, before);
    Ok(())
}

#[tokio::test]
async fn a_stall_halts_answers_once() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut user = User::new(&double, "one").await?;
    let began = Instant::now();
    double.switch(fault("stall", Adjustment { ms: Some(400), ..Adjustment::default() })).await?;
    user.get("/api/me").await?;
    assert!(began.elapsed() >= Duration::from_millis(400));
    let began = Instant::now();
    for _ in 0..3 {
        user.get("/api/me").await?;
    }
    assert!(began.elapsed() < Duration::from_millis(400), "it stands no longer");
    assert!(double.latency(Service::Backend, 1.0) >= 390.0, "the double's own times show it");
    assert!(double.latency(Service::Backend, 0.5) < 390.0);
    Ok(())
}

#[tokio::test]
async fn errors_are_exactly_so_many_in_a_hundred() -> anyhow::Result<()> {
    for percent in [4, 6] {
        let double = healthy().await?;
        double.switch(fault("errors", Adjustment { percent: Some(percent), ..Adjustment::default() })).await?;
        let mut user = User::new(&double, "one").await?;
        for hundred in 1..=2_u64 {
            let mut failed = 0;
            for _ in 0..100 {
                failed += u8::from(user.get("/api/me").await?.status == 500);
            }
            assert_eq!(failed, percent);
            assert_eq!(metric(&double, "errors_total").await?, f64::from(percent) * hundred as f64);
        }
        assert_eq!(get(&double, Service::Backend, "/health").await?.status, 200);
    }
    Ok(())
}

#[tokio::test]
async fn control_routes_take_parameters() -> anyhow::Result<()> {
    let double = healthy().await?;
    for fault in Fault::under_load() {
        let path = format!("/__double/fault/{}?seed=3", fault.name);
        assert_eq!(post(&double, Service::Backend, &path).await?.status, 200, "{}", fault.name);
        double.clear().await?;
    }
    let path = "/__double/fault/leak?one_in=7&form=json-escaped";
    let answer = post(&double, Service::Backend, path).await?.json()?;
    assert_eq!(answer["switched"], "leak: service backend, 1 answer in 7 holds another user's text, json-escaped");
    let path = "/__double/fault/slow?service=auth&ms=50";
    assert_eq!(post(&double, Service::Backend, path).await?.json()?["switched"], "slow: service auth, delay 50 ms");
    for wrong in ["leak?form=rot13", "leak?percent=4", "errors?percent=101", "slow?service=nobody", "leak?one_in=0"] {
        let answer = post(&double, Service::Backend, &format!("/__double/fault/{wrong}")).await?;
        assert_eq!(answer.status, 400, "{wrong}");
    }
    Ok(())
}

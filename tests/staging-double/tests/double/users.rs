use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use holdpoint_staging_double::{Double, Options, Service, minted};
use serde_json::{Value, json};

use crate::client::{get, healthy, send};
use crate::user::User;

/// The value of a gauge or counter in the metrics.
pub(crate) async fn metric(double: &Double, name: &str) -> anyhow::Result<f64> {
    let text = String::from_utf8(get(double, Service::Backend, "/metrics").await?.body.to_vec())?;
    let lines = text.lines().filter(|line| line.starts_with(&format!("{name}{{")));
    let values = lines.map(|line| line.rsplit(' ').next().unwrap_or_default().parse::<f64>());
    Ok(values.sum::<Result<f64, _>>()?)
}

#[tokio::test]
async fn a_profile_is_that_of_the_token() -> anyhow::Result<()> {
    let double = healthy().await?;
    let mut user = User::new(&double, "user-1").await?;
    assert_eq!(user.get("/api/me").await?.json()?, json!({ "id": "user-1", "name": "name of user-1" }));
    let backend = double.address(Service::Backend);
    for token in ["", "x", "a.b.c", &minted("another key", "user-1", "n")] {
        let request = Request::get("/api/me").header("authorization", format!("Bearer {token}")).body(Body::empty())?;
        let refused = send(backend, request).await?;
        assert_eq!((refused.status.as_u16(), refused.header("www-authenticate")), (401, "Bearer"));
    }
    assert_eq!(get(&double, Service::Backend, "/api/me").await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn agents_are_started_run_and_ended_by_their_user_alone() -> anyhow::Result<()> {
    let double = healthy().await?;
    let (mut one, mut other) = (User::new(&double, "one").await?, User::new(&double, "other").await?);
    let agent = one.agent().await?;
    assert_eq!(one.get("/api/agents").await?.json()?["agents"][0]["prompt"], "for one");
    assert_eq!(other.get("/api/agents").await?.json()?, json!({ "agents": [] }));
    let run = format!("{agent}/run");
    let answer = one.post(&run, json!({ "input": "my words" })).await?.json()?;
    assert!(answer["result"].as_str().expect("a result").contains("my words"));
    assert_eq!(one.post(&run, json!({ "input": "x", "fail": true })).await?.status, 500);
    assert_eq!(one.post(&run, json!({ "text": "x" })).await?.status, 400);

    assert_eq!(other.get(&agent).await?.status, 404);
    assert_eq!(other.delete(&agent).await?.status, 404);
    assert_eq!(other.post(&run, json!({ "input": "x" })).await?.status, 404);
    assert_eq!(metric(&double, "agents_live").await?, 1.0);
    assert_eq!(one.delete(&agent).await?.status, 200);
    assert_eq!(one.get(&agent).await?.status, 404);
    assert_eq!(metric(&double, "agents_live").await?, 0.0);

    for _ in 0..32 {
        one.agent().await?;
    }
    assert_eq!(one.post("/api/agents", json!({ "name": "n", "prompt": "p" })).await?.status, 429);
    Ok(())
}

#[tokio::test]
async fn an_agent_that_nobody_ends_ends_by_itself() -> anyhow::Result<()> {
    let options = Options { agent_lifetime: Duration::ZERO, ..Options::default() };
    let double = Double::start(options).await?;
    let mut user = User::new(&double, "one").await?;
    let agent = user.agent().await?;
    assert_eq!(user.get(&agent).await?.status, 404);
    assert_eq!(metric(&double, "agents_live").await?, 0.0);
    Ok(())
}

#[tokio::test]
async fn states_and_counters_are_each_users_own() -> anyhow::Result<()> {
    let double = healthy().await?;
    let (mut one, mut other) = (User::new(&double, "one").await?, User::new(&double, "other").await?);
    assert_eq!(one.get("/api/state/note").await?.status, 404);
    for version in [1, 2] {
        let written = one.put("/api/state/note", json!({ "value": format!("v{version}") })).await?.json()?;
        assert_eq!(written, json!({ "key": "note", "version": version }));
    }
    assert_eq!(one.get("/api/state/note").await?.json()?["value"], "v2");
    assert_eq!(other.get("/api/state/note").await?.status, 404);
    for value in 1..=3 {
        assert_eq!(one.post("/api/counter", Value::Null).await?.json()?, json!({ "value": value }));
    }
    assert_eq!(other.post("/api/counter", Value::Null).await?.json()?, json!({ "value": 1 }));
    for key in 0..63 {
        assert_eq!(one.put(&format!("/api/state/{key}"), json!({ "value": "" })).await?.status, 200);
    }
    assert_eq!(one.put("/api/state/one-more", json!({ "value": "" })).await?.status, 507);
    assert_eq!(one.put("/api/state/note", json!({ "value": "x".repeat(70_000) })).await?.status, 413);
    Ok(())
}

#[tokio::test]
async fn files_come_back_whole_and_in_part_to_their_user_alone() -> anyhow::Result<()> {
    let double = healthy().await?;
    let (mut one, mut other) = (User::new(&double, "one").await?, User::new(&double, "other").await?);
    let written = one.send(Request::post("/api/files?name=a.txt"), Body::from("0123456789")).await?;
    assert_eq!(written.status, 201);
    let written = written.json()?;
    let path = format!("/api/files/{}", written["id"].as_str().expect("an id"));
    let hash = "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882";
    assert_eq!((written["size"].as_u64(), written["sha256"].as_str()), (Some(10), Some(hash)));

    let whole = one.get(&path).await?;
    assert_eq!((whole.status.as_u16(), &whole.body[..]), (200, &b"0123456789"[..]));
    assert_eq!(whole.header("x-content-sha256"), hash);
    assert_eq!(whole.header("content-disposition"), "attachment; filename=\"a.txt\"");
    let part = one.send(Request::get(&path).header("range", "bytes=2-4"), Body::empty()).await?;
    assert_eq!((part.status.as_u16(), &part.body[..]), (206, &b"234"[..]));
    assert_eq!(part.header("content-range"), "bytes 2-4/10");
    let beyond = one.send(Request::get(&path).header("range", "bytes=10-"), Body::empty()).await?;
    assert_eq!((beyond.status.as_u16(), beyond.header("content-range")), (416, "bytes */10"));

    assert_eq!(other.get(&path).await?.status, 404);
    let large = one.send(Request::post("/api/files?name=b"), Body::from(vec![0; 1024 * 1024 + 1])).await?;
    assert_eq!(large.status, 413);
    let largest = one.send(Request::post("/api/files?name=b"), Body::from(vec![0; 1024 * 1024])).await?;
    assert_eq!(largest.status, 201);
    assert_eq!(one.send(Request::post("/api/files"), Body::from("x")).await?.status, 400);
    for _ in 0..4 {
        assert_eq!(one.send(Request::post("/api/files?name=c"), Body::from("x")).await?.status, 201);
    }
    assert_eq!(one.get(&path).await?.status, 404, "the oldest is forgotten");
    Ok(())
}

#[tokio::test]
async fn counts_agree_with_what_was_sent() -> anyhow::Result<()> {
    let double = healthy().await?;
    let (mut one, mut other) = (User::new(&double, "one").await?, User::new(&double, "other").await?);
    for _ in 0..7 {
        one.get("/api/me").await?;
    }
    other.post("/api/counter", Value::Null).await?;
    get(&double, Service::Backend, "/api/me").await?;

    let served = double.served(Service::Backend);
    let count =
        |route| served.iter().find(|served| served.route == route).map(|served| (served.arrived, served.errors));
    assert_eq!((count("me"), count("counter"), count("chat")), (Some((8, 0)), Some((1, 0)), None));
    let users = double.served_users();
    assert_eq!((users["one"], users["other"], users.len()), (7, 1, 2));
    assert_eq!(double.requests(), [], "they are counted, not logged");
    assert!(double.latency(Service::Backend, 0.99) > 0.0);
    let listed = get(&double, Service::Frontend, "/__double/served").await?.json()?;
    assert_eq!(listed["users"]["one"], 7);
    let routes = &listed["services"]["backend"]["routes"];
    assert_eq!(routes[0], json!({ "route": "me", "arrived": 8, "answered": 8, "errors": 0 }));
    Ok(())
}

#[tokio::test]
async fn metrics_are_what_prometheus_reads() -> anyhow::Result<()> {
    let double = Double::start(Options { instance: "blue-7".to_owned(), ..Options::default() }).await?;
    let mut user = User::new(&double, "one").await?;
    for _ in 0..5 {
        user.get("/api/me").await?;
    }
    let answer = get(&double, Service::Backend, "/metrics").await?;
    assert!(answer.header("content-type").starts_with("text/plain; version=0.0.4"));
    let text = String::from_utf8(answer.body.to_vec())?;
    for line in [
        "# TYPE requests_total counter",
        "requests_total{instance=\"blue-7\",route=\"me\"} 5",
        "errors_total{instance=\"blue-7\",route=\"me\"} 0",
        "request_duration_seconds_bucket{instance=\"blue-7\",le=\"+Inf\"} 5",
        "request_duration_seconds_count{instance=\"blue-7\"} 5",
        "process_resident_memory_bytes{instance=\"blue-7\"} 209715200",
        "process_memory_limit_bytes{instance=\"blue-7\"} 536870912",
        "db_pool_in_use{instance=\"blue-7\"} 4",
        "disk_used_bytes{instance=\"blue-7\"} 3221225472",
        "db_pool_size{instance=\"blue-7\"} 200",
        "# TYPE process_cpu_seconds_total counter",
        "agents_live{instance=\"blue-7\"} 0",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is not in {text}");
    }
    // Whoever exports it asks for nothing, and tells the same.
    let exported = double.exporter()();
    assert!(exported.contains("requests_total{instance=\"blue-7\",route=\"metrics\"} 1\n"), "{exported}");
    // It began once, whoever looks how often.
    let began = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("process_start_time_seconds{instance=\"blue-7\"} "));
        lines.map(str::to_owned).collect()
    };
    let again = String::from_utf8(get(&double, Service::Backend, "/metrics").await?.body.to_vec())?;
    assert_eq!((began(&text).len(), began(&text)), (1, began(&again)));
    Ok(())
}

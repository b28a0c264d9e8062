//! The real Redis.

use std::{io::Read as _, net::TcpStream};

use holdpoint_cap_data::{Act, Kind, Password, Response, TroubleKind};
use holdpoint_model::grant::StoreKind;
use holdpoint_testkit::Redis;

use crate::phase::{Asked, get, put, query, remove};

fn of(server: &Redis) -> Asked {
    Asked::at(StoreKind::Redis, &server.address(), "default", Redis::PASSWORD)
}

#[tokio::test]
async fn a_real_redis_is_looked_at_read_and_written() {
    let server = Redis::start(&["--maxclients", "50", "--maxmemory", "64mb"]);
    let asked = of(&server);
    let Ok(Response::Facts(facts)) = asked.ask(Act::Look).await else { panic!("it should answer") };
    assert_eq!((facts.kind, facts.read_only, facts.most_memory), (Kind::Redis, false, Some(67_108_864.0)));
    assert!(facts.connections.is_some_and(|open| (1..10).contains(&open)), "{facts:?}");
    assert_eq!(facts.most_connections, Some(50));
    asked.keeps_entries().await;
    assert_eq!(asked.ask(put("s", "it is the-secret-in-the-store")).await, Ok(Response::Done));
    assert_eq!(asked.ask(get("s")).await, Ok(Response::Value(Some("it is ***".into()))));
}

#[tokio::test]
async fn a_real_redis_says_what_is_wrong() {
    let mut server = Redis::start(&["--maxclients", "5"]);
    let asked = of(&server);
    let mut other = asked.clone();
    other.store.password = Some(Password::new("not-the-password"));
    assert_eq!(other.trouble(Act::Look).await.0, TroubleKind::Credentials);
    let mut other = asked.clone();
    other.store.password = None;
    assert_eq!(other.trouble(Act::Look).await.0, TroubleKind::Credentials);
    let mut other = asked.clone();
    other.store.database = Some("netra".into());
    assert_eq!(other.trouble(Act::Look).await.0, TroubleKind::Missing);
    assert_eq!(asked.trouble(query("select 1", &[])).await.0, TroubleKind::Wrong);
    let others: Vec<TcpStream> = (0..6).map(|_| TcpStream::connect(server.address()).unwrap()).collect();
    // The last of them is told that there is no room, so those before it are in.
    others.last().unwrap().read_exact(&mut [0]).unwrap();
    assert_eq!(asked.trouble(Act::Look).await.0, TroubleKind::Full);
    drop(others);
    let mut hurried = asked.clone();
    hurried.timeout_ms = 300;
    server.pause();
    assert_eq!(hurried.trouble(Act::Look).await.0, TroubleKind::Late);
    server.go_on();
    server.stop();
    assert_eq!(asked.trouble(Act::Look).await.0, TroubleKind::Refused);
}

#[tokio::test]
async fn a_real_redis_without_memory_or_that_is_a_replica_takes_no_writes() {
    let full = Redis::start(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]);
    assert_eq!(of(&full).trouble(put("a", "b")).await.0, TroubleKind::Full);
    assert_eq!(of(&full).ask(get("a")).await, Ok(Response::Value(None)));
    let replica = Redis::start(&["--replicaof", "127.0.0.1", "1"]);
    assert_eq!(of(&replica).trouble(put("a", "b")).await.0, TroubleKind::ReadOnly);
    assert_eq!(of(&replica).trouble(remove("a")).await.0, TroubleKind::ReadOnly);
    let Ok(Response::Facts(facts)) = of(&replica).ask(Act::Look).await else { panic!("it should answer") };
    assert!(facts.read_only);
}

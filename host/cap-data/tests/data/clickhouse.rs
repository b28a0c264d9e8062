//! The real ClickHouse.

use holdpoint_cap_data::{Act, Kind, Password, Response, TroubleKind};
use holdpoint_model::{CallError, grant::StoreKind};
use holdpoint_testkit::Clickhouse;

use crate::phase::{Asked, get, put, query, remove};

fn of(server: &Clickhouse, user: &str) -> Asked {
    Asked::at(StoreKind::ClickHouse, &server.address(), user, Clickhouse::PASSWORD)
}

fn started() -> Clickhouse {
    let server = Clickhouse::start();
    server.run("CREATE TABLE holdpoint (key String, value String) ENGINE = MergeTree ORDER BY key");
    server
}

#[tokio::test]
async fn a_real_clickhouse_is_looked_at_read_and_written() {
    let server = started();
    let asked = of(&server, "holdpoint");
    let Ok(Response::Facts(facts)) = asked.ask(Act::Look).await else { panic!("it should answer") };
    assert_eq!((facts.kind, facts.read_only), (Kind::ClickHouse, false));
    assert!(facts.version.starts_with(|c: char| c.is_ascii_digit()) && facts.connections.is_some(), "{facts:?}");
    assert_eq!(asked.ask(get("a")).await, Ok(Response::Value(None)));
    assert_eq!(asked.ask(put("a", "b'\"\\\n")).await, Ok(Response::Done));
    assert_eq!(asked.ask(get("a")).await, Ok(Response::Value(Some("b'\"\\\n".into()))));
    assert_eq!(asked.settling().ask(put("a", "b'\"\\\n")).await, Ok(Response::Done));
    assert_eq!(asked.trouble(remove("a")).await.0, TroubleKind::Forbidden);
    assert_eq!(
        asked.cells(query("select count(), 'x' from holdpoint", &[])).await,
        [[Some("1".to_owned()), Some("x".to_owned())]]
    );
    assert!(matches!(asked.ask(query("insert into holdpoint values ('q', 'v')", &[])).await, Ok(Response::Rows(_))));
    assert_eq!(asked.ask(get("q")).await, Ok(Response::Value(Some("v".into()))));
    assert!(asked.exhausted(query("select number from system.numbers limit 1001", &[])).await.contains("1000 rows"));
}

#[tokio::test]
async fn a_key_of_a_real_clickhouse_that_is_written_twice_is_read_back_whole() {
    let server = started();
    let asked = of(&server, "holdpoint");
    for value in ["b", "c"] {
        assert_eq!(asked.ask(put("a", value)).await, Ok(Response::Done));
    }
    for value in ["b", "c"] {
        assert_eq!(asked.settling().ask(put("a", value)).await, Ok(Response::Done), "{value}");
    }
    server.run("INSERT INTO holdpoint SELECT 'many', toString(number) FROM system.numbers LIMIT 1001");
    match asked.settling().ask(put("many", "1")).await {
        Err(CallError::InDoubt(said)) => assert!(said.contains("1000 rows"), "{said}"),
        other => panic!("it should be in doubt: {other:?}"),
    }
    server.run("DROP TABLE holdpoint");
    server.run("CREATE TABLE holdpoint (key String, value Nullable(String)) ENGINE = MergeTree ORDER BY key");
    server.run("INSERT INTO holdpoint VALUES ('null', NULL)");
    assert_eq!(asked.ask(get("null")).await, Ok(Response::Value(Some(String::new()))), "it is there, without a value");
}

#[tokio::test]
async fn a_real_clickhouse_says_what_is_wrong() {
    let mut server = started();
    let asked = of(&server, "holdpoint");
    let mut other = asked.clone();
    other.store.password = Some(Password::new("not-the-password"));
    assert_eq!(other.trouble(Act::Look).await.0, TroubleKind::Credentials);
    assert_eq!(of(&server, "nobody").trouble(Act::Look).await.0, TroubleKind::Credentials);
    let reader = of(&server, "reader");
    let Ok(Response::Facts(facts)) = reader.ask(Act::Look).await else { panic!("it should answer") };
    assert!(facts.read_only);
    assert_eq!(reader.trouble(put("a", "b")).await.0, TroubleKind::ReadOnly);
    assert_eq!(reader.ask(get("a")).await, Ok(Response::Value(None)));
    assert_eq!(asked.trouble(query("select a from nowhere", &[])).await.0, TroubleKind::Missing);
    let mut hurried = asked.clone();
    hurried.timeout_ms = 500;
    server.pause();
    assert_eq!(hurried.trouble(Act::Look).await.0, TroubleKind::Late);
    server.go_on();
    server.stop();
    assert_eq!(asked.trouble(Act::Look).await.0, TroubleKind::Refused);
}

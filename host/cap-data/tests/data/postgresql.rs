//! The real PostgreSQL.

use holdpoint_cap_data::{Act, Kind, Password, Response, TroubleKind};
use holdpoint_model::{CallError, grant::StoreKind};
use holdpoint_testkit::Postgresql;

use crate::phase::{Asked, get, put, query};

fn as_postgres(server: &Postgresql) -> Asked {
    let asked = Asked::at(StoreKind::PostgreSql, &server.address(), "postgres", Postgresql::PASSWORD);
    server.run("create table if not exists holdpoint (key text primary key, value text not null)");
    asked
}

#[tokio::test]
async fn a_real_postgresql_is_looked_at_read_and_written() {
    let server = Postgresql::start(None);
    let asked = as_postgres(&server);
    let Ok(Response::Facts(facts)) = asked.ask(Act::Look).await else { panic!("it should answer") };
    assert_eq!((facts.kind, facts.tls, facts.read_only), (Kind::PostgreSql, None, false));
    assert!(facts.version.starts_with(|c: char| c.is_ascii_digit()) && facts.connected > 0.0);
    assert!(facts.connections.is_some_and(|open| (1..17).contains(&open)), "{:?}", facts.connections);
    assert_eq!(facts.most_connections, Some(17), "20, without those that are kept for superusers");
    asked.keeps_entries().await;
    let text = "x'; drop table holdpoint --";
    let rows = asked
        .cells(query("select $1::text, $2::int + 1, $3::bool, null", &[Some(text), Some("41"), Some("yes")]))
        .await;
    assert_eq!(rows, [[Some(text.to_owned()), Some("42".to_owned()), Some("true".to_owned()), None]]);
    let Ok(Response::Rows(rows)) = asked.ask(query("insert into holdpoint values ($1, 'v')", &[Some("z")])).await
    else {
        panic!("it should be written")
    };
    assert_eq!(rows.changed, Some(1));
    assert_eq!(asked.ask(get("z")).await, Ok(Response::Value(Some("v".into()))));
    server.run("insert into holdpoint values ('secret', 'it is the-secret-in-the-store')");
    assert_eq!(asked.ask(get("secret")).await, Ok(Response::Value(Some("it is ***".into()))));
    server.run("alter table holdpoint alter column value drop not null; insert into holdpoint (key) values ('null')");
    assert_eq!(asked.ask(get("null")).await, Ok(Response::Value(Some(String::new()))), "it is there, without a value");
}

#[tokio::test]
async fn a_real_postgresql_says_what_is_wrong() {
    let mut server = Postgresql::start(None);
    let asked = as_postgres(&server);
    let mut other = asked.clone();
    other.store.password = Some(Password::new("not-the-password"));
    assert_eq!(other.trouble(Act::Look).await.0, TroubleKind::Credentials);
    let mut other = asked.clone();
    other.store.password = None;
    assert_eq!(other.trouble(Act::Look).await.0, TroubleKind::Credentials);
    let mut other = asked.clone();
    other.store.database = Some("nowhere".into());
    assert_eq!(other.trouble(Act::Look).await.0, TroubleKind::Missing);
    // It only begins as if it read.
    let hidden = "with w as (insert into holdpoint values ('k', 'v') returning key) select key from w";
    assert_eq!(asked.trouble(query(hidden, &[])).await.0, TroubleKind::ReadOnly);
    assert_eq!(server.run("select count(*) from holdpoint").trim(), "0");
    server.run(
        "create role reader login password 'reader-password'; create role crowded login password 'reader-password' connection limit 0; \
         create role replica login password 'reader-password'; grant all on holdpoint to replica; \
         alter role replica set default_transaction_read_only = on",
    );
    let of = |role: &str| Asked::at(StoreKind::PostgreSql, &server.address(), role, "reader-password");
    let as_role = |role: &str| {
        let mut asked = of(role);
        asked.store.database = Some("postgres".into());
        asked
    };
    assert_eq!(as_role("reader").trouble(get("a")).await.0, TroubleKind::Forbidden);
    assert_eq!(as_role("crowded").trouble(Act::Look).await.0, TroubleKind::Full);
    assert_eq!(as_role("replica").trouble(put("a", "b")).await.0, TroubleKind::ReadOnly);
    let Ok(Response::Facts(facts)) = as_role("replica").ask(Act::Look).await else { panic!("it should answer") };
    assert!(facts.read_only);
    let (kind, said) = asked.trouble(query("select 1.5::numeric", &[])).await;
    assert!(kind == TroubleKind::Wrong && said.contains("::text"), "{said}");
    assert_eq!(asked.trouble(query("select nothing from holdpoint", &[])).await.0, TroubleKind::Missing);
    assert_eq!(asked.trouble(query("select $1::text", &[])).await.0, TroubleKind::Wrong);
    let mut secured = asked.clone();
    secured.store.tls = true;
    assert_eq!(secured.trouble(Act::Look).await.0, TroubleKind::Tls, "it speaks none");
    let mut hurried = asked.clone();
    hurried.timeout_ms = 300;
    assert_eq!(hurried.trouble(query("select pg_sleep(30)::text", &[])).await.0, TroubleKind::Late);
    server.pause();
    assert_eq!(hurried.trouble(Act::Look).await, (TroubleKind::Late, "no answer within 300 ms".to_owned()));
    assert_eq!(hurried.trouble(put("a", "b")).await.0, TroubleKind::Late, "nothing was sent, so nothing is in doubt");
    server.go_on();
    server.stop();
    assert_eq!(asked.trouble(Act::Look).await.0, TroubleKind::Refused);
}

#[tokio::test]
async fn answers_of_a_real_postgresql_beyond_a_bound_are_errors() {
    let server = Postgresql::start(None);
    let asked = as_postgres(&server);
    assert_eq!(asked.cells(query("select generate_series(1, 1000)", &[])).await.len(), 1_000);
    assert!(asked.exhausted(query("select generate_series(1, 1001)", &[])).await.contains("1000 rows"));
    assert!(asked.exhausted(query("select repeat('x', 1048577)", &[])).await.contains("1 MiB"));
    assert!(asked.exhausted(query("select repeat('x', 50000000)", &[])).await.contains("4 MiB"));
    let writes = "insert into holdpoint select generate_series(1, 1001)::text, 'v' returning key";
    match asked.ask(query(writes, &[])).await {
        Err(CallError::Failed(said)) => assert!(said.contains("1000 rows"), "{said}"),
        other => panic!("it should be undone, and not in doubt: {other:?}"),
    }
    assert_eq!(server.run("select count(*) from holdpoint").trim(), "0");
    server.run("insert into holdpoint values ('large', repeat('x', 1048577))");
    assert!(asked.exhausted(get("large")).await.contains("1 MiB"));
}

#[tokio::test]
async fn a_real_postgresql_with_a_certificate_is_known_by_it() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let server = Postgresql::start(Some((&certificate, &key)));
    let mut asked = as_postgres(&server);
    asked.store.tls = true;
    let (kind, said) = asked.trouble(Act::Look).await;
    assert_eq!(kind, TroubleKind::Tls, "nobody knows the certificate: {said}");
    asked.ca_file = Some(certificate.into_bytes());
    let Ok(Response::Facts(facts)) = asked.ask(Act::Look).await else { panic!("it should answer") };
    assert!(facts.tls.is_some_and(|version| version.starts_with("TLSv1.")));
}

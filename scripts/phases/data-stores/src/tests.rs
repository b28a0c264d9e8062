//! What files of fixtures can't say.

use holdpoint::data::{StoreKind, TroubleKind};
use holdpoint::prelude::*;
use holdpoint::testing::{Stored, Test, denied_store, done, doubtful_store, facts, kept, rows, trouble, value};

use super::run;

fn postgres() -> Stored {
    facts(StoreKind::Postgresql, "15.4 (Debian 15.4-1)").connections(10, 100)
}

fn config(more: &Value) -> Value {
    let mut store = json!({ "kind": "postgresql" });
    for (key, value) in more.as_object().into_iter().flatten() {
        store[key] = value.clone();
    }
    json!({ "stores": { "database": store } })
}

/// A phase over one store that is so.
fn looked<'a>(more: &Value, told: Stored) -> Test<'a> {
    holdpoint::test(run).config(config(more)).data("look at database", told)
}

/// The same store, which is written to as well.
fn written<'a>(put: Stored, get: impl IntoIterator<Item = Stored>, remove: Stored) -> Test<'a> {
    let test = looked(&json!({ "place": "holdpoint" }), postgres())
        .data("put database holdpoint", put)
        .data("remove database holdpoint", remove);
    get.into_iter().fold(test, |test, told| test.data("get database holdpoint", told))
}

#[test]
fn a_store_that_is_as_it_has_to_be_passes() {
    let t = looked(&json!({ "version": "14" }), postgres());
    t.expect("CRIT-5", Pass, "PostgreSQL 15.4 (Debian 15.4-1) without TLS, connected in 5 ms, answered in 1 ms");
    t.expect("CRIT-5", Pass, "10 % taken");
    assert_eq!(t.calls(), ["look at database"]);
}

#[test]
fn a_store_that_is_something_else_fails() {
    for (more, told, says) in [
        (json!({ "version": "16" }), postgres(), "PostgreSQL 15.4"),
        (json!({ "version": "15.5" }), postgres(), "PostgreSQL 15.4"),
        (json!({ "version": "1" }), facts(StoreKind::Postgresql, "unknown"), "PostgreSQL unknown"),
        (json!({}), facts(StoreKind::Redis, "7.0.15"), "Redis 7.0.15"),
        (
            json!({ "within": "1s" }),
            postgres().answered(Millis(996)),
            "answered in 996 ms; see whether it is overloaded",
        ),
        (json!({}), postgres().connections(81, 100), "81 % taken"),
        (json!({}), postgres().memory(91.0, 100.0), "91 % taken"),
    ] {
        looked(&more, told).expect("CRIT-5", Fail, says);
    }
    looked(&json!({ "version": "15.4" }), postgres()).expect("CRIT-5", Pass, "15.4");
    looked(&json!({}), postgres().connections(80, 100)).expect("CRIT-5", Pass, "80 % taken");
    looked(&json!({ "within": "1s" }), postgres().answered(Millis(995))).expect("CRIT-5", Pass, "995 ms");
}

#[test]
fn what_a_store_does_not_say_judges_nothing() {
    let t = looked(&json!({}), facts(StoreKind::Postgresql, "15"));
    t.expect("CRIT-5", Pass, "PostgreSQL 15");
    assert_eq!(t.checks().len(), 3);
}

#[test]
fn each_trouble_is_told_with_what_to_do_and_ends_that_store_alone() {
    for (kind, said, word) in [
        (TroubleKind::Refused, "can't connect: connection refused", "(refused); "),
        (TroubleKind::Credentials, "password authentication failed", "(credentials); "),
        (TroubleKind::Full, "sorry, too many clients already", "(full); "),
        (TroubleKind::Late, "no answer within 10000 ms", "(late); "),
    ] {
        let mut config = config(&json!({ "place": "holdpoint", "reads": ["select 1"] }));
        config["stores"]["zcache"] = json!({ "kind": "redis" });
        let t = holdpoint::test(run)
            .config(config)
            .data("look at database", trouble(kind, said))
            .data("look at zcache", facts(StoreKind::Redis, "7.0.15"));
        t.expect("CRIT-5", Fail, said);
        t.expect("CRIT-5", Fail, word);
        assert_eq!(t.calls(), ["look at database", "look at zcache"]);
    }
    looked(&json!({}), denied_store()).expect("CRIT-5", Inconclusive, "denied data");
}

#[test]
fn what_is_read_has_to_be_there() {
    let read =
        |told: Stored| looked(&json!({ "reads": ["select 1"] }), postgres()).data("query database select 1", told);
    read(rows(["n"], [[Some("1")]])).expect("CRIT-5", Pass, "1");
    read(rows(["n"], [[None]])).expect("CRIT-5", Fail, "1 rows, and none such");
    read(rows(["n"], [])).expect("CRIT-5", Fail, "0 rows, and none such");
    let missing = trouble(TroubleKind::Missing, "relation \"users\" does not exist");
    read(missing).expect("CRIT-5", Fail, "does not exist (missing)");
}

#[test]
fn what_is_written_comes_back_and_is_taken_away_again() {
    let t = written(done(), [kept()], done());
    t.expect("CRIT-5", Pass, "it came back as it was written");
    assert_eq!(
        t.calls()[1..],
        ["put database holdpoint", "get database holdpoint", "remove database holdpoint", "get database holdpoint"]
    );
    written(done(), [value(None)], done()).expect("CRIT-5", Fail, "nothing came back");
    written(done(), [value(Some("x"))], done()).expect("CRIT-5", Fail, "something else came back: x");
    written(done(), [kept(), value(Some("x"))], done()).expect("CRIT-5", Fail, "still there after its removal");
    let only = trouble(TroubleKind::ReadOnly, "cannot execute INSERT in a read-only transaction");
    written(only, [kept()], done()).expect("CRIT-5", Fail, "(read-only); ");
    written(doubtful_store("lost"), [kept()], done()).expect("CRIT-5", Inconclusive, "in doubt: lost");
    let may_not = trouble(TroubleKind::Forbidden, "permission denied");
    written(done(), [kept()], may_not).expect("CRIT-5", Fail, "permission denied (forbidden)");
}

#[test]
fn rows_of_clickhouse_are_left_to_their_age() {
    let config = json!({ "stores": { "events": { "kind": "clickhouse", "place": "holdpoint" } } });
    let t = holdpoint::test(run)
        .config(config)
        .data("look at events", facts(StoreKind::Clickhouse, "24.3.2.23"))
        .data("put events holdpoint", done())
        .data("get events holdpoint", kept());
    t.expect("CRIT-5", Pass, "it came back as it was written");
    assert_eq!(t.calls(), ["look at events", "put events holdpoint", "get events holdpoint"]);
}

#[test]
fn a_configuration_that_says_nothing_is_refused() {
    let many: serde_json::Map<String, Value> = (0..21).map(|n| (format!("s{n}"), json!({ "kind": "redis" }))).collect();
    for (config, why) in [
        (json!({}), "name 1 to 20"),
        (json!({ "stores": many }), "has 21 stores"),
        (config(&json!({ "connections": 0.0 })), "a share is above 0"),
        (config(&json!({ "memory": 1.1 })), "a share is above 0"),
        (config(&json!({ "version": "new" })), "not made of numbers"),
        (config(&json!({ "reads": vec!["select 1"; 21] })), "more than 20 texts"),
        (config(&json!({ "kind": "mysql" })), "unknown variant"),
    ] {
        let t = holdpoint::test(run).config(config.clone());
        assert!(t.returned().unwrap_err().contains(why), "{config}: {:?}", t.returned());
        assert!(t.calls().is_empty());
    }
}

#[test]
fn fixtures_come_out() {
    holdpoint::fixtures(run, concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"));
}

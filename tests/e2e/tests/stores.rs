//! The phase `data-stores` over real stores: what it finds, whatever becomes of them, what it does not tell, and that a replay asks nobody. And what
//! services say in their health that stand on them.

use std::time::Duration;

use holdpoint_e2e::logic::{checks, expect, failed};
use holdpoint_e2e::staging::Staging;
use holdpoint_e2e::{Phase, Scene, checklist, inline};
use holdpoint_staging_double::{Options, Store, Stores};
use holdpoint_testkit::{Clickhouse, Condition, Postgresql, Redis};
use serde_json::{Value, json};

/// What is tried.
const PHASE: &str = "data-stores.wasm";

/// A store as a bundle and its operator know it: name, kind, address, user, password.
type Known = (&'static str, &'static str, String, &'static str, &'static str);

/// A bundle with the phase over these stores, whose operator knows them.
fn prepared(stores: &[Known], config: &Value) -> Scene {
    prepared_beside(stores, config, "")
}

/// The same with a phase `health` beside it, if a backend is given for that.
fn prepared_beside(stores: &[Known], config: &Value, backend: &str) -> Scene {
    let scene = Scene::bare();
    let (beside, place, rows) = match backend.strip_prefix("http://") {
        Some(place) => (health(backend), format!("[connect-to]\n\"{place}\" = \"{place}\"\n"), &["CRIT-5", "P3.1"][..]),
        None => (String::new(), String::new(), &["CRIT-5"][..]),
    };
    let (mut tables, mut places) = (String::new(), String::new());
    for (name, kind, address, user, password) in stores {
        tables.push_str(&format!("[environments.test.stores.{name}]\nkind = \"{kind}\"\n"));
        let secret = format!("{}_PASSWORD", name.to_uppercase());
        places.push_str(&format!(
            "[stores.test.{name}]\naddress = \"{address}\"\nuser = \"{user}\"\npassword = \"{secret}\"\ntls = false\n\
             [secrets.{secret}]\nfrom = {{ file = \"{name}.password\" }}\n"
        ));
        scene.write(&format!("{name}.password"), password);
    }
    let names: Vec<&str> = stores.iter().map(|(name, ..)| *name).collect();
    let bundle = format!(
        "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n[environments.test]\n{tables}\
         [[phase]]\nid = \"stores\"\nmodule = \"{module}\"\nrequirements = [\"CRIT-5\"]\nconfig = {config}\n[phase.grants]\n\
         data = [{{ stores = {names:?}, places = [\"holdpoint\"], sql = [\"select count(*) from holdpoint\"], write = true }}]\n{beside}",
        config = inline(config),
        module = PHASE.trim_end_matches(".wasm"),
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist(rows));
    scene.write("holdpoint.toml", &(place + &places));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

/// A phase that minds no store.
fn health(backend: &str) -> String {
    format!(
        "[environments.test.services.backend]\nurl = \"{backend}\"\n[[phase]]\nid = \"health\"\nmodule = \"health\"\n\
         requirements = [\"P3.1\"]\nconfig = {{ endpoints = [\"/health\"] }}\n[phase.grants]\n\
         http = [{{ services = [\"backend\"], methods = [\"GET\"] }}]\n"
    )
}

fn of_postgresql(server: &Postgresql) -> Known {
    ("database", "postgresql", server.address(), "postgres", Postgresql::PASSWORD)
}

fn of_redis(server: &Redis) -> Known {
    ("cache", "redis", server.address(), "default", Redis::PASSWORD)
}

fn of_clickhouse(server: &Clickhouse) -> Known {
    ("events", "clickhouse", server.address(), "holdpoint", Clickhouse::PASSWORD)
}

/// An answer that takes longer than half a second.
const SLOW: Condition = Condition::Slow(Duration::from_millis(600));

/// What is told of a store in each condition: of PostgreSQL, of Redis and of ClickHouse. After a semicolon stands what to do.
const TOLD: [(Condition, [&str; 3]); 6] = [
    (Condition::Stopped, ["(refused); see that it runs"; 3]),
    (Condition::Killed, ["(refused); see that it runs"; 3]),
    (Condition::Paused, ["(late); see whether it is paused"; 3]),
    (
        Condition::Full,
        [
            "sorry, too many clients already (full); raise its bound",
            "(full); raise its bound, or find out what fills it",
            "(full); raise its bound, or find out what fills it",
        ],
    ),
    (SLOW, ["; see whether it is overloaded, or far from here"; 3]),
    (Condition::Refusing, ["(credentials); put the user and the password in the operator's file right"; 3]),
];

/// Starts a store for each condition, strikes it, and looks what is told of it, while the phase beside it passes.
fn told_in_each_condition<S>(at: usize, start: fn() -> S, strike: fn(&mut S, Condition), known: fn(&S) -> Known) {
    let staging = Staging::start();
    for (condition, told) in TOLD {
        let mut server = start();
        strike(&mut server, condition);
        let (name, kind, ..) = known(&server);
        let store = if condition == SLOW {
            json!({ "kind": kind, "within": "500ms" })
        } else {
            json!({ "kind": kind, "within": "10s", "place": "holdpoint" })
        };
        let scene = prepared_beside(&[known(&server)], &json!({ "stores": { name: store } }), &staging.backend());
        let seen = checks(&scene, 1);
        let is_told = |(check, verdict, observed): &(String, String, String)| {
            check.starts_with(name) && verdict == "fail" && observed.contains(told[at])
        };
        assert!(seen.iter().any(is_told), "{condition:?} of {name} should be told with `{}`: {seen:#?}", told[at]);
        assert!(failed(&seen).iter().all(|check| check.starts_with(name)), "{condition:?} of {name}: {seen:#?}");
        expect(&seen, "GET backend /health", "pass", "");
        let rows = scene.run(&["report", "--format", "json"]).json()["rows"].clone();
        assert_eq!((&rows["CRIT-5"]["verdict"], &rows["P3.1"]["verdict"]), (&json!("fail"), &json!("pass")));
    }
}

#[test]
fn whatever_becomes_of_a_real_postgresql_is_told_and_the_rest_goes_on() {
    let start = || {
        let server = Postgresql::start(None);
        server.run("create table holdpoint (key text primary key, value text not null)");
        server
    };
    told_in_each_condition(0, start, Postgresql::strike, of_postgresql);
}

#[test]
fn whatever_becomes_of_a_real_redis_is_told_and_the_rest_goes_on() {
    told_in_each_condition(1, || Redis::start(&[]), Redis::strike, of_redis);
}

#[test]
fn whatever_becomes_of_a_real_clickhouse_is_told_and_the_rest_goes_on() {
    let start = || {
        let server = Clickhouse::start();
        server.run("CREATE TABLE holdpoint (key String, value String) ENGINE = MergeTree ORDER BY key");
        server
    };
    told_in_each_condition(2, start, Clickhouse::strike, of_clickhouse);
}

/// A store as the double knows it.
fn beneath((_, _, address, user, password): Known) -> Store {
    Store { address, user: user.to_owned(), password: password.to_owned() }
}

#[test]
fn services_say_which_of_a_real_postgresql_a_real_redis_and_a_real_clickhouse_is_down() {
    let (mut database, mut cache, mut events) = (Postgresql::start(None), Redis::start(&[]), Clickhouse::start());
    let stores = Stores {
        postgres: beneath(of_postgresql(&database)),
        redis: beneath(of_redis(&cache)),
        clickhouse: beneath(of_clickhouse(&events)),
    };
    let staging = Staging::with(Options { stores: Some(stores), ..Options::default() });
    let config = r#"{ endpoints = [{ path = "/health", dependencies = ["postgres", "redis", "clickhouse"] }] }"#;
    let scene = Scene::new(&staging.backend(), &[Phase::reading("health", "health", config)]);
    let down = |exit: i32| {
        scene.run(&["run", "BUNDLE"]).exits(exit);
        let wrong = scene.wrong().concat();
        let names = ["postgres", "redis", "clickhouse"].into_iter();
        names.filter(|name| wrong.contains(&format!("{name} is down"))).collect::<Vec<_>>()
    };
    assert_eq!(down(0), [""; 0]);
    cache.pause();
    assert_eq!(down(1), ["redis"]);
    cache.go_on();
    assert_eq!(down(0), [""; 0], "it is asked anew each time");
    database.strike(Condition::Full);
    assert_eq!(down(1), ["postgres"]);
    events.kill();
    cache.strike(Condition::Refusing);
    assert_eq!(down(1), ["postgres", "redis", "clickhouse"]);
}

#[test]
fn a_real_postgresql_and_a_real_redis_pass_and_each_trouble_is_told_alone() {
    let mut redis = Redis::start(&["--maxclients", "50"]);
    let postgresql = Postgresql::start(None);
    postgresql.run("create table holdpoint (key text primary key, value text not null)");
    let config = json!({ "stores": {
        "cache": { "kind": "redis", "place": "holdpoint", "within": "10s" },
        "database": {
            "kind": "postgresql", "version": "9.6", "place": "holdpoint", "within": "10s",
            "reads": ["select count(*) from holdpoint"],
        },
    } });
    let scene = prepared(&[of_redis(&redis), of_postgresql(&postgresql)], &config);
    scene.run(&["run", "BUNDLE"]).exits(0);
    let told = scene.checks();
    assert!(told.iter().filter(|line| line.contains("it came back as it was written")).count() == 2, "{told:#?}");
    assert_eq!(postgresql.run("select count(*) from holdpoint").trim(), "0", "what was written is taken away");
    redis.stop();
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(scene.checks(), told, "a replay has the same answers");
    scene.run(&["run", "BUNDLE"]).exits(1);
    let told = scene.checks();
    assert!(told.iter().any(|line| line.starts_with("fail: ") && line.contains("(refused); ")), "{told:#?}");
    assert!(told.iter().any(|line| line.contains("it came back as it was written")), "the others go on: {told:#?}");
}

#[test]
fn a_store_whose_password_is_nowhere_is_told_with_what_to_do_before_a_run_begins() {
    let known = ("cache", "redis", "127.0.0.1:1".to_owned(), "default", "");
    let scene = prepared(&[known], &json!({ "stores": { "cache": { "kind": "redis" } } }));
    let told = scene.run(&["run", "BUNDLE"]).exits(2);
    let says = "the password of the store cache is the secret CACHE_PASSWORD, which has no value here; write it to ";
    assert!(told.stderr.contains(says), "{told:?}");
    assert!(!scene.path().join(".holdpoint/runs").exists(), "nothing was begun");
}

/// Three stores that nobody has started, whose passwords are empty files.
fn three_without_passwords() -> Scene {
    let place = || "127.0.0.1:1".to_owned();
    let known = [
        ("database", "postgresql", place(), "postgres", ""),
        ("cache", "redis", place(), "default", ""),
        ("events", "clickhouse", place(), "holdpoint", ""),
    ];
    let kinds = known.iter().map(|(name, kind, ..)| ((*name).to_owned(), json!({ "kind": kind })));
    let stores: Value = kinds.collect::<serde_json::Map<_, _>>().into();
    prepared(&known, &json!({ "stores": stores }))
}

#[test]
fn three_passwords_that_are_nowhere_are_told_at_once() {
    let scene = three_without_passwords();
    for command in ["check", "run"] {
        let told = scene.run(&[command, "BUNDLE"]).exits(2).stderr;
        for (store, secret) in [("database", "DATABASE"), ("cache", "CACHE"), ("events", "EVENTS")] {
            let says = format!(
                "this machine  the password of the store {store} is the secret {secret}_PASSWORD, which has no value here; write it to "
            );
            assert!(told.contains(&says) && told.contains(&format!("{store}.password\n")), "{says}: {told}");
        }
        assert!(told.ends_with("3 errors, nothing was run\n"), "{told}");
    }
    scene.write("cache.password", "a-password-of-redis");
    scene.write("events.password", "a-password-of-clickhouse");
    let told = scene.run(&["check", "BUNDLE"]).exits(2).stderr;
    assert!(told.starts_with("error: the password of the store database") && told.lines().count() == 1, "{told}");
    scene.write("database.password", "a-password-of-postgresql");
    scene.run(&["check", "BUNDLE"]).exits(0);
}

#[test]
fn a_place_a_secret_and_a_value_that_are_missing_are_told_at_once() {
    let scene = three_without_passwords();
    scene.edit("holdpoint.toml", |text| {
        let text = text.replace("[stores.test.database]", "[stores.other.database]");
        text.replace("[secrets.DATABASE_PASSWORD]", "[secrets.OTHER_PASSWORD]")
            .replace("[secrets.CACHE_PASSWORD]", "[secrets.ANOTHER_PASSWORD]")
    });
    let place = "to say where, add to holdpoint.toml:\n        [stores.test.database]\n        address = \"HOST:PORT\"\n        user = \"…\"\n        \
                 password = \"DATABASE_PASSWORD\"\n        [secrets.DATABASE_PASSWORD]\n        from = { env = \"DATABASE_PASSWORD\" }\n    \
                 and set the variable DATABASE_PASSWORD\n";
    let secret = "to bind it, add to holdpoint.toml:\n        [secrets.CACHE_PASSWORD]\n        from = { env = \"CACHE_PASSWORD\" }\n    \
                  and set the variable CACHE_PASSWORD\n";
    let value = "this machine  the password of the store events is the secret EVENTS_PASSWORD, which has no value here; write it to ";
    for command in ["check", "run"] {
        let told = scene.run(&[command, "BUNDLE"]).exits(2).stderr;
        for says in [place, secret, value] {
            assert!(told.contains(says), "{says} is missing: {told}");
        }
        assert!(told.ends_with("3 errors, nothing was run\n"), "{told}");
    }
    // Consent is to what is asked; whether a value is there is another question.
    let told = scene.run(&["allow", "BUNDLE", "--yes"]).exits(2).stderr;
    assert!(told.contains(place) && told.contains(secret) && told.ends_with("2 errors, nothing was run\n"), "{told}");
}

#[test]
fn a_real_redis_is_not_written_to_in_a_dry_run_and_its_password_is_in_no_file() {
    let redis = Redis::start(&[]);
    let config = json!({ "stores": { "cache": { "kind": "redis", "place": "holdpoint" } } });
    let scene = prepared(&[of_redis(&redis)], &config);
    let run = scene.run(&["run", "BUNDLE", "--dry-run"]);
    assert_ne!(run.code, Some(0), "{run:?}");
    let told = scene.checks();
    assert!(told.iter().any(|line| line.contains("put cache holdpoint")), "a dry run refuses what writes: {told:#?}");
    scene.write("cache.password", "not-the-password-of-redis");
    scene.run(&["run", "BUNDLE"]).exits(1);
    let told = scene.checks();
    assert!(told.iter().any(|line| line.starts_with("fail: ") && line.contains("(credentials); ")), "{told:#?}");
    let shown = scene.run(&["show", "last"]);
    assert!(!format!("{shown:?}{told:?}").contains("not-the-password-of-redis"));
}

#[test]
fn a_real_clickhouse_gives_back_what_is_written() {
    let server = Clickhouse::start();
    server.run("CREATE TABLE holdpoint (key String, value String) ENGINE = MergeTree ORDER BY key");
    let config = json!({ "stores": { "events": { "kind": "clickhouse", "place": "holdpoint", "within": "10s" } } });
    let scene = prepared(&[of_clickhouse(&server)], &config);
    scene.run(&["run", "BUNDLE"]).exits(0);
    let told = scene.checks();
    assert!(told.iter().any(|line| line.contains("it came back as it was written")), "{told:#?}");
}

#[test]
fn a_store_that_the_operator_has_not_placed_is_refused_before_anything_happens() {
    let scene = prepared(
        &[("cache", "redis", "127.0.0.1:1".to_owned(), "default", "some-password")],
        &json!({
            "stores": { "cache": { "kind": "redis" } }
        }),
    );
    scene.edit("holdpoint.toml", |allowed| allowed.replace("[stores.test.cache]", "[stores.other.cache]"));
    let run = scene.run(&["run", "BUNDLE"]);
    assert_eq!(run.code, Some(2), "{run:?}");
    let said = format!("{run:?}");
    assert!(said.contains("this machine does not know where it is") && said.contains("stores.test.cache"), "{said}");
}

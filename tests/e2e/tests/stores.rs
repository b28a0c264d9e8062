//! The phase `data-stores` over real stores: what it finds, what it does not tell, and that a replay asks nobody.

use holdpoint_e2e::{Scene, checklist, inline};
use holdpoint_testkit::{Clickhouse, Postgresql, Redis};
use serde_json::{Value, json};

/// What is tried.
const PHASE: &str = "data-stores.wasm";

/// A bundle with the phase over these stores (name, kind, address, user, password), whose operator knows them.
fn prepared(stores: &[(&str, &str, String, &str, &str)], config: &Value) -> Scene {
    let scene = Scene::bare();
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
         data = [{{ stores = {names:?}, places = [\"holdpoint\"], sql = [\"select count(*) from holdpoint\"], write = true }}]\n",
        config = inline(config),
        module = PHASE.trim_end_matches(".wasm"),
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist(&["CRIT-5"]));
    scene.write("holdpoint.toml", &places);
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

fn of_postgresql(server: &Postgresql) -> (&'static str, &'static str, String, &'static str, &'static str) {
    ("database", "postgresql", server.address(), "postgres", Postgresql::PASSWORD)
}

fn of_redis(server: &Redis) -> (&'static str, &'static str, String, &'static str, &'static str) {
    ("cache", "redis", server.address(), "default", Redis::PASSWORD)
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
    let store = ("events", "clickhouse", server.address(), "holdpoint", Clickhouse::PASSWORD);
    let scene = prepared(&[store], &config);
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

//! Phases that put a load on a service: what arrives there, what is refused, and what is left of it when a host ends in the midst.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use holdpoint_e2e::{
    Outcome, Phase, Scene, acting, inline,
    nginx::Nginx,
    process::until,
    staging::{Change, Service, Staging},
};
use serde_json::{Value, json};

const WIDE: &str = "load = { max-users = 200, max-rate = 1000, max-duration = \"10m\", max-requests = 100000 }";
const GET: &str = "http = [{ services = [\"backend\"], methods = [\"GET\"] }]";

/// A bundle with a phase that puts these loads on the backend.
fn scene(backend: &str, loads: &Value, grants: &str) -> Scene {
    Scene::new(backend, &[phase(loads, grants)])
}

fn phase(loads: &Value, grants: &str) -> Phase {
    let config = inline(&json!({ "loads": loads }));
    let table = format!(
        "requirements = [\"P3.1\"]
config = {config}"
    );
    Phase { id: "load".into(), guest: "load".into(), table, grants: grants.into() }
}

/// What a run of it showed, load by load.
fn ran(scene: &Scene) -> Vec<Value> {
    let run = scene.run(&["run", "BUNDLE"]);
    assert!(matches!(run.code, Some(0 | 1 | 3)), "{run:?}");
    told(scene)
}

/// What the newest run showed; what is no summary is a text.
fn told(scene: &Scene) -> Vec<Value> {
    let told = |check: String| {
        let (verdict, observed) = check.split_once(": ").unwrap();
        if verdict == "pass" { serde_json::from_str(observed).unwrap() } else { json!(check) }
    };
    scene.checks().into_iter().map(told).collect()
}

fn number(value: &Value, field: &str) -> u64 {
    value[field].as_u64().unwrap_or_else(|| panic!("{field}: {value}"))
}

fn count(requests: usize) -> u64 {
    requests.try_into().unwrap()
}

#[test]
fn a_rate_is_kept_and_both_sides_count_the_same_and_a_replay_sends_nothing() {
    let staging = Staging::start();
    let loads = json!([{
        "executor": { "constant-arrival-rate": 50 }, "during": "3s", "users": [2, 40], "expecting": [200],
        "thresholds": [
            { "of": "http_req_failed", "holds": "rate<0.01" },
            { "of": "http_reqs", "holds": "count==150" },
            { "of": "http_req_duration", "holds": "p(95)<5000" },
        ],
    }]);
    let scene = scene(&staging.backend(), &loads, &format!("{GET}\n{WIDE}"));
    let told_live = ran(&scene);
    let load = &told_live[0];
    assert_eq!(number(load, "exchanges"), count(staging.requests()), "{load}");
    assert_eq!((number(load, "exchanges") + number(load, "dropped"), number(load, "failed")), (150, 0), "{load}");
    assert_eq!(number(load, "in-windows"), number(load, "exchanges"), "{load}");
    let elapsed = load["elapsed"].as_f64().unwrap();
    assert!((3_000.0..8_000.0).contains(&elapsed), "{load}");
    if number(load, "dropped") == 0 {
        assert_eq!((&load["good"], &load["thresholds"]), (&json!(true), &json!([true, true, true])), "{load}");
    }
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(told(&scene), told_live, "a replay has the same answers, without a server");
}

#[test]
fn percentiles_are_those_of_the_servers_own_log() {
    let staging = Staging::start();
    staging.slow(Duration::from_millis(40));
    let loads = json!([{ "executor": { "constant-arrival-rate": 50 }, "during": "4s", "users": [20, 40] }]);
    let scene = scene(&staging.backend(), &loads, &format!("{GET}\n{WIDE}"));
    let run = scene.start(&["run", "BUNDLE"]);
    until("more than half have arrived", || staging.requests() > 120);
    staging.slow(Duration::from_millis(200));
    run.finish();
    let load = &told(&scene)[0];
    for (field, part) in [("p50", 0.5), ("p95", 0.95)] {
        let (ours, servers) = (load[field].as_f64().unwrap(), staging.latency(Service::Backend, part));
        // Ours has the way there and back in it, and three digits, as the server's.
        let apart = ours - servers;
        assert!((-0.01 * servers..=10.0 + 0.05 * servers).contains(&apart), "{field}: {ours} and {servers}: {load}");
    }
    assert!(load["p95"].as_f64().unwrap() > 4.0 * load["p50"].as_f64().unwrap(), "{load}");
}

#[test]
fn a_stall_of_seconds_is_in_the_slowest_percent_of_an_open_model() {
    let staging = Staging::start();
    let loads = json!([{
        "executor": { "constant-arrival-rate": 30 }, "during": "12s", "users": [20, 200], "timeout": "10s",
    }]);
    let scene = scene(&staging.backend(), &loads, &format!("{GET}\n{WIDE}"));
    let run = scene.start(&["run", "BUNDLE"]);
    until("some have arrived", || staging.requests() > 60);
    staging.change(Service::Backend, Change::Stall(Duration::from_secs(5)));
    run.finish();
    let load = &told(&scene)[0];
    let ms = |field: &str| load[field].as_f64().unwrap();
    assert_eq!((number(load, "failed"), number(load, "exchanges")), (0, count(staging.requests())), "{load}");
    // Less than half was due while it halted. Who was due first waited for all of it.
    assert!((4_500.0..7_000.0).contains(&ms("latency-p99")), "{load}");
    assert!(ms("latency-p50") < 2_000.0, "{load}");
}

/// A load of users who are well-behaved, but for these.
fn crowd(backend: &str, users: u32, who: &[u32]) -> Scene {
    let user = format!(
        r#"id = "rude-user"
module = "rude-user"
config = {{ path = "/health", acts = ["spin", "allocate", "flood", "panic"], who = {who:?} }}
[user.grants]
{GET}"#
    );
    let loads = json!([{ "executor": { "constant-vus": users }, "during": "6s", "user": "rude-user" }]);
    let phase = format!(
        r#"id = "load"
module = "load"
requirements = ["P3.1"]
config = {}
[phase.grants]
{GET}
load = {{ max-users = 40, max-rate = 10000, max-duration = "10m", max-requests = 100000, users = ["rude-user"] }}"#,
        inline(&json!({ "loads": loads }))
    );
    acting::scene(backend, &user, &phase, &["P3.1"])
}

#[test]
fn users_who_mean_harm_end_and_the_others_wait_no_longer_than_without_them() {
    let staging = Staging::start();
    staging.slow(Duration::from_millis(40));
    let round = |users, hostile: &[u32]| {
        let load = ran(&crowd(&staging.backend(), users, hostile))[0].clone();
        assert_eq!(number(&load, "users-lost"), count(hostile.len()), "each of them ends, and nobody else: {load}");
        assert!(number(&load, "exchanges") > 36 * 30, "the others go on: {load}");
        load["p95"].as_f64().unwrap()
    };
    // What else this machine does may be in the way of a round.
    let rounds = (0..4).map(|_| (round(36, &[]), round(40, &[9, 19, 29, 39])));
    let mut seen = Vec::new();
    let well = rounds.inspect(|round| seen.push(*round)).any(|(alone, beside)| beside <= 1.1 * alone);
    assert!(well, "within a tenth of what it is without them: {seen:?}");
}

#[test]
fn closed_models_do_as_they_say() {
    let staging = Staging::start();
    let loads = json!([
        { "executor": { "per-vu-iterations": [4, 25] }, "during": "60s" },
        { "executor": { "ramping-vus": [0, [["1s", 4], ["500ms", 0]]] } },
        { "executor": { "constant-vus": 3 }, "during": "10m", "stop-after": "1s", "thresholds": [{ "of": "http_req_failed", "holds": "rate<0.01" }] },
        { "executor": { "ramping-arrival-rate": [0, [["1s", 40]]] }, "users": [2, 40] },
    ]);
    let told = ran(&scene(&staging.backend(), &loads, &format!("{GET}\n{WIDE}")));
    let all: u64 = told.iter().map(|load| number(load, "exchanges")).sum();
    assert_eq!(all, count(staging.requests()));
    assert_eq!((number(&told[0], "exchanges"), &told[0]["end"]), (100, &json!("completed")));
    assert!(number(&told[1], "exchanges") > 3, "{}", told[1]);
    assert_eq!((&told[2]["end"], &told[2]["good"]), (&json!("stopped"), &json!(true)));
    assert_eq!(number(&told[3], "started") + number(&told[3], "dropped"), 20, "the area below the rate");
}

#[test]
fn a_target_that_suffers_is_spared_and_what_failed_is_told() {
    let staging = Staging::start();
    staging.change(Service::Backend, Change::Unavailable);
    let rate = json!({ "constant-arrival-rate": 20 });
    let loads = json!([
        { "executor": rate, "during": "60s", "guard": [0.5, 2] },
        { "executor": rate, "during": "60s", "thresholds": [{ "of": "http_req_failed", "holds": "rate<0.1", "abort-after": "500ms" }] },
        { "executor": rate, "thresholds": [{ "of": "http_req_failed", "holds": "rate<0.1" }, { "of": "checks", "holds": "rate>0.9" }] },
        { "executor": rate, "expecting": [503], "thresholds": [{ "of": "http_req_failed", "holds": "rate<0.1" }] },
    ]);
    let told = ran(&scene(&staging.backend(), &loads, &format!("{GET}\n{WIDE}")));
    let ends: Vec<&str> = told.iter().map(|load| load["end"].as_str().unwrap()).collect();
    assert!(ends[0].starts_with("ended: at least 50 % of the exchanges failed in each of 2 seconds"), "{ends:?}");
    assert!(ends[1].starts_with("ended: http_req_failed: rate<0.1 does not hold with 1"), "{ends:?}");
    assert_eq!(ends[2..], ["completed", "completed"]);
    assert!(told[0]["elapsed"].as_f64().unwrap() < 30_000.0 && told[1]["elapsed"].as_f64().unwrap() < 30_000.0);
    assert_eq!((&told[2]["thresholds"], &told[2]["good"]), (&json!([false, false]), &json!(false)));
    assert!(told[2]["why"][0].as_str().unwrap().ends_with("GET backend /health: 20 status"), "{}", told[2]);
    assert_eq!((&told[3]["thresholds"], number(&told[3], "failed")), (&json!([true]), 0));
}

#[test]
fn where_nobody_listens_every_exchange_fails_and_the_outage_is_as_long_as_the_load() {
    let staging = Staging::start();
    let backend = staging.backend();
    staging.stop();
    let loads = json!([{ "executor": { "constant-arrival-rate": 20 }, "during": "2s", "users": [1, 50] }]);
    let told = ran(&scene(&backend, &loads, &format!("{GET}\n{WIDE}")));
    assert_eq!((number(&told[0], "failed"), number(&told[0], "outages")), (number(&told[0], "exchanges"), 1));
    assert!(told[0]["why"][0].as_str().unwrap().ends_with(" connect"), "{}", told[0]);
    let longest = told[0]["longest"].as_f64().unwrap();
    assert!((1_500.0..=2_000.0).contains(&longest), "{}", told[0]);
}

#[test]
fn a_load_speaks_tls_over_connections_of_its_own() {
    let staging = Staging::start();
    let upstream = staging.backend().rsplit(':').next().unwrap().parse().unwrap();
    let (_nginx, port, certificate) = Nginx::in_front_of("backend.test", upstream);
    let loads = json!([{ "executor": { "constant-arrival-rate": 40 }, "during": "1s", "users": [4, 40] }]);
    let scene = Scene::bare();
    let backend = format!("https://backend.test:{port}");
    let grants = format!("{GET}\n{WIDE}");
    let config = inline(&json!({ "loads": loads }));
    scene.write(
        "bundle/bundle.toml",
        &format!(
            "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n\
             [environments.test.services.backend]\nurl = \"{backend}\"\n[[phase]]\nid = \"load\"\nmodule = \"load\"\n\
             requirements = [\"P3.1\"]\nconfig = {config}\n[phase.grants]\n{grants}\n"
        ),
    );
    scene.write("bundle/checklist.toml", "[[row]]\nid = \"P3.1\"\ntitle = \"row\"\nlevel = \"required\"\n");
    scene.write("ca.pem", &certificate);
    let place = format!("\"backend.test:{port}\" = \"127.0.0.1:{port}\"");
    scene.write("holdpoint.toml", &format!("ca-file = \"ca.pem\"\n[connect-to]\n{place}\n"));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    let told = ran(&scene);
    assert_eq!((number(&told[0], "failed"), number(&told[0], "exchanges")), (0, count(staging.requests())));
}

#[test]
fn what_the_grants_do_not_cover_is_denied_and_nothing_is_sent() {
    let staging = Staging::start();
    let narrow = "load = { max-users = 5, max-rate = 10, max-duration = \"10s\", max-requests = 50 }";
    let rate = |rate: u32, during: &str, users: u32| json!({ "executor": { "constant-arrival-rate": rate }, "during": during, "users": [1, users] });
    let loads = json!([
        rate(11, "1s", 5),
        rate(10, "1s", 6),
        rate(1, "11s", 5),
        rate(10, "6s", 5),
        { "executor": { "per-vu-iterations": [5, 11] }, "during": "1s" },
        { "executor": { "constant-arrival-rate": 1 }, "users": [1, 5], "post": true },
        { "executor": { "constant-arrival-rate": 1 }, "users": [1, 5], "user": "chat-user" },
    ]);
    let scene = scene(&staging.backend(), &loads, &format!("{GET}\n{narrow}"));
    let told = ran(&scene);
    for (check, why) in told.iter().zip([
        "11 iterations a second are more than max-rate = 10",
        "6 users are more than max-users = 5",
        "11s is longer than max-duration = \"10s\"",
        "60 iterations are more than max-requests = 50",
        "55 iterations are more than max-requests = 50",
        "POST",
        "the grant of load names no users",
    ]) {
        assert!(check.as_str().is_some_and(|text| text.contains(why)), "{check} lacks: {why}");
    }
    assert_eq!((told.len(), staging.requests()), (7, 0));
}

#[test]
fn a_phase_without_a_grant_of_load_does_not_start_and_the_operator_bounds_it() {
    let staging = Staging::start();
    let loads = json!([{ "executor": { "constant-arrival-rate": 1 } }]);
    let refused = |scene: &Scene, code: i32| -> Outcome { scene.run(&["run", "BUNDLE"]).exits(code) };
    let scene = Scene::bare();
    let full = Scene::new(&staging.backend(), &[phase(&loads, &format!("{GET}\n{WIDE}"))]);
    let bundle = std::fs::read_to_string(full.path().join("bundle/bundle.toml")).unwrap();
    scene.write("bundle/bundle.toml", &bundle.replace(WIDE, ""));
    scene.write("bundle/checklist.toml", "[[row]]\nid = \"P3.1\"\ntitle = \"row\"\nlevel = \"required\"\n");
    scene.write("holdpoint.toml", "");
    let said = refused(&scene, 2).stderr;
    assert!(said.contains("phase `load` grants no load") && said.contains("load = { max-users = …"), "{said}");

    let wider = bundle.replace("max-users = 200", "max-users = 201");
    full.write("bundle/bundle.toml", &wider);
    let said = refused(&full, 2).stderr;
    assert!(said.contains("load = { max-users = 201, max-rate = 1000"), "{said}");
    assert_eq!(staging.requests(), 0);
}

#[test]
fn a_hostile_plan_is_refused_at_once() {
    let staging = Staging::start();
    let stages: Vec<Value> = (0..10_000).map(|_| json!(["1s", 1])).collect();
    let most = u32::MAX;
    let loads = json!([
        { "executor": { "constant-vus": 1_000_000_000 } },
        { "executor": { "ramping-vus": [1, []] } },
        { "executor": { "ramping-vus": [1, stages] } },
        { "executor": { "constant-arrival-rate": 0 } },
        { "executor": { "constant-arrival-rate": most }, "during": most, "users": [most, most] },
        { "executor": { "per-vu-iterations": [most, most] }, "during": 0 },
        { "executor": { "constant-vus": 1 }, "thresholds": [{ "of": "http_reqs", "holds": "count>NaN" }] },
        { "executor": { "constant-vus": 1 }, "guard": [0.0, 1] },
        { "executor": { "constant-vus": 90_000 } },
    ]);
    let wide =
        "load = { max-users = 4000000000, max-rate = 4000000000, max-duration = \"1d\", max-requests = 4000000000 }";
    let told = ran(&scene(&staging.backend(), &loads, &format!("{GET}\n{wide}")));
    for (check, why) in told.iter().zip([
        "1 to 100000 users at its highest, not 1000000000",
        "0 stages are not between 1 and 100",
        "10000 stages are not between 1 and 100",
        "the rate is 0",
        "a load lasts 1 ms to 24 hours",
        "a load lasts 1 ms to 24 hours, not 0 ms",
        "threshold 1, `http_reqs: count>NaN`: at character 7: a number is wanted",
        "a guard's share of 0 is not above 0 to 1",
        "90000 users need 90064 descriptors",
    ]) {
        assert!(check.as_str().is_some_and(|text| text.contains(why)), "{check} lacks: {why}");
    }
    assert_eq!((told.len(), staging.requests()), (9, 0));
}

/// A load of 8 seconds, which nobody polls for long.
fn long(staging: &Staging) -> Scene {
    let loads = json!([{
        "executor": { "constant-arrival-rate": 20 }, "during": "8s", "users": [2, 40], "poll": "700ms",
        "thresholds": [{ "of": "http_req_failed", "holds": "rate<0.01" }],
    }]);
    scene(&staging.backend(), &loads, &format!("{GET}\n{WIDE}"))
}

/// What is shown of a load that two hosts have done, beside what the server has seen of each.
fn went_on(scene: &Scene, first: u64, all: u64) {
    let told = told(scene);
    let load = &told[0];
    assert_eq!((&load["interrupted"], &load["good"], &load["exercised"]), (&json!(true), &json!(false), &json!(true)));
    let [gone, last] = &load["hosts"].as_array().unwrap()[..] else { panic!("{load}") };
    assert_eq!((&gone["cut-off"], &last["cut-off"]), (&json!(true), &json!(false)), "{load}");
    assert_eq!(number(last, "exchanges"), all - first, "what the last host sent is counted, all of it: {load}");
    let lost = first - number(gone, "exchanges");
    // The open window, one second, and how late that is looked at on a machine that has much to do.
    assert!(lost <= 60, "{lost} of {first} are not counted: {load}");
    assert_eq!(number(load, "exchanges"), number(gone, "exchanges") + number(last, "exchanges"), "{load}");
    assert!(number(load, "in-windows") <= number(load, "exchanges"), "nothing is told twice: {load}");
    assert!(number(load, "started") + number(load, "dropped") >= 155, "the plan is done: {load}");
}

#[test]
fn a_load_whose_host_is_killed_is_gone_on_with_and_nothing_is_counted_twice() {
    let staging = Staging::start();
    let scene = long(&staging);
    let run = scene.start(&["run", "BUNDLE"]);
    until("some have arrived", || staging.requests() > 70);
    drop(run);
    let first = count(staging.requests());
    scene.run(&["resume", "last"]).exits(0);
    went_on(&scene, first, count(staging.requests()));
    let run = scene.journal().parent().unwrap().to_owned();
    assert!(!run.join("loads").exists(), "the run has ended, and nobody goes on with its loads");
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_load_that_is_interrupted_sends_no_more_and_can_be_resumed() {
    let staging = Staging::start();
    let scene = long(&staging);
    let run = scene.start(&["run", "BUNDLE"]);
    until("some have arrived", || staging.requests() > 70);
    run.interrupt();
    let ended = run.finish();
    assert_ne!(ended.code, Some(0), "{ended:?}");
    let first = count(staging.requests());
    scene.run(&["report"]);
    assert_eq!(count(staging.requests()), first, "it ended with its host");
    scene.run(&["resume", "last"]).exits(0);
    went_on(&scene, first, count(staging.requests()));
}

//! Phases that ask for metrics: a real Prometheus that scrapes what a test serves, and servers that answer badly.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use holdpoint_e2e::{
    Scene,
    acting::{expect, ran},
    checklist, holding, inline,
    prometheus::Prometheus,
    server::{Reply, Server, answer},
};
use serde_json::{Value, json};

/// What is tried: a phase that shows every answer, and the one that ships.
const SHOWS: &str = "numbers.wasm";
const QUERIES: &str = "queries.wasm";

const VALUE: &str = "the-value-of-a-credential";
const MAY: &str = "metrics = [{ services = [\"prometheus\"], queries = true, scrape = [\"/metrics\"], projects = [\"acme-staging\"] }]";

/// A bundle with a phase of this module, whose operator has a secret for the service and allows what it asks.
fn prepared(url: &str, module: &str, config: &Value, grants: &str) -> Scene {
    let scene = Scene::bare();
    let bundle = format!(
        "[bundle]\nname = \"scene\"\nversion = \"1.0.0\"\nchecklist = \"checklist.toml\"\n[environments.test]\n\
         secrets = [\"KEY\", \"OTHER\"]\n[environments.test.services.prometheus]\nurl = \"{url}\"\n[[phase]]\nid = \"watch\"\n\
         module = \"{module}\"\nrequirements = [\"P3.1\"]\nconfig = {}\n[phase.grants]\nsecrets = [\"KEY\", \"OTHER\"]\n{grants}\n",
        inline(config),
        module = module.trim_end_matches(".wasm"),
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist(&["P3.1"]));
    let place = url.rsplit('/').next().unwrap();
    let bound = "from = { file = \"key\" }\nheader = \"authorization\"\nformat = \"Bearer {}\"\n";
    let operator = format!(
        "[connect-to]\n\"{place}\" = \"{place}\"\n[secrets.KEY]\nservices = [\"prometheus\"]\n{bound}[secrets.OTHER]\nservices = []\n{bound}"
    );
    scene.write("holdpoint.toml", &operator);
    scene.write("key", VALUE);
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

/// What came of these questions.
fn asked(url: &str, ask: &Value, secret: Option<&str>) -> (Scene, Vec<String>) {
    let mut config = json!({ "ask": ask });
    if let Some(name) = secret {
        config["secret"] = json!(name);
    }
    let scene = prepared(url, SHOWS, &config, MAY);
    let run = scene.run(&["run", "BUNDLE"]);
    assert!(matches!(run.code, Some(0 | 1 | 3)), "{run:?}");
    let told = scene.checks();
    (scene, told)
}

fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()
}

/// A page whose counter grows by one at each scrape and begins anew at the fourth, and with a gauge that was last known three minutes before;
/// Prometheus looks back five.
fn target() -> Server {
    let (scrapes, late) = (AtomicU32::new(0), now_ms() - 180_000);
    Server::start(move |_| {
        let n = scrapes.fetch_add(1, Ordering::SeqCst);
        let jobs = if n < 3 { 100 + n } else { n - 3 };
        let page = format!(
            "# TYPE jobs_total counter\njobs_total{{kind=\"a\\\"b\"}} {jobs}\n# TYPE idle gauge\nidle 0\n# TYPE late gauge\nlate 5 {late}\n"
        );
        answer("200 OK\r\ncontent-type: text/plain; version=0.0.4", page)
    })
}

fn json(status: &str, body: &str) -> Reply {
    answer(&format!("{status}\r\ncontent-type: application/json"), body)
}

fn vector(items: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"vector","result":[{items}]}}}}"#)
}

#[test]
fn a_real_prometheus_is_asked_and_a_replay_asks_nobody() {
    let target = target();
    let mut prometheus = Prometheus::scraping(target.port(), 8);
    let ask = json!([
        { "query": "up" },
        { "query": "jobs_total[1m]" },
        { "range": ["up", "2s"] },
        { "query": "idle / idle" },
        { "query": "scalar(vector(42))" },
        { "query": "nothing_has_this_name" },
        { "query-ago": ["up", "1h"] },
        { "age": "late" },
        { "age": "nothing_has_this_name" },
        { "query": "up{" },
        { "query": "\"a text\"" },
        { "scrape": "/metrics" },
    ]);
    let (scene, told) = asked(&prometheus.url(), &ask, None);
    let named = format!("__name__=up,instance=127.0.0.1:{},job=tested", target.port());
    assert!(told[0].starts_with("pass: 1 series, 1 stated, age ") && told[0].contains(&named), "{told:#?}");
    assert!(!told[0].contains("age none"), "{told:#?}");
    assert!(told[0].contains(" of 1 samples, last 1,"), "{told:#?}");
    // What the counter lost when it began anew is not taken away.
    assert!(
        told[1].contains("kind=a\"b") && told[1].contains("resets 1, grown ") && !told[1].contains("grown -"),
        "{told:#?}"
    );
    assert!(told[2].starts_with("pass: 1 series, 1 stated") && told[2].contains("last 1,"), "{told:#?}");
    assert!(told[3].starts_with("pass: 1 series, 0 stated") && told[3].contains("last NaN"), "{told:#?}");
    assert!(told[4].contains("last 42,"), "{told:#?}");
    for none in [&told[5], &told[6]] {
        assert_eq!(none, "pass: 0 series, 0 stated, age none", "{told:#?}");
    }
    let age: u32 = told[7].trim_start_matches("pass: ").trim_end_matches(" s").parse().unwrap();
    assert!((180..300).contains(&age), "an answer of now follows from what is old: {told:#?}");
    assert_eq!(told[8], "pass: none");
    assert!(told[9].starts_with("fail: ") && told[9].contains("status 400: bad_data: "), "{told:#?}");
    assert!(told[10].contains("the query gives a text"), "{told:#?}");
    assert!(told[11].starts_with("pass: Text of "), "{told:#?}");
    prometheus.stop();
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(scene.checks(), told, "a replay has the same answers");
}

#[test]
fn questions_of_a_day_to_a_real_prometheus_are_stated_for_policies() {
    let target = target();
    let prometheus = Prometheus::scraping(target.port(), 2);
    let watched = |(during, every): (&str, &str), queries: &Value| {
        let config =
            json!({ "during": during, "every": every, "at-least": 0.5, "requirements": ["P3.1"], "queries": queries });
        prepared(&prometheus.url(), QUERIES, &config, MAY)
    };
    let query = |promql: &str, evidence: Option<&str>| {
        let mut query = json!({ "service": "prometheus", "promql": promql, "at-most-age": "2m" });
        if let Some(selector) = evidence {
            query["evidence"] = json!(selector);
        }
        query
    };
    let both = json!({ "jobs_rate": query("rate(jobs_total[1m])", Some("jobs_total")), "is_up": query("up", None) });
    // So far apart that none is missed.
    let scene = watched(("8s", "2s"), &both);
    let seen = ran(&scene, 0);
    expect(&seen, "P3.1", "pass", "4 of 4 looks were made; is_up was answered 4 times; jobs_rate was answered 4 times");
    let shown = scene.run(&["show", "last", "watch"]).exits(0).stdout;
    assert!(shown.contains("jobs_rate{instance=\"127.0.0.1:") && shown.contains("kind="), "{shown}");
    // Each of what says nothing, one by one.
    for (promql, evidence, why) in [
        ("sum(nothing_has_this_name)", None, "the answer is empty"),
        ("late", Some("late"), "and 120000 ms are taken"),
        ("idle / idle", None, "no finite number"),
        ("up{", None, "bad_data"),
    ] {
        let seen = ran(&watched(("2s", "500ms"), &json!({ "asked": query(promql, evidence) })), 3);
        expect(&seen, "P3.1", "inconclusive", "asked was answered 0 times (");
        expect(&seen, "P3.1", "inconclusive", why);
    }
}

#[test]
fn a_credential_goes_to_its_service_in_its_header_and_nowhere_else() {
    let server = Server::start(|request| {
        if request.to_ascii_lowercase().contains(&format!("authorization: bearer {VALUE}")) {
            json("200 OK", &vector(&format!(r#"{{"metric":{{"key":"{VALUE}"}},"value":[1,"1"]}}"#)))
        } else {
            json("401 Unauthorized", r#"{"status":"error","errorType":"unauthorized","error":"who are you?"}"#)
        }
    });
    let url = server.url();
    let ask = json!([{ "query": "up" }]);
    let (_, told) = asked(&url, &ask, None);
    assert!(told[0].starts_with("fail: ") && told[0].contains("status 401: unauthorized: who are you?"), "{told:#?}");
    let before = server.seen().len();
    let (_, told) = asked(&url, &ask, Some("OTHER"));
    assert!(
        told[0].starts_with("inconclusive: ") && told[0].contains("it is not bound to service prometheus"),
        "{told:#?}"
    );
    assert_eq!(server.seen().len(), before, "nothing was sent");
    let (scene, told) = asked(&url, &ask, Some("KEY"));
    assert!(told[0].starts_with("pass: 1 series") && told[0].contains("key=hp-secret.KEY."), "{told:#?}");
    assert_eq!(holding(&scene.path().join(".holdpoint"), VALUE), [""; 0]);
}

#[test]
fn servers_that_answer_badly_are_no_good_news() {
    let one = r#"{"metric":{},"value":[1,"1"]}"#;
    let garbage: fn(&str) -> Reply = |_| answer("200 OK\r\ncontent-type: text/html", "<html>all is well</html>");
    let many = vector(&vec![one; 10_001].join(","));
    let large = format!("up 1\n# {}\n", "x".repeat(9 << 20));
    let stale = vector(r#"{"metric":{},"value":[1000,"1"]}"#);
    let ask =
        json!([{ "query": "up" }, { "scrape": "/metrics" }, { "series": ["acme-staging", "metric.type = \"x\""] }]);
    let told = |server: &Server| asked(&server.url(), &ask, None).1;

    let seen = told(&Server::start(garbage));
    assert!(seen.iter().all(|check| check.starts_with("fail: ")), "{seen:#?}");
    assert!(
        seen[0].contains("no answer of the API of Prometheus") && seen[1].contains("no page of metrics"),
        "{seen:#?}"
    );
    assert!(seen[2].contains("no answer of Cloud Monitoring"), "{seen:#?}");

    let seen = told(&Server::start(move |request| match request {
        page if page.starts_with("GET /metrics") => answer("200 OK\r\ncontent-type: text/plain", &large),
        list if list.starts_with("GET /v3/") => json("200 OK", r#"{"timeSeries":[],"nextPageToken":"x"}"#),
        _ => json("200 OK", &many),
    }));
    for (check, why) in seen.iter().zip(["10001 series, of at most 10000", "larger than 8 MiB", "more than one page"]) {
        assert!(!check.starts_with("pass: ") && check.contains(why), "{seen:#?}");
    }

    // What is stale is told with its age; the phase that judges takes it for nothing.
    let server = Server::start(move |_| json("200 OK", &stale));
    let queries = json!({ "asked": { "service": "prometheus", "promql": "up" } });
    let config = json!({ "during": "500ms", "every": "500ms", "requirements": ["P3.1"], "queries": queries });
    let scene = prepared(&server.url(), QUERIES, &config, MAY);
    expect(&ran(&scene, 3), "P3.1", "inconclusive", "and 300000 ms are taken");
}

#[test]
fn what_is_not_granted_is_denied_with_the_line_that_would_allow_it() {
    let server = Server::start(|_| json("200 OK", &vector("")));
    let ask = json!([{ "query": "up" }, { "scrape": "/admin" }, { "series": ["acme-staging", "x"] }]);
    let grants = "metrics = [{ services = [\"prometheus\"], scrape = [\"/metrics\"] }]";
    let url = server.url();
    let scene = prepared(&url, SHOWS, &json!({ "ask": ask }), grants);
    scene.run(&["run", "BUNDLE"]).exits(3);
    let told = scene.checks();
    for (check, line) in told.iter().zip(["queries of", "the page /admin of", "project acme-staging of"]) {
        assert!(check.contains(&format!("no grant covers {line} service prometheus")), "{told:#?}");
    }
    assert_eq!(server.seen(), [""; 0]);
}

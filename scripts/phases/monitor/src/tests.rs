//! The phase against scripts. A look takes 10 ms, unless a script says otherwise.

use holdpoint::prelude::*;
use holdpoint::testing::{Sample, Test};

use super::run;

const PAGE: &str = "cpu_seconds{instance=\"a\"} 10\nmemory{instance=\"a\"} 50\nmemory_limit{instance=\"a\"} 200\nin_use{instance=\"a\"} 3\n";

/// What a bundle says, and over it what a test says.
fn config(more: &Value) -> Value {
    let metrics = json!({
        "cpu": { "counter": "cpu_seconds", "of": 2 },
        "memory": { "gauge": "memory", "of": "memory_limit" },
        "connections": { "gauge": "in_use", "of": 10 },
    });
    let mut config = json!({
        "during": "5s", "every": "1s", "requirements": ["WATCHED"],
        "services": { "backend": { "endpoints": ["/health"], "metrics": metrics } },
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        config[key] = value.clone();
    }
    config
}

/// A test with these pages, of which the last one stays.
fn watched<'a>(more: &Value, pages: &[&str]) -> Test<'a> {
    let test = holdpoint::test(run).service("backend").config(config(more)).answer(get("/health"), status(200));
    pages.iter().fold(test, |test, page| test.answer(get("/metrics"), text(page)))
}

fn values(t: &Test<'_>, name: &str) -> Vec<f64> {
    t.samples().iter().filter(|sample| sample.name == name).map(|sample| sample.value).collect()
}

fn refusal(t: &Test<'_>, says: &str) {
    let error = t.returned().expect_err(says);
    assert!(error.contains(says), "{error}");
}

#[test]
fn every_look_probes_and_states_what_each_instance_says() {
    let other = PAGE.replace("cpu_seconds{instance=\"a\"} 10", "cpu_seconds{instance=\"a\"} 11");
    let t = watched(&json!({}), &[PAGE, &other]);
    t.expect("WATCHED", Pass, "5 of 5 looks were made; backend showed its metrics 5 times");
    assert_eq!(t.returned(), Ok(()));
    assert_eq!(values(&t, "memory_share"), [0.25; 5]);
    assert_eq!(values(&t, "memory_bytes"), [50.0; 5]);
    assert_eq!(values(&t, "connections_share"), [0.3; 5]);
    assert_eq!(values(&t, "cpu_share"), [0.5, 0.0, 0.0, 0.0], "from the second look on");
    let Sample { labels, at, .. } = &t.samples()[0];
    assert_eq!(
        labels.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
        ["instance=a", "service=backend"]
    );
    assert_eq!(*at, 10.0);
    assert_eq!(t.calls()[..3], ["sleep 0 ms", "GET backend /health", "GET backend /metrics"]);
    assert_eq!(t.calls()[3], "sleep 990 ms", "what a look took is no drift");
    assert!(t.log().is_empty(), "{:?}", t.log());
}

#[test]
fn a_counter_that_begins_anew_counts_from_zero() {
    let page = |seconds: &str| format!("cpu_seconds{{instance=\"a\"}} {seconds}\n");
    let metrics = json!({ "services": { "backend": { "metrics": { "cpu": { "counter": "cpu_seconds", "of": 1 } } } } });
    let pages = ["10", "10.5", "0.25", "0.75", "1"].map(page);
    let t = watched(&metrics, &pages.each_ref().map(String::as_str));
    assert_eq!(values(&t, "cpu_share"), [0.5, 0.25, 0.5, 0.25]);
}

#[test]
fn instances_are_told_apart_and_one_that_was_long_out_of_sight_begins_anew() {
    let page = |instance: &str, seconds: u32| format!("cpu_seconds{{instance=\"{instance}\"}} {seconds}\n");
    let metrics = json!({ "during": "12s", "services": { "backend": { "metrics": { "cpu": { "counter": "cpu_seconds", "of": 4 } } } } });
    let mut pages = vec![page("a", 10), page("b", 100), page("a", 12), page("b", 104)];
    pages.extend((0..6).map(|_| page("b", 104)));
    pages.extend([page("a", 500), page("a", 501)]);
    let t = watched(&metrics, &pages.iter().map(String::as_str).collect::<Vec<_>>());
    let of_a: Vec<f64> =
        t.samples().iter().filter(|sample| sample.labels["instance"] == "a").map(|sample| sample.value).collect();
    assert_eq!(of_a, [0.25, 0.25], "two seconds in two, and one in one");
}

#[test]
fn what_has_no_label_instance_is_left_out_and_told_once() {
    let t = watched(&json!({}), &[&PAGE.replace("memory{instance=\"a\"}", "memory")]);
    t.expect("WATCHED", Inconclusive, "left out: of backend: memory has no label instance");
    assert!(values(&t, "memory_bytes").is_empty() && values(&t, "memory_share").is_empty());
    assert_eq!(values(&t, "connections_share").len(), 5, "the others are read");
    assert_eq!(t.log().len(), 1, "{:?}", t.log());
    assert!(t.log()[0].starts_with("Warn: GET backend /metrics: memory has no label instance"), "{:?}", t.log());
}

#[test]
fn a_limit_that_is_not_there_makes_no_share() {
    for page in [PAGE.replace("memory_limit", "other"), PAGE.replace("} 200", "} 0")] {
        let t = watched(&json!({}), &[&page]);
        t.expect("WATCHED", Inconclusive, "memory_limit says nothing above 0 of an instance");
        assert_eq!((values(&t, "memory_bytes").len(), values(&t, "memory_share").len()), (5, 0));
    }
}

#[test]
fn what_cannot_be_scraped_is_told_and_again_when_it_changes() {
    let t = holdpoint::test(run)
        .service("backend")
        .config(config(&json!({ "during": "6s" })))
        .answer(get("/health"), status(503));
    let answers = [refused(), refused(), status(404), text("other 1\n"), text(PAGE), text(PAGE)];
    let t = answers.into_iter().fold(t, |t, answer| t.answer(get("/metrics"), answer));
    let told: Vec<&str> = t.log().iter().map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "Warn: GET backend /health: status 503",
            "Warn: GET backend /metrics: connection refused",
            "Warn: GET backend /metrics: status 404",
            "Warn: GET backend /metrics: there is no cpu_seconds; there is no in_use; there is no memory; there is no memory_limit",
            "Info: GET backend /metrics: well again",
        ]
    );
    t.expect("WATCHED", Pass, "backend showed its metrics 2 times");
}

#[test]
fn who_comes_and_goes_does_not_fill_the_log() {
    let mut t = holdpoint::test(run).service("backend");
    t = t.config(config(&json!({ "during": "3000s", "services": { "backend": { "endpoints": ["/health"] } } })));
    for look in 0..3_000 {
        t = t.answer(get("/health"), status(if look % 2 == 0 { 500 } else { 502 }));
    }
    assert_eq!(t.log().len(), 1_000);
    assert_eq!(t.log()[999], "Warn: more than 1000 changes; no more of them are told");
}

#[test]
fn looks_that_nobody_made_are_counted_and_not_made_up() {
    let slow = |after| status(200).after(Millis(after));
    let probes = json!({ "during": "10s", "timeout": "1s", "services": { "backend": { "endpoints": ["/health"] } } });
    let of = |answers: Vec<holdpoint::testing::Scripted>| {
        let t = holdpoint::test(run).service("backend").config(config(&probes));
        answers.into_iter().fold(t, |t, answer| t.answer(get("/health"), answer))
    };
    let t = of(vec![slow(10), slow(1_000), slow(900)]);
    t.expect("WATCHED", Pass, "10 of 10 looks were made");
    // The request before the last ends when the next look is due.
    let waits: Vec<&String> = t.calls().iter().filter(|call| call.starts_with("sleep")).collect();
    assert_eq!(waits[..4], ["sleep 0 ms", "sleep 990 ms", "sleep 0 ms", "sleep 100 ms"]);
}

#[test]
fn a_phase_that_may_not_ask_ends_at_once() {
    let t = holdpoint::test(run).service("backend").config(config(&json!({}))).answer(get("/health"), denied());
    let t = t.answer(get("/metrics"), text(PAGE));
    t.expect("WATCHED", Inconclusive, "0 of 5 looks were made; it stopped: GET backend /health: denied");
    refusal(&t, "denied http GET backend /health");
    assert_eq!(t.calls().len(), 3);
}

#[test]
fn no_more_instances_are_told_apart_than_a_phase_has_series() {
    let page: String = (0..251).map(|n| format!("in_use{{instance=\"{n}\"}} 1\n")).collect();
    let metrics =
        json!({ "services": { "backend": { "metrics": { "connections": { "gauge": "in_use", "of": 4 } } } } });
    let t = watched(&metrics, &[&page]);
    t.expect("WATCHED", Inconclusive, "there are more than 250 instances");
    assert_eq!(t.samples().len(), 5 * 250);
    let t = watched(&metrics, &[&page.lines().take(250).map(|line| format!("{line}\n")).collect::<String>()]);
    t.expect("WATCHED", Pass, "5 of 5");
    let t = watched(&metrics, &[&format!("in_use{{instance=\"{}\"}} 1\n", "x".repeat(201))]);
    t.expect("WATCHED", Inconclusive, "longer than 200 bytes");
}

#[test]
fn no_more_samples_are_stated_than_a_phase_may() {
    let page: String = (0..250).map(|n| format!("in_use{{instance=\"{n}\"}} 1\n")).collect();
    let metrics = json!({ "during": "801s", "services": { "backend": { "metrics": { "connections": { "gauge": "in_use", "of": 4 } } } } });
    let t = watched(&metrics, &[&page]);
    t.expect("WATCHED", Inconclusive, "more than 200000 samples would be stated; raise config.sample-every");
    assert_eq!((t.samples().len(), t.returned()), (200_000, Ok(())));
}

#[test]
fn pages_that_all_answers_have_no_room_for_end_it_after_the_first_such_look() {
    let page = |bytes: usize| format!("{PAGE}# {}\n", "x".repeat(bytes));
    let day = json!({ "during": "24h", "every": "30s" });
    let t = watched(&day, &[&page(100_000)]);
    refusal(&t, "2880 looks would bring 300");
    t.expect("WATCHED", Inconclusive, "1 of 2880 looks were made");
    // A service that is not there yet brings nothing at first.
    let late = holdpoint::test(run).service("backend").config(config(&day)).answer(get("/health"), status(200));
    let late = late.answer(get("/metrics"), refused()).answer(get("/metrics"), text(&page(100_000)));
    refusal(&late, "2880 looks would bring 300");
    late.expect("WATCHED", Inconclusive, "2 of 2880 looks were made");
    watched(&day, &[&page(80_000)]).expect("WATCHED", Pass, "2880 of 2880 looks were made");
}

#[test]
fn one_large_error_is_no_measure_of_what_is_to_come() {
    let day = json!({ "during": "24h", "every": "30s" });
    let debug = || status(500).body("x".repeat(150_000));
    let t = holdpoint::test(run).service("backend").config(config(&day));
    let t = t.answer(get("/health"), debug()).answer(get("/health"), status(200));
    let t = t.answer(get("/metrics"), text(PAGE)).answer(get("/metrics"), debug()).answer(get("/metrics"), text(PAGE));
    t.expect("WATCHED", Pass, "2880 of 2880 looks were made; backend showed its metrics 2879 times");
    // What they brought is gone all the same: 74,000 bytes a look would have room, and have none besides a thousand errors.
    let page = format!("{PAGE}# {}\n", "x".repeat(70_000));
    let t = holdpoint::test(run).service("backend").config(config(&day)).answer(get("/health"), status(200));
    let t = (0..1_000).fold(t, |t, _| t.answer(get("/metrics"), debug()));
    let t = t.answer(get("/metrics"), text(&page));
    refusal(&t, "and a phase has 268435456");
    t.expect("WATCHED", Inconclusive, "1001 of 2880 looks were made");
}

#[test]
fn samples_are_stated_less_often_where_the_bundle_says_so() {
    let t = watched(&json!({ "sample-every": "2s" }), &[PAGE]);
    assert_eq!(
        t.samples().iter().filter(|sample| sample.name == "memory_bytes").map(|sample| sample.at).collect::<Vec<_>>(),
        [10.0, 2_010.0, 4_010.0]
    );
    assert_eq!(t.calls().iter().filter(|call| call.ends_with("/metrics")).count(), 5, "each look is a probe");
    // By itself, if ten instances would not have room: 11,000 looks with four samples each.
    let t = watched(&json!({ "during": "11000s", "calls": 33_000 }), &[PAGE]);
    assert_eq!(t.samples().len(), 4 * 11_000_usize.div_ceil(3) - 1);
    t.expect("WATCHED", Pass, "11000 of 11000");
}

#[test]
fn what_would_exceed_a_bound_is_refused_with_the_numbers() {
    let services = |backend: Value| json!({ "services": { "backend": backend } });
    let paths: Vec<String> = (0..65).map(|n| format!("/{n}")).collect();
    for (more, says) in [
        (
            json!({ "during": "24h", "every": "10s" }),
            "8640 looks with 2 requests and a wait are 25920 calls, and the phase has 10000",
        ),
        (
            json!({ "during": "60000s", "calls": 1_000_000, "sample-every": "1s" }),
            "4 samples each 1000 ms, 60000 times, are 240000, and a phase states at most 200000",
        ),
        (
            json!({ "sample-every": "1500ms" }),
            "config.sample-every is 1500 ms, which is no multiple of config.every, 1000 ms",
        ),
        (json!({ "sample-every": "0s" }), "no multiple"),
        (json!({ "every": "99ms" }), "config.every is 99 ms; there are at least 100 ms"),
        (json!({ "during": "999ms" }), "config.during is 999 ms, which is less than config.every"),
        (json!({ "timeout": "1001ms" }), "at most 1000 ms, so that looks do not overlap"),
        (json!({ "timeout": 0 }), "config.timeout is 0 ms"),
        (json!({ "at-least": 0 }), "config.at-least is a share above 0"),
        (json!({ "at-least": 1.1 }), "config.at-least is a share above 0"),
        (json!({ "services": {} }), "config.services is empty"),
        (json!({ "services": { "auth": { "endpoints": ["/health"] } } }), "no service `auth` is granted"),
        (services(json!({})), "config.services.backend has neither endpoints nor metrics"),
        (services(json!({ "endpoints": ["health"] })), "path `health` must begin with `/`"),
        (services(json!({ "endpoints": ["/health", "/health"] })), "`/health` would be asked twice"),
        (services(json!({ "endpoints": paths })), "a look would have 65 requests, of at most 64"),
        (services(json!({ "metrics": {} })), "metrics names none of cpu, memory and connections"),
        (services(json!({ "metrics": { "cpu": { "of": 1 } } })), "either a counter or a gauge"),
        (services(json!({ "metrics": { "cpu": { "gauge": "a", "of": 0 } } })), "expected a number above 0"),
        (services(json!({ "metrics": { "cpu": { "gauge": "a", "of": -1 } } })), "expected a number above 0"),
        (services(json!({ "metrics": { "cpu": { "gauge": "a", "of": "" } } })), "expected a number above 0"),
        (services(json!({ "metrics": { "cpu": { "gauge": "a" } } })), "missing field `of`"),
        (services(json!({ "metrics": { "memroy": { "gauge": "a" } } })), "unknown field `memroy`"),
    ] {
        let t = watched(&more, &[PAGE]);
        refusal(&t, says);
        assert!(t.calls().is_empty() && t.checks().is_empty(), "{says}");
    }
}

#[test]
fn what_is_served_between_looks_is_stated_of_all_instances_together() {
    let instance = |name: &str, requests: u32, bad: u32, quick: u32| {
        let of = format!("instance=\"{name}\"");
        format!(
            "all{{{of}}} {requests}\nbad{{{of}}} {bad}\ntook_bucket{{{of},le=\"2.5\"}} {quick}\ntook_bucket{{{of},le=\"+Inf\"}} {requests}\n"
        )
    };
    let served = json!({ "requests": "all", "errors": "bad", "duration": "took" });
    let backend = json!({ "endpoints": ["/health"], "metrics": { "served": served } });
    let more = json!({ "during": "4s", "services": { "backend": backend } });
    let pages = [
        instance("a", 10, 0, 10) + &instance("b", 20, 0, 20),
        instance("a", 15, 1, 14) + &instance("b", 21, 1, 21),
        // One began anew.
        instance("a", 2, 0, 2) + &instance("b", 21, 1, 21),
        instance("a", 3, 0, 3) + &instance("b", 21, 1, 21).replace("bad", "worse"),
    ];
    let t = watched(&more, &pages.each_ref().map(String::as_str));
    assert_eq!((values(&t, "served"), values(&t, "served_bad")), (vec![6.0, 2.0], vec![2.0, 0.0]));
    assert_eq!(values(&t, "served_duration_bucket"), [6.0, 5.0, 2.0, 2.0], "the bound without an end comes first");
    let Sample { labels, at, .. } =
        t.samples().iter().find(|sample| sample.labels.contains_key("le")).expect("a bucket");
    let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!((labels.join(" "), *at), ("le=+Inf service=backend".to_owned(), 1_010.0));
    // Nothing is told of a look at which something of it lacks.
    t.expect("WATCHED", Inconclusive, "left out: of backend: an instance does not count bad");
}

/// What a service of one instance says of its memory and of what it has served, in this order at the looks.
fn shown(pages: &[(&str, u32, u32)]) -> Test<'static> {
    let served = json!({ "requests": "all", "errors": "bad" });
    let metrics = json!({ "memory": { "gauge": "memory" }, "served": served });
    let page = |(began, requests, memory): &(&str, u32, u32)| {
        format!("{began}all{{instance=\"a\"}} {requests}\nbad{{instance=\"a\"}} 0\nmemory{{instance=\"a\"}} {memory}\n")
    };
    let during = format!("{}s", pages.len());
    let pages: Vec<String> = pages.iter().map(page).collect();
    let more = json!({ "during": during, "services": { "backend": { "endpoints": ["/health"], "metrics": metrics } } });
    watched(&more, &pages.iter().map(String::as_str).collect::<Vec<_>>())
}

const OLD: &str = "process_start_time_seconds{instance=\"a\"} 1000\n";
const YOUNG: &str = "process_start_time_seconds{instance=\"a\"} 2000\n";

#[test]
fn two_processes_that_answer_by_one_name_in_turn_are_told_and_not_judged() {
    let says = "left out: of backend: by the instance a several processes answer in turn";
    for (old, young, stated) in [(OLD, YOUNG, 2), ("", "", 3)] {
        let one = |look: u32| {
            if look.is_multiple_of(2) { (old, 1_000 + 10 * look, 500) } else { (young, 20 + look, 50) }
        };
        let t = shown(&(0..8).map(one).collect::<Vec<_>>());
        t.expect("WATCHED", Inconclusive, says);
        // What was stated before it was known: levels of each look, and counts from the second one on.
        assert_eq!((values(&t, "memory_bytes").len(), values(&t, "served").len()), (stated, stated - 1), "{old}");
        let told = t.log().iter().filter(|line| line.contains("several processes answer in turn")).count();
        assert_eq!(told, 1, "{:?}", t.log());
    }
}

#[test]
fn a_process_that_began_anew_is_one() {
    for (old, young) in [(OLD, YOUNG), ("", "")] {
        let t = shown(&[(old, 1_000, 500), (old, 1_010, 500), (young, 4, 50), (young, 9, 60), (young, 2_000, 70)]);
        t.expect("WATCHED", Pass, "5 of 5 looks were made");
        assert_eq!(values(&t, "served"), [10.0, 4.0, 5.0, 1_991.0]);
        assert_eq!(values(&t, "memory_bytes"), [500.0, 500.0, 50.0, 60.0, 70.0]);
        assert!(t.log().is_empty(), "{:?}", t.log());
    }
}

#[test]
fn what_is_served_takes_of_the_room_for_samples_and_for_instances() {
    let served = json!({ "requests": "all", "errors": "bad", "duration": "took" });
    let metrics = json!({ "connections": { "gauge": "in_use", "of": 4 }, "served": served });
    let backend = json!({ "metrics": metrics });
    let t = watched(
        &json!({ "during": "60000s", "calls": 1_000_000, "sample-every": "5s", "services": { "backend": backend } }),
        &[],
    );
    refusal(&t, "18 samples each 5000 ms, 12000 times, are 216000");
    let instance = |n: u32| {
        let of = format!("instance=\"{n}\"");
        format!("in_use{{{of}}} 1\nall{{{of}}} 1\nbad{{{of}}} 0\ntook_bucket{{{of},le=\"+Inf\"}} 1\n")
    };
    let page: String = (0..243).map(instance).collect();
    let t = watched(&json!({ "services": { "backend": backend } }), &[&page]);
    t.expect("WATCHED", Inconclusive, "there are more than 242 instances");
}

#[test]
fn what_is_served_at_a_look_is_stated_whole_or_not_at_all() {
    let served = json!({ "requests": "all", "errors": "bad", "duration": "took" });
    let metrics = json!({ "connections": { "gauge": "in_use", "of": 4 }, "served": served });
    let mut page: String = (0..218).map(|n| format!("in_use{{instance=\"{n}\"}} 1\n")).collect();
    page.push_str("all{instance=\"0\"} 1\nbad{instance=\"0\"} 0\ntook_bucket{instance=\"0\",le=\"+Inf\"} 1\n");
    // Of the 200,000 samples one is left for the last of 905 looks.
    let t = watched(&json!({ "during": "905s", "services": { "backend": { "metrics": metrics } } }), &[&page]);
    t.expect("WATCHED", Inconclusive, "more than 200000 samples would be stated");
    for name in ["served", "served_bad", "served_duration_bucket"] {
        assert_eq!(values(&t, name).len(), 903, "{name}");
    }
    assert_eq!(t.samples().len(), 199_999);
}

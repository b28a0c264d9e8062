//! Boundaries as data. A second a slot and an evaluation; the window is one slot where its averaging is not what is tested.

use holdpoint::policy::prelude::*;
use holdpoint::testing::{Judged, PolicyTest, policy};

use super::judge;

/// Ten minutes of a thousand requests a second, of which so many fail.
fn failing(bad: &str) -> PolicyTest<'static> {
    let config = json!({ "window": "999ms" });
    policy(judge).config(config).series("requests", "1000x599", "1s").series("requests_bad", bad, "1s")
}

fn each_second(test: &PolicyTest<'_>) -> Judged {
    test.judged_each("1s", "599s")
}

#[test]
fn errors_above_two_percent_for_five_minutes_are_an_alert_and_a_second_less_is_none() {
    for (name, bad, fires) in [
        ("1.9 % all the time", "19x599", None),
        ("2 % all the time", "20x599", None),
        ("2.1 % for 4:59", "0x99 21x299 0x199", None),
        ("2.1 % for 5:00", "0x99 21x300 0x198", Some(400)),
        ("2.1 % for 5:01", "0x99 21x301 0x197", Some(400)),
        ("flapping", "0x99 21x249 0 21x247", None),
        ("without data for a second", "0x99 21x149 _ 21x298", None),
        ("2.1 % from the beginning on", "21x599", Some(300)),
    ] {
        let judged = each_second(&failing(bad));
        let seconds = judged.first_firing("High Error Rate").map(|span| span.0 / 1_000);
        assert_eq!(seconds, fires, "{name}\n{}", judged.shown());
        let verdict = judged.finding("High Error Rate").map(|finding| finding.verdict);
        assert_eq!(verdict == Some(Fail), fires.is_some(), "{name}\n{}", judged.shown());
    }
}

#[test]
fn what_is_seen_for_long_enough_passes_and_anything_less_does_not() {
    for (name, test, verdict, says) in [
        ("all the time", failing("0x599"), Pass, "watched for 9m59s"),
        ("for less than it takes", failing("0x299 _x300"), Inconclusive, "without data for 5m"),
        ("nothing at all", policy(judge), Inconclusive, "there was never any data"),
        ("pending at the end", failing("0x499 21x99"), Inconclusive, "met for 1m39s"),
        ("all of it disrupted", failing("21x599").disrupted("0s", "600s"), Inconclusive, "it was disrupted on purpose"),
        (
            "the bad ones disrupted",
            failing("0x199 21x300 0x98").disrupted("200s", "501s"),
            Inconclusive,
            "it takes 5m to fire",
        ),
        (
            "its load has ended",
            policy(judge).series("requests", "1000x309 stale", "1s").series("requests_bad", "0x309 stale", "1s"),
            Pass,
            "watched for",
        ),
        (
            "its load has vanished",
            policy(judge).series("requests", "1000x309", "1s").series("requests_bad", "0x309", "1s"),
            Pass,
            "watched for",
        ),
    ] {
        let judged = test.judged_each("1s", "599s");
        judged.expect("High Error Rate", verdict, says);
        assert_eq!(
            judged.finding("High Error Rate").map(|f| f.requirements.clone()),
            Some(vec!["ALERT-1".to_owned()]),
            "{name}"
        );
    }
}

#[test]
fn a_load_that_vanished_without_an_end_is_looked_for() {
    let vanished = policy(judge).series("requests", "1000x309", "1s").series("requests_bad", "0x309", "1s");
    let judged = vanished.judged_each("10s", "20m");
    judged.expect("High Error Rate", Inconclusive, "in which it could have fired");
    let ended = policy(judge).series("requests", "1000x309 stale", "1s").series("requests_bad", "0x309 stale", "1s");
    ended.judged_each("10s", "20m").expect("High Error Rate", Pass, "watched for");
}

#[test]
fn a_p95_above_three_seconds_for_ten_minutes_is_an_alert() {
    // A hundred a minute, of which so many took longer than three seconds, and none longer than four.
    let slow = |slow: u32| {
        let buckets = policy(judge).config(json!({ "window": "59s" }));
        buckets
            .series(r#"request_duration_bucket{le="3"}"#, &format!("{}x30", 100 - slow), "1m")
            .series(r#"request_duration_bucket{le="4"}"#, "100x30", "1m")
            .series(r#"request_duration_bucket{le="+Inf"}"#, "100x30", "1m")
            .judged_each("1m", "30m")
    };
    assert_eq!(slow(5).first_firing("Slow Response Time"), None);
    slow(5).expect("Slow Response Time", Pass, "response_time_p95 3 s");
    assert_eq!(slow(6).first_firing("Slow Response Time"), Some(Span::minutes(10)));
    slow(6).expect("Slow Response Time", Fail, "fired 1 time");
}

#[test]
fn a_p95_above_buckets_that_end_below_its_limit_is_known_to_nobody() {
    let slow = |slow: u32| {
        let test = policy(judge).config(json!({ "window": "59s" }));
        test.series(r#"request_duration_bucket{le="1"}"#, "50x30", "1m")
            .series(r#"request_duration_bucket{le="2.5"}"#, &format!("{}x30", 100 - slow), "1m")
            .series(r#"request_duration_bucket{le="+Inf"}"#, "100x30", "1m")
            .judged_each("1m", "30m")
    };
    slow(5).expect("Slow Response Time", Pass, "response_time_p95 2.5 s");
    slow(6).expect("Slow Response Time", Inconclusive, "response_time_p95 at least 2.5 s");
    assert_eq!(slow(100).first_firing("Slow Response Time"), None);
}

#[test]
fn what_is_served_to_whomever_is_judged_where_the_bundle_names_it() {
    let series =
        json!({ "requests": "served", "requests_bad": "served_bad", "request_duration": "served_duration_bucket" });
    let looks = |bad: u32, slow: u32| {
        let test = policy(judge).config(json!({ "series": series })).series("served", "1000x60", "30s");
        test.series("served_bad", &format!("{bad}x60"), "30s")
            .series(r#"served_duration_bucket{le="2.5"}"#, &format!("{}x60", 1_000 - slow), "30s")
            .series(r#"served_duration_bucket{le="5"}"#, "1000x60", "30s")
            .series(r#"served_duration_bucket{le="+Inf"}"#, "1000x60", "30s")
            .judged_each("30s", "30m")
    };
    let (errors, times) = ("High Error Rate", "Slow Response Time");
    looks(19, 40).expect(errors, Pass, "watched for 30m");
    looks(19, 40).expect(times, Pass, "watched for 30m");
    looks(21, 40).expect(errors, Fail, "fired 1 time");
    looks(21, 40).expect(times, Pass, "");
    looks(19, 100).expect(errors, Pass, "");
    looks(19, 100).expect(times, Fail, "fired 1 time");
}

#[test]
fn few_requests_are_no_error_rate() {
    // Looks that come each half minute, of which an alert of five minutes sees eleven.
    let looks = |config: Value, requests: &str, bad: &str| {
        let test = policy(judge).config(config).series("requests", requests, "30s");
        test.series("requests_bad", bad, "30s").judged_each("30s", "30m")
    };
    let name = "High Error Rate";
    let one_in_two = "1 0 ".repeat(30);
    let rare = looks(json!({}), one_in_two.trim_end(), one_in_two.trim_end());
    rare.expect(name, Inconclusive, "too few observations");
    assert_eq!(rare.first_firing(name), None);
    looks(json!({}), "2x60", "0x60").expect(name, Pass, "watched for");
    for (at_least, verdict) in [(22, Fail), (23, Inconclusive)] {
        looks(json!({ "at_least": at_least }), "2x60", "1x60").expect(name, verdict, "");
    }
}

#[test]
fn silence_makes_no_error_rate_last() {
    // A bad second, silence for as long as it takes to fire, and a bad second again.
    for (name, bad, fires) in [
        ("a bad second on either side", "0x98 100 _x299 100 0x299", None),
        ("4:59 after it", "0x98 100 _x299 100x299 0", None),
        ("5:00 after it", "0x98 100 _x299 100x300", Some(699)),
    ] {
        let test = policy(judge).config(json!({ "window": "999ms" }));
        let test = test.series("requests", "1000x99 _x299 1000x300", "1s").series("requests_bad", bad, "1s");
        let judged = test.judged_each("1s", "699s");
        let seconds = judged.first_firing("High Error Rate").map(|span| span.0 / 1_000);
        assert_eq!(seconds, fires, "{name}\n{}", judged.shown());
    }
}

#[test]
fn memory_that_leaks_is_an_alert_of_its_instance_and_one_that_is_collected_is_none() {
    // Four hours by the minute: 6 % of the baseline an hour and more; a saw of 30 %; a step.
    let saw: Vec<String> = (0..240).map(|minute| (1_000 + 30 * (minute % 10)).to_string()).collect();
    let leak = |per_minute: f64| format!("1000+{per_minute}x239");
    let test = policy(judge)
        .series(r#"memory_bytes{service="auth",instance="a"}"#, &leak(1.5), "1m")
        .series(r#"memory_bytes{service="auth",instance="b"}"#, &leak(0.5), "1m")
        .series(r#"memory_bytes{service="backend",instance="a"}"#, &saw.join(" "), "1m")
        .series(r#"memory_bytes{service="frontend",instance="a"}"#, "1000x119 1300x119", "1m");
    let judged = test.judged_each("5m", "4h");
    let of = |instance: &str, service: &str| {
        let name = format!("Memory Leak Detected {{instance=\"{instance}\",service=\"{service}\"}}");
        judged.finding(&name).map(|finding| (finding.verdict, finding.firing))
    };
    assert_eq!(of("a", "auth"), Some((Fail, true)), "{}", judged.shown());
    assert_eq!(of("b", "auth"), Some((Pass, false)), "{}", judged.shown());
    assert_eq!(of("a", "backend"), Some((Pass, false)), "{}", judged.shown());
    assert!(of("a", "frontend").is_some_and(|(verdict, _)| verdict != Pass), "{}", judged.shown());
    // Without an instance to tell apart nothing is known.
    let none = policy(judge).judged_each("5m", "4h");
    none.expect("Memory Leak Detected", Inconclusive, "there is no series");
}

#[test]
fn isolation_is_asked_only_while_its_test_goes_on_and_silence_in_it_is_no_success() {
    let name = "Request Isolation Failure";
    let test = |running: &str, success: &str| {
        let test = policy(judge).series("isolation_running", running, "10s");
        test.series("isolation_success", success, "10s").judged_each("10s", "5m")
    };
    for (what, running, success, verdict, fires) in [
        ("no test", "0x30", "0.5x30", NotExercised, None),
        ("90 % in a test", "1x30", "0.9x30", Pass, None),
        ("89 % in a test", "1x30", "0.89x30", Fail, Some(60)),
        ("89 % for 50 seconds", "1x30", "1x5 0.89x5 1x18", Pass, None),
        ("89 % for a minute", "1x30", "1x5 0.89x6 1x17", Fail, Some(120)),
        ("89 % after its test", "1x10 0x19", "1x10 0.5x19", Pass, None),
    ] {
        let judged = test(running, success);
        let seconds = judged.first_firing(name).map(|span| span.0 / 1_000);
        let found = judged.finding(name).map(|finding| finding.verdict);
        assert_eq!((found, seconds), (Some(verdict), fires), "{what}\n{}", judged.shown());
    }
    let silent = policy(judge).series("isolation_running", "1x30", "10s").judged_each("10s", "5m");
    silent.expect(name, Inconclusive, "there was never any data");
}

#[test]
fn an_action_of_the_file_is_that_of_its_findings() {
    let file =
        "alerts:\n- name: A\n  condition: error_rate > 1%\n  duration: 0s\n  severity: info\n  action: page_on_call\n";
    let config = json!({ "alerts": file, "rows": { "A": ["ALERT-1"] } });
    let test = policy(judge).config(config).series("requests", "100x5", "1m").series("requests_bad", "2x5", "1m");
    let judged = test.judged_each("1m", "5m");
    let found = judged.finding("A").cloned();
    assert_eq!(found.and_then(|f| f.action.map(|action| (f.firing, action))), Some((true, "page_on_call".to_owned())));
    judged.expect("A", Fail, "never error_rate > 1 %");
}

#[test]
fn a_file_that_watches_nothing_is_an_error() {
    let one = "alerts:\n- name: A\n  condition: eror_rate > 1%\n  duration: 5m\n  severity: info\n";
    for (alerts, says) in [
        (one, "nothing measures `eror_rate`"),
        ("alerts: []\n", "there is no alert"),
        ("alarms: []\n", "alerts, line 1: `alarms` stands there"),
    ] {
        let judged = policy(judge).config(json!({ "alerts": alerts })).judged_each("1m", "1m");
        assert!(judged.error().is_some_and(|error| error.contains(says)), "{}", judged.shown());
    }
}

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::testing::policy_fixtures(judge, "fixtures");
}

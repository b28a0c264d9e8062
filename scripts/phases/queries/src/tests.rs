//! What files of fixtures can't say. A question of a script takes no time.

use std::ops::Range;

use holdpoint::prelude::*;
use holdpoint::testing::{Numbers, Test, denied_numbers, exhausted_numbers, failed_numbers, numbers};

use super::run;

const ASK: &str = "query prometheus errors / requests";
const AGE: &str = "query prometheus min(timestamp(requests))";
/// Tests begin at 2026-01-01T00:00:00Z; in seconds.
const BEGUN: f64 = 1_767_225_600.0;

fn config(more: &Value) -> Value {
    let query = json!({ "service": "prometheus", "promql": "errors / requests" });
    let mut config =
        json!({ "during": "5s", "every": "1s", "requirements": ["Q"], "queries": { "error_ratio": query } });
    for (key, value) in more.as_object().into_iter().flatten() {
        config[key] = value.clone();
    }
    config
}

/// A test with these answers, of which the last one stays.
fn watched<'a>(more: &Value, answers: impl IntoIterator<Item = Numbers>) -> Test<'a> {
    let test = holdpoint::test(run).service("prometheus").config(config(more));
    answers.into_iter().fold(test, |test, told| test.metrics(ASK, told))
}

/// An answer with a series for each of these.
fn many(which: Range<usize>) -> Numbers {
    let names: Vec<String> = which.map(|n| n.to_string()).collect();
    let labels: Vec<[(&str, &str); 1]> = names.iter().map(|name| [("n", name.as_str())]).collect();
    numbers(labels.iter().map(|labels| (&labels[..], 0.0)))
}

fn ratio(value: f64) -> Numbers {
    numbers([(&[("instance", "a"), ("phase", "canary")][..], value)])
}

#[test]
fn every_look_states_what_is_answered_with_its_labels() {
    let t = watched(&json!({}), [ratio(0.25), ratio(0.5)]);
    t.expect("Q", Pass, "5 of 5 looks were made; error_ratio was answered 5 times");
    let values: Vec<(f64, f64)> = t.samples().iter().map(|sample| (sample.at, sample.value)).collect();
    assert_eq!(values, [(0.0, 0.25), (1_000.0, 0.5), (2_000.0, 0.5), (3_000.0, 0.5), (4_000.0, 0.5)]);
    let labels: Vec<String> = t.samples()[0].labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(labels, ["exported_phase=canary", "instance=a"]);
    assert!(t.log().is_empty(), "{:?}", t.log());
}

#[test]
fn an_answer_that_says_nothing_is_told_and_never_good_news() {
    let wide: Vec<(String, String)> = (0..16).map(|n| (format!("l{n}"), "x".to_owned())).collect();
    let wide: Vec<(&str, &str)> = wide.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let long = "x".repeat(1_025);
    for (told, why) in [
        (numbers([]), "the answer is empty"),
        (ratio(f64::NAN), "no finite number"),
        (ratio(f64::INFINITY), "no finite number"),
        (ratio(0.0).warning("a store is away"), "the server warns: a store is away"),
        (ratio(0.0).age(Millis(300_001)), "300001 ms old, and 300000 ms are taken"),
        (failed_numbers("status 400: bad_data: parse error"), "bad_data: parse error"),
        (many(0..101), "101 series, and 100 are stated"),
        (numbers([(&wide[..], 0.0)]), "more than 15 labels"),
        (numbers([(&[("l", &*long)][..], 0.0)]), "one of more than 1024 bytes"),
    ] {
        let t = watched(&json!({}), [told]);
        t.expect("Q", Inconclusive, "error_ratio was answered 0 times (");
        t.expect("Q", Inconclusive, why);
        assert!(t.samples().is_empty());
        assert_eq!((t.log().len(), t.returned()), (1, Ok(())), "{:?}", t.log());
    }
    let t = watched(&json!({}), [many(0..100)]);
    assert_eq!(t.samples().len(), 500);
}

#[test]
fn series_of_one_look_that_would_be_stated_as_one_are_not_stated() {
    for (one, other) in [
        (&[("a.b", "x")][..], &[("a_b", "x")][..]),
        (&[("__name__", "a")][..], &[("__name__", "b")][..]),
        (&[("phase", "x")][..], &[("exported_phase", "x")][..]),
    ] {
        let t = watched(&json!({}), [numbers([(one, 0.0), (other, 1.0)])]);
        t.expect("Q", Inconclusive, "answered 0 times (two series of the answer would be stated with the same labels");
        assert!(t.samples().is_empty());
    }
    let t = watched(&json!({}), [numbers([(&[("a.b", "x"), ("a_b", "y")][..], 0.0)])]);
    t.expect("Q", Inconclusive, "both stated as a_b");
}

#[test]
fn no_more_series_are_stated_than_a_phase_may() {
    // Each look has a hundred others, as where every deployment brings a new label; then old ones come again.
    let mut answers: Vec<Numbers> = (0..11).map(|look| many(look * 100..(look + 1) * 100)).collect();
    answers.push(many(900..1_000));
    let t = watched(&json!({ "during": "12s", "at-least": 1.0 }), answers);
    t.expect("Q", Inconclusive, "answered 11 times (more than 1000 series would be stated; ask for less)");
    assert_eq!(t.samples().len(), 1_100);
}

#[test]
fn one_gap_of_twenty_is_told_and_taken() {
    let mut answers = vec![ratio(0.0), numbers([])];
    answers.extend((0..18).map(|_| ratio(0.0)));
    let t = watched(&json!({ "during": "20s" }), answers);
    t.expect("Q", Pass, "error_ratio was answered 19 times (the answer is empty)");
    assert_eq!(t.log(), ["Warn: error_ratio: the answer is empty", "Info: error_ratio: answered again"]);
    let answers = [ratio(0.0), numbers([]), numbers([]), numbers([]), ratio(0.0)];
    watched(&json!({ "during": "20s" }), answers).expect("Q", Inconclusive, "answered 17 times");
}

#[test]
fn evidence_that_is_too_old_says_nothing_however_new_the_answer_is() {
    let query =
        json!({ "service": "prometheus", "promql": "errors / requests", "evidence": "requests", "at-most-age": "1m" });
    let more = json!({ "queries": { "error_ratio": query }, "during": "1s" });
    let of = |at: f64| watched(&more, [ratio(0.0)]).metrics(AGE, numbers([(&[][..], at)]));
    of(BEGUN - 60.0).expect("Q", Pass, "answered 1 times");
    let t = of(BEGUN - 60.5);
    t.expect("Q", Inconclusive, "requests: the evidence is 60500 ms old, and 60000 ms are taken");
    assert_eq!(t.calls(), ["sleep 0 ms", AGE]);
    of(BEGUN + 60.5).expect("Q", Inconclusive, "a clock is wrong");
    watched(&more, [ratio(0.0)]).metrics(AGE, numbers([])).expect("Q", Inconclusive, "requests: the answer is empty");
}

#[test]
fn a_phase_that_may_not_ask_ends_at_once() {
    let t = watched(&json!({}), [denied_numbers()]);
    t.expect("Q", Inconclusive, "it stopped: error_ratio: denied metrics");
    assert!(t.returned().unwrap_err().contains("denied metrics"));
    assert_eq!(t.calls().len(), 2);
}

#[test]
fn one_answer_beyond_a_bound_is_a_gap_and_not_the_end() {
    let mut answers = vec![ratio(0.0), exhausted_numbers("the answer has 10001 series")];
    answers.extend((0..18).map(|_| ratio(0.0)));
    let t = watched(&json!({ "during": "20s" }), answers);
    t.expect("Q", Pass, "answered 19 times (a bound was reached: the answer has 10001 series)");
    assert_eq!(t.returned(), Ok(()));
    let t = watched(&json!({}), [exhausted_numbers("the answer has 10001 series")]);
    t.expect("Q", Inconclusive, "5 of 5 looks were made; error_ratio was answered 0 times (a bound was reached");
}

#[test]
fn what_comes_and_goes_does_not_fill_the_log() {
    let answers = (0..1_500).map(|look| if look % 2 == 0 { numbers([]) } else { ratio(0.0) });
    let t = watched(&json!({ "during": "1500s" }), answers);
    assert_eq!(t.log().len(), 1_000);
    assert_eq!(t.log()[999], "Warn: more than 1000 changes; no more of them are told");
}

#[test]
fn no_more_samples_are_stated_than_a_phase_may() {
    let t = watched(&json!({ "during": "2001s", "at-least": 1.0 }), [many(0..100)]);
    t.expect("Q", Inconclusive, "answered 2000 times (more than 200000 samples would be stated");
    assert_eq!(t.samples().len(), 200_000);
}

#[test]
fn what_would_exceed_a_bound_is_refused_before_the_first_look() {
    let query = json!({ "service": "prometheus", "promql": "up", "evidence": "up" });
    let named = |name: &str| json!({ "queries": { name: query } });
    let eleven: serde_json::Map<String, Value> = (0..11).map(|n| (format!("q{n}"), query.clone())).collect();
    for (more, why) in [
        (json!({ "queries": {} }), "name 1 to 10"),
        (json!({ "queries": eleven }), "has 11 queries"),
        (json!({ "every": "99ms" }), "at least 100 ms between two looks"),
        (json!({ "during": "900ms" }), "one look at least"),
        (json!({ "at-least": 0.0 }), "a share above 0"),
        (json!({ "at-least": 1.1 }), "a share above 0"),
        (named("up"), "not as one that the host makes"),
        (named("1x"), "no digit first"),
        (named("a-b"), "letters, digits and `_`"),
        (json!({ "during": "3334s", "queries": { "q": query } }), "10002 calls, and the phase has 10000"),
    ] {
        let t = watched(&more, [ratio(0.0)]);
        assert!(t.returned().unwrap_err().contains(why), "{more}: {:?}", t.returned());
        assert!(t.calls().is_empty());
    }
}

#[test]
fn the_series_of_the_host_are_those_that_it_makes() {
    let mut known = crate::config::OF_THE_HOST;
    known.sort_unstable();
    assert_eq!(known, holdpoint_model::policy::OF_THE_HOST);
}

#[test]
fn fixtures_come_out() {
    holdpoint::fixtures(run, concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"));
}

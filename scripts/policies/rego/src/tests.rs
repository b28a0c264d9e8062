//! A minute a slot and an evaluation, as little Rego as shows it.

use holdpoint::policy::SeenCheck;
use holdpoint::policy::prelude::*;
use holdpoint::testing::{Judged, PolicyTest, policy};

use super::judge;

const DENY: &str = "data.holdpoint.deny";

/// More than 2 % of the exchanges failed.
const ERRORS: &str = r#"package holdpoint
deny contains sprintf("%v failed", [errors.value]) if {
	some errors in input.series.errors
	errors.value > 0.02
}
"#;

fn config(module: &str) -> Value {
    json!({
        "module": module, "query": DENY, "rows": ["E-1"],
        "series": { "errors": { "of": { "ratio": { "part": "requests_bad", "whole": "requests" } } } },
    })
}

/// The configuration with other fields.
fn with(module: &str, fields: &Value) -> Value {
    let mut config = config(module);
    for (name, value) in fields.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

/// Ten minutes of a hundred requests each, of which so many fail.
fn failing(bad: &str) -> PolicyTest<'static> {
    let test = policy(judge).config(config(ERRORS));
    test.series("requests", "100x9", "1m").series("requests_bad", bad, "1m")
}

fn each_minute(test: &PolicyTest<'_>) -> Judged {
    test.judged_each("1m", "9m")
}

/// What a rule without series comes to at the end.
fn said(module: &str, fields: &Value) -> Judged {
    let mut config = with(module, &json!({ "series": {} }));
    config.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    policy(judge).config(config).judged_each("1m", "0s")
}

#[track_caller]
fn ends(judged: &Judged, says: &str) {
    assert!(judged.error().is_some_and(|error| error.contains(says)), "{}\nshould say\n{says}", judged.shown());
}

#[test]
fn what_is_denied_fails_its_row_and_what_is_not_passes_at_the_end() {
    let name = "data.holdpoint.deny E-1";
    for (bad, verdict, says) in [
        ("2x9", Pass, "nothing is denied"),
        ("3x9", Fail, "denied: 0.03 failed"),
        // The whole run counts, for no window is named.
        ("30 0x8", Fail, "denied: 0.03 failed"),
        ("20 0x8", Pass, "nothing is denied"),
    ] {
        let judged = each_minute(&failing(bad));
        judged.expect(name, verdict, says);
        let last = judged.finding(name).unwrap();
        assert_eq!((last.firing, last.requirements.as_slice()), (verdict == Fail, &["E-1".to_owned()][..]), "{bad}");
        let before = judged.at("8m", name).unwrap();
        assert_eq!((before.verdict, before.firing), (Pending, false), "{}", before.observed);
    }
}

#[test]
fn each_tick_counts_only_if_it_is_said() {
    let windowed = |each_tick: bool| {
        let mut config = with(ERRORS, &json!({ "each_tick": each_tick }));
        config["series"]["errors"]["window"] = json!("59s");
        let judged = each_minute(&failing("0x3 50 0x5").config(config));
        let first = judged.first_firing("data.holdpoint.deny E-1").map(|span| span.to_string());
        (judged.finding("data.holdpoint.deny E-1").unwrap().verdict, first)
    };
    assert_eq!(windowed(true), (Fail, Some("4m".to_owned())));
    assert_eq!(windowed(false), (Pass, None));
}

#[test]
fn what_nobody_has_renewed_lacks_however_far_its_window_reaches() {
    let highest = json!({ "series": { "up": { "of": { "gauge": { "series": "up", "over": "highest" } } } } });
    for (values, wanted, says) in [
        ("1x20", Pass, "nothing is denied"),
        ("1x13 _x7", Inconclusive, "`up` has no data: "),
        ("1x9 stale _x10", Pass, "nothing is denied"),
    ] {
        let test = policy(judge).config(with(ERRORS, &highest)).series("up", values, "1m");
        let judged = test.series("other", "1x20", "1m").judged_each("1m", "20m");
        judged.expect("data.holdpoint.deny E-1", wanted, says);
    }
}

#[test]
fn where_each_tick_counts_a_rule_that_is_undefined_at_one_passes_nothing() {
    let module = "package holdpoint\ndeny := [] if input.last\n";
    for (each_tick, wanted) in [(false, Pass), (true, Inconclusive)] {
        let judged = each_minute(&failing("0x9").config(with(module, &json!({ "each_tick": each_tick }))));
        judged.expect("data.holdpoint.deny E-1", wanted, "nothing is denied");
    }
}

#[test]
fn where_each_tick_counts_what_lacked_at_one_of_them_passes_nothing() {
    let name = "data.holdpoint.deny E-1";
    let judged = |requests: &str, bad: &str, fields: &Value| {
        let mut config = with(ERRORS, &json!({ "each_tick": true }));
        config["series"]["errors"]["window"] = json!("59s");
        for (field, value) in fields.as_object().unwrap() {
            config["series"]["errors"][field] = value.clone();
        }
        let test = policy(judge).config(config).series("requests", requests, "1m");
        test.series("requests_bad", bad, "1m").judged_each("1m", "20m")
    };
    let none = json!({});
    judged("100x20", "0x20", &none).expect(name, Pass, "nothing is denied");
    let lacking = judged("100x9 _x2 100x8", "0x20", &none);
    lacking.expect(name, Inconclusive, "nothing is denied, and `errors` had no data 10m after the start");
    // What has not begun yet or has said that it ends is nothing to look for, and the Rego may judge by itself what it means.
    judged("_x2 100x18", "_x2 0x18", &none).expect(name, Pass, "nothing is denied");
    judged("100x9 stale _ 100x8", "0x9 stale _ 0x8", &none).expect(name, Pass, "nothing is denied");
    judged("100x9 _x2 100x8", "0x20", &json!({ "may_lack": true })).expect(name, Pass, "nothing is denied");
    // What is denied fails all the same.
    judged("100x9 _x2 100x8", "0x18 5 0", &none).expect(name, Fail, "denied: 0.05 failed");
}

#[test]
fn an_end_that_is_seen_beside_the_last_samples_is_an_end() {
    let mut config = config(ERRORS);
    config["series"]["errors"]["window"] = json!("59s");
    config["series"]["errors"]["by"] = json!(["service"]);
    let judged = |end: &str| {
        let test = policy(judge).config(config.clone());
        let test = test.series(r#"requests{service="a"}"#, "100x60", "20s");
        let test = test.series(r#"requests_bad{service="a"}"#, "0x60", "20s");
        let test = test.series(r#"requests{service="b"}"#, &format!("100x31 {end}"), "20s");
        test.series(r#"requests_bad{service="b"}"#, &format!("0x31 {end}"), "20s").judged_each("1m", "20m")
    };
    judged("stale").expect("data.holdpoint.deny E-1", Pass, "nothing is denied");
    judged("_").expect(
        "data.holdpoint.deny E-1",
        Inconclusive,
        r#"`errors{service="b"}` has no data: there is no series"#,
    );
}

#[test]
fn a_denial_speaks_for_the_row_that_it_names_or_for_all() {
    let module = r#"package holdpoint
deny contains {"msg": "only B", "row": "B-1", "severity": "high"} if input.last
deny contains {"msg": "everybody"} if input.run.environment == "nowhere"
"#;
    let judged = said(module, &json!({ "rows": ["A-1", "B-1"] }));
    judged.expect("data.holdpoint.deny A-1", Pass, "nothing is denied");
    judged.expect("data.holdpoint.deny B-1", Fail, "denied: only B");
    let all = said("package holdpoint\ndeny := [{\"msg\": \"x\\n y\"}, \"z\"]", &json!({ "rows": ["A-1", "B-1"] }));
    all.expect("data.holdpoint.deny A-1", Fail, "denied: x y; z");
    all.expect("data.holdpoint.deny B-1", Fail, "denied: x y; z");
}

#[test]
fn a_rule_that_allows_is_asked_for_its_last_word() {
    let allowed = |module: &str| {
        let query = "data.holdpoint.allow";
        said(&format!("package holdpoint\n{module}"), &json!({ "query": query, "answers": "allowed" }))
    };
    let name = "data.holdpoint.allow E-1";
    allowed("allow if input.last").expect(name, Pass, "data.holdpoint.allow is true");
    allowed("default allow := false\nallow if input.tick > 3").expect(name, Fail, "data.holdpoint.allow is false");
    allowed("allow if input.tick > 3").expect(name, Inconclusive, "data.holdpoint.allow is undefined");
    ends(&allowed("allow := 1"), "it is a number, and true or false is wanted");
}

#[test]
fn a_rule_that_is_undefined_passes_nothing() {
    let judged = said("package holdpoint\ndeny := [\"x\"] if input.nothing", &json!({}));
    judged.expect("data.holdpoint.deny E-1", Inconclusive, "data.holdpoint.deny is undefined");
}

#[test]
fn a_series_without_data_passes_nothing_unless_the_rego_judges_it() {
    let name = "data.holdpoint.deny E-1";
    for (test, says) in [
        (policy(judge).config(config(ERRORS)), "nothing is denied, and `errors` has no data: there is no series"),
        (failing("0x9").disrupted("0s", "10m"), "`errors` has no data: there are not enough samples"),
        (failing("0x9").unobserved("2m", "3m"), "nobody watched for 1m"),
    ] {
        each_minute(&test).expect(name, Inconclusive, says);
    }
    // What is denied fails all the same.
    each_minute(&failing("3x9").unobserved("2m", "3m")).expect(name, Fail, "denied");
    let enough = with(ERRORS, &json!({ "unobserved_at_most": "1m" }));
    each_minute(&failing("0x9").config(enough).unobserved("2m", "3m")).expect(name, Pass, "nothing is denied");

    let silent = "package holdpoint\ndeny contains one.why if some one in input.missing.errors\n";
    let mut config = config(silent);
    each_minute(&policy(judge).config(config.clone())).expect(name, Fail, "denied: there is no series");
    each_minute(&failing("0x9").config(config.clone())).expect(name, Pass, "nothing is denied");
    config["module"] = json!(ERRORS);
    config["series"]["errors"]["may_lack"] = json!(true);
    each_minute(&policy(judge).config(config)).expect(name, Pass, "nothing is denied");
}

#[test]
fn numbers_have_their_labels_and_one_that_lacks_is_missed_unless_it_has_ended() {
    let module = r#"package holdpoint
deny contains sprintf("%s: %v", [one.labels.service, one.value]) if {
	some one in input.series.up
	one.value < 1
}
"#;
    let up = json!({ "up": { "of": { "gauge": { "series": "up", "across": "lowest" } }, "by": ["service"] } });
    let name = "data.holdpoint.deny E-1";
    let judged = |backend: &str, fields: &Value| {
        let mut series = up.clone();
        for (field, value) in fields.as_object().unwrap() {
            series["up"][field] = value.clone();
        }
        let test = policy(judge).config(with(module, &json!({ "series": series })));
        let test = test.series(r#"up{service="auth"}"#, "1x20", "1m");
        test.series(r#"up{service="backend"}"#, backend, "1m").judged_each("1m", "20m")
    };
    let all = json!({});
    judged("1x20", &all).expect(name, Pass, "nothing is denied");
    judged("1x19 0", &all).expect(name, Fail, "denied: backend: 0");
    judged("1x10", &all).expect(name, Inconclusive, r#"`up{service="backend"}` has no data"#);
    judged("1x10 stale", &all).expect(name, Pass, "nothing is denied");
    // What vanished without a word is missed, whether it still lies within the window or long before it.
    judged("1x17", &all).expect(name, Pass, "nothing is denied");
    judged("1x14", &all).expect(name, Inconclusive, "there is no series");
    judged("1x14 stale", &all).expect(name, Pass, "nothing is denied");
    for fields in [
        json!({ "where": { "service": "auth" } }),
        json!({ "where_not": { "service": "backend" } }),
        json!({ "where_starts": { "service": "au" } }),
    ] {
        judged("0x20", &fields).expect(name, Pass, "nothing is denied");
    }
    judged("0 1x19", &json!({ "of": { "gauge": { "series": "up", "over": "lowest", "across": "lowest" } } })).expect(
        name,
        Fail,
        "denied: backend: 0",
    );
}

#[test]
fn quantiles_and_trends_are_numbers_too() {
    let module = r#"package holdpoint
deny contains sprintf("%s %v", [name, one.value]) if {
	some name, all in input.series
	some one in all
	one.value > input.limit_of[name]
}
deny contains name if some name, _ in input.missing
"#;
    let module = module.replace("input.limit_of", "data.limits");
    let series = json!({
        "p50": { "of": { "quantile": { "buckets": "request_duration_bucket", "share": 0.5 } } },
        "leak": { "of": { "trend": { "series": "memory_bytes", "warm_up": 0, "bucket": "10m", "reach": 0 } } },
    });
    let judged = |limit: f64| {
        let limits = json!({ "limits": { "p50": limit, "leak": limit } });
        let test = policy(judge).config(with(&module, &json!({ "series": series, "data": limits })));
        let test = test.series(r#"request_duration_bucket{le="1"}"#, "0x120", "1m");
        let test = test.series(r#"request_duration_bucket{le="3"}"#, "100x120", "1m");
        let test = test.series(r#"request_duration_bucket{le="+Inf"}"#, "100x120", "1m");
        test.series("memory_bytes", "100+1x120", "1m").judged_each("1h", "2h")
    };
    judged(10.0).expect("data.holdpoint.deny E-1", Pass, "nothing is denied");
    judged(0.1).expect("data.holdpoint.deny E-1", Fail, "p50 2");
    judged(0.1).expect("data.holdpoint.deny E-1", Fail, "leak 0.");
}

#[test]
fn the_rego_sees_how_far_the_run_is_and_what_phases_have_stated() {
    let module = r#"package holdpoint
deny contains json.marshal([input.tick, input.elapsed, input.last, input.unobserved, check.at]) if {
	some check in input.checks
	check.verdict == "fail"
	"H-1" in check.rows
	check.phase == "health"
}
"#;
    let seen = SeenCheck {
        phase: "health".to_owned(),
        requirements: vec!["H-1".to_owned()],
        name: "answers".to_owned(),
        verdict: Fail,
        expected: "200".to_owned(),
        observed: "503".to_owned(),
        at: Time(30_000),
    };
    let test = policy(judge).config(with(module, &json!({ "series": {}, "unobserved_at_most": "5m" })));
    let judged = test.seen(seen).unobserved("1m", "90s").judged_each("1m", "2m");
    judged.expect("data.holdpoint.deny E-1", Fail, "denied: [2,120,true,30,30]");
}

#[test]
fn modules_call_each_other_and_old_ones_are_read_as_such() {
    let limits = "package limits\nmost := 3\n";
    let module = "package holdpoint\nimport data.limits\ndeny contains \"much\" if data.weight > limits.most\n";
    for (weight, verdict) in [(3, Pass), (4, Fail)] {
        let fields = json!({ "module": [limits, module], "data": { "weight": weight } });
        said(module, &fields).expect("data.holdpoint.deny E-1", verdict, "");
    }
    let old = "package holdpoint\ndeny[msg] { input.last; msg := \"old\" }\n";
    said(old, &json!({ "v0": true })).expect("data.holdpoint.deny E-1", Fail, "denied: old");
    ends(&said(old, &json!({})), "module 1, line 2, column");
}

#[test]
fn a_mistake_of_the_rego_ends_the_policy_with_its_place() {
    for (module, says) in [
        ("package holdpoint\ndeny contains if", "module 1, line 2, column"),
        ("package holdpoint\ndeny contains x if {\n\tx := 1 + input.last\n}", "module 1, line 3, column"),
        ("package holdpoint\ndeny contains x if x := nothing(1)", "module 1, line 2, column"),
        ("package holdpoint\ndeny contains \"x\" if rand.intn(\"a\", 2) == 1", "module 1, line 2, column"),
        ("package holdpoint\ndeny contains \"x\" if time.now_ns() > 0", "module 1, line 2, column"),
        ("package holdpoint\ndeny contains \"x\" if http.send({}).status == 200", "module 1, line 2, column"),
        (
            "package holdpoint\ndenied contains \"x\" if input.last",
            "query `data.holdpoint.deny`: not a valid rule path",
        ),
        ("package holdpoint\ndeny := true", "it is true or false, and a set or a list of denials is wanted"),
        ("package holdpoint\ndeny contains 1", "a denial is a number, and a text or an object with `msg` is wanted"),
        ("package holdpoint\ndeny contains {\"row\": \"E-1\"}", "a denial has no text `msg`"),
        (
            "package holdpoint\ndeny contains {\"msg\": \"x\", \"row\": \"E-2\"}",
            "names the row `E-2`, which is none of `rows`",
        ),
        ("package holdpoint\ndeny contains {\"msg\": \"x\", \"row\": 1}", "the `row` of a denial is a number"),
    ] {
        ends(&said(module, &json!({})), says);
    }
}

#[test]
fn what_goes_beyond_a_bound_is_refused() {
    let empty = "package holdpoint\ndeny := []";
    let rows: Vec<String> = (0..65).map(|n| format!("R-{n}")).collect();
    let series: Value = (0..101).map(|n| (format!("s{n}"), json!({ "of": { "gauge": { "series": "up" } } }))).collect();
    let gauge = |fields: Value| json!({ "series": { "up": fields } });
    for (fields, says) in [
        (json!({ "module": [] }), "module: there are 0, and from 1 to 20 are wanted"),
        (json!({ "module": vec![empty; 21] }), "module: there are 21"),
        (json!({ "module": format!("{empty}\n{}", "# x\n".repeat(70_000)) }), "at most 262144 are read"),
        (json!({ "data": { "x": "x".repeat(300_000) } }), "data: it has more than 262144 bytes"),
        (json!({ "query": "" }), "query: the path of a rule is wanted"),
        (json!({ "query": "x".repeat(201) }), "query: the path of a rule is wanted"),
        (json!({ "rows": [] }), "rows: there are 0, and from 1 to 64 are wanted"),
        (json!({ "rows": rows }), "rows: there are 65"),
        (json!({ "rows": ["E-1", "E-1"] }), "rows: each is wanted once"),
        (json!({ "series": series }), "series: at most 100 are read"),
        (json!({ "each_tick": true, "answers": "allowed" }), "each_tick: a rule that allows"),
        (json!({ "quary": "x" }), "unknown field `quary`"),
        (gauge(json!({ "of": { "gauge": { "series": "up", "share": 1 } } })), "unknown field `share`"),
        (gauge(json!({ "of": { "ratio": { "part": "a" } } })), "missing field `whole`"),
        (
            gauge(json!({ "of": { "gauge": { "series": "up", "over": "highest" } }, "window": 0 })),
            "has a window that is not",
        ),
        (gauge(json!({ "of": { "quantile": { "buckets": "b", "share": 2 } } })), "not between 0 and 1"),
        (
            gauge(json!({ "of": { "gauge": { "series": "up" } }, "offset": "200h" })),
            "not between nothing and seven days",
        ),
    ] {
        ends(&said(empty, &fields), says);
    }
    ends(
        &policy(judge).config(config(ERRORS)).requirements(["X-1"]).judged_each("1m", "1m"),
        "none of `rows` may be claimed",
    );

    let many = |count: u32| {
        said(
            &format!(
                "package holdpoint\ndeny contains x if some x in [sprintf(\"%d\", [n]) | some n in numbers.range(1, {count})]"
            ),
            &json!({}),
        )
    };
    many(1_000).expect("data.holdpoint.deny E-1", Fail, "; and 995 more");
    ends(&many(1_001), "there are 1001 denials, and at most 1000 are read");

    let long = "package holdpoint\ndeny contains concat(\"\", [\"é\" | some _ in numbers.range(1, 501)])";
    let long = said(long, &json!({}));
    let observed = long.finding("data.holdpoint.deny E-1").unwrap().observed.clone();
    assert_eq!(observed, format!("denied: {}…", "é".repeat(500)));
}

#[test]
fn the_same_evidence_gives_the_same_findings() {
    let twice = [failing("3x9"), failing("3x9")].map(|test| each_minute(&test).ticks().to_vec());
    assert_eq!(twice[0], twice[1]);
}

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::testing::policy_fixtures(judge, "fixtures");
}

#[test]
fn more_label_sets_than_are_remembered_are_refused() {
    let up = json!({ "up": { "of": { "gauge": { "series": "up" } }, "by": ["n"] } });
    // Three generations, each of which has gone without a word when the next one comes.
    let judged = |count: u32| {
        let test = policy(judge).config(with("package holdpoint\ndeny := []", &json!({ "series": up })));
        let test = (0..3 * count).fold(test, |test, n| {
            let values = ["1", "_x9 1", "_x19 1"][usize::try_from(n / count).unwrap()];
            test.series(&format!("up{{n=\"{n}\"}}"), values, "1m")
        });
        test.judged_at(&[0, 10, 20].map(|minute| Time(minute * 60_000)))
    };
    judged(600).expect("data.holdpoint.deny E-1", Inconclusive, "; and 1195 more");
    ends(&judged(700), "there are more than 2000 label sets to remember");
}

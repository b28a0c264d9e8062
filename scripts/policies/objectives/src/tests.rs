//! Boundaries as data. A day where a day matters, else as little as shows it.

use holdpoint::policy::prelude::*;
use holdpoint::testing::{Judged, PolicyTest, policy};

use super::judge;

fn asked(rows: &[&str]) -> PolicyTest<'static> {
    policy(judge).requirements(rows.iter().copied())
}

fn verdict(judged: &Judged, name: &str) -> Option<Verdict> {
    judged.finding(name).map(|finding| finding.verdict)
}

/// Whether the last evaluation says this, whether it was judged often or once.
#[track_caller]
fn both(test: &PolicyTest<'_>, step: &str, until: &str, name: &str, wanted: Verdict, says: &str) {
    let often = test.judged_each(step, until);
    often.expect(name, wanted, says);
    let before = often.ticks().iter().rev().skip(1).flat_map(|(_, found)| found).find(|found| found.name == name);
    assert!(before.is_none_or(|found| found.verdict == Pending), "{before:?}");
    let once = test.judged_at(&[often.ticks().last().map(|(at, _)| *at).unwrap_or_default()]);
    assert_eq!(often.finding(name), once.finding(name), "{}\n{}", often.shown(), once.shown());
}

#[test]
fn errors_below_one_percent_of_all_exchanges_are_judged_by_what_was_seen_and_what_was_not() {
    // Ten thousand exchanges in a hundred minutes.
    let of = |bad: &str| {
        let test = asked(&["P4.1.errors"]).series(r#"requests{route="a"}"#, "50x99", "1m");
        test.series(r#"requests{route="b"}"#, "50x99", "1m").series(r#"requests_bad{route="b"}"#, bad, "1m")
    };
    for (name, test, wanted, says) in [
        ("0.99 %", of("1x98 0"), Pass, "99 of 10000 exchanges failed: 0.99 %"),
        ("1 %", of("1x99"), Fail, "100 of 10000 exchanges failed: 1 %"),
        ("1.1 %", of("1x98 11"), Fail, "110 of 10000 exchanges failed: 1.1 %"),
        ("a minute that nobody saw", of("1x98 0").unobserved("40m30s", "41m30s"), Inconclusive, "103 were not seen"),
        ("fewer failed", of("1x89 0x9").unobserved("40m30s", "41m30s"), Inconclusive, "103 were not seen"),
        ("with none at all", of("0x99").unobserved("40m30s", "40m40s"), Pass, "17 were not seen"),
        (
            "a minute on purpose",
            of("0x49 90 0x49").disrupted("50m", "51m"),
            Pass,
            "100 besides while something was broken on purpose",
        ),
        ("the same in earnest", of("0x49 190 0x49"), Fail, "190 of 10000"),
        (
            "too few",
            asked(&["P4.1.errors"]).series("requests", "50x9", "1m").series("requests_bad", "0x9", "1m"),
            Inconclusive,
            "500 were not seen",
        ),
        (
            "too few and bad",
            asked(&["P4.1.errors"]).series("requests", "50x9", "1m").series("requests_bad", "2x9", "1m"),
            Fail,
            "20 of 500",
        ),
        ("nothing", asked(&["CRIT-8"]), Inconclusive, "nothing was seen"),
    ] {
        println!("{name}");
        both(&test, "1m", "105m", "errors", wanted, says);
    }
}

#[test]
fn slots_that_are_told_late_are_counted() {
    // Of thirty minutes the sixth was bad, and is told later than the others.
    let of = |late: &str| {
        let test = asked(&["P4.1.errors", "P4.1.p95"]).series("requests", "1000x4 _ 1000x23", "1m");
        let test = test.series("requests_bad", "0x4 _ 0x23", "1m");
        let test = test.series("request_duration_bucket{le=\"2\"}", "1000x4 _ 1000x23", "1m");
        let test = test.series("request_duration_bucket{le=\"+Inf\"}", "1000x4 _ 1000x23", "1m");
        let test = test.series_late("requests", "_x5 10000", "1m", late);
        let test = test.series_late("requests_bad", "_x5 1000", "1m", late);
        test.series_late("request_duration_bucket{le=\"+Inf\"}", "_x5 10000", "1m", late)
    };
    for late in ["0s", "4m", "7m", "23m"] {
        both(&of(late), "1m", "29m", "errors", Fail, "1000 of 39000");
        both(&of(late), "1m", "29m", "p95", Fail, "p95 of 39000 exchanges: above 2 s");
    }
    both(&of("25m"), "1m", "29m", "errors", Pass, "0 of 29000");
}

#[test]
fn what_cannot_be_counted_once_more_at_the_end_says_nothing() {
    // Each evaluation has room for the slots of an hour, and not for those of all three.
    let of = |bad: &str| {
        let test = asked(&["P4.1.errors", "P4.1.p95", "P4.1.cpu"]).series("requests", "1000x179", "1m");
        let test =
            test.series("requests_bad", bad, "1m").series("request_duration_bucket{le=\"+Inf\"}", "1000x179", "1m");
        test.series("cpu_share{instance=\"a\"}", "0.1x179", "1m")
    };
    for bad in ["0x179", "500x179"] {
        let judged = of(bad).samples_at_most(300).judged_each("1m", "179m");
        let why = "not all could be counted once more: evidence of requests: samples of all answers are more than 300";
        judged.expect("errors", Inconclusive, why);
        judged.expect("p95", Inconclusive, why);
        judged.expect("cpu {instance=\"a\"}", Pass, "");
    }
    of("0x179").judged_each("1m", "179m").expect("errors", Pass, "0 of 180000 exchanges failed");
}

#[test]
fn a_p95_within_two_seconds_is_told_by_the_ends_of_its_buckets() {
    // So many of a hundred each minute at most so long.
    let of = |counts: &[(&str, u32)]| {
        counts.iter().fold(asked(&["P4.1.p95", "CRIT-9"]), |test, (le, count)| {
            test.series(&format!("request_duration_bucket{{le=\"{le}\"}}"), &format!("{count}x19"), "1m")
        })
    };
    for (name, test, wanted, says) in [
        ("95 within two seconds", of(&[("1", 50), ("2", 95), ("3", 100), ("+Inf", 100)]), Pass, "1 s to 2 s"),
        (
            "94 within two seconds",
            of(&[("1", 50), ("2", 94), ("3", 100), ("+Inf", 100)]),
            Fail,
            "by the counts of buckets",
        ),
        ("no bound at the limit", of(&[("1", 50), ("3", 100), ("+Inf", 100)]), Inconclusive, "1 s to 3 s"),
        ("beyond all bounds", of(&[("1", 50), ("+Inf", 100)]), Inconclusive, "above 1 s"),
        ("slow beyond all bounds", of(&[("2", 50), ("+Inf", 100)]), Fail, "above 2 s"),
        (
            "with some unseen",
            of(&[("2", 95), ("3", 100), ("+Inf", 100)]).unobserved("5m10s", "5m40s"),
            Inconclusive,
            "55 were not seen",
        ),
        (
            "with room for them",
            of(&[("2", 100), ("3", 100), ("+Inf", 100)]).unobserved("5m10s", "5m40s"),
            Pass,
            "55 were not seen",
        ),
        ("nothing", asked(&["CRIT-9"]), Inconclusive, "nothing was seen"),
    ] {
        println!("{name}");
        // How many a second there were is known by the requests.
        let test = test.series("requests", "100x19", "1m").series("requests_bad", "0x19", "1m");
        both(&test, "1m", "20m", "p95", wanted, says);
    }
    let mixed =
        of(&[("2", 100), ("+Inf", 100)]).series(r#"request_duration_bucket{route="b",le="+Inf"}"#, "1x19", "1m");
    both(&mixed, "1m", "20m", "p95", Inconclusive, "its buckets have different bounds");
    let words = asked(&["P4.1.p95"]).series(r#"request_duration_bucket{le="much"}"#, "1x19", "1m");
    assert!(words.judged_each("1m", "1m").error().is_some_and(|error| error.contains("`much`, which is no number")));
}

#[test]
fn three_failed_probes_of_a_day_fail_and_three_that_nobody_made_do_not() {
    let of = |values: &str| asked(&["P4.1.availability"]).series(r#"up{service="auth"}"#, values, "30s");
    let name = "availability {service=\"auth\"}";
    for (what, values, wanted, says) in [
        ("all", "1x2879", Pass, "2880 of 2880"),
        ("two failed", "1x1000 0x1 1x1876", Pass, "2878 of 2880"),
        ("three failed", "1x1000 0x2 1x1875", Fail, "2877 of 2880"),
        ("two unseen", "1x1000 _x2 1x1876", Pass, "2 were not seen"),
        ("three unseen", "1x1000 _x3 1x1875", Inconclusive, "3 were not seen"),
        ("three failed and many unseen", "1x1000 0x2 _x100 1x1775", Fail, "100 were not seen"),
        ("half a day", "1x1439", Inconclusive, "were not seen"),
    ] {
        let judged = of(values).judged_each("6h", "23h59m30s");
        judged.expect(name, wanted, says);
        println!("{what}: {}", judged.shown());
    }
    // A phase that probed before and has ended leaves no gap to whoever probes then.
    let twice = of("_x1440 1x2879").series(r#"up{phase="health",service="auth"}"#, "1x2 stale", "30s");
    twice.judged_each("6h", "35h59m30s").expect(name, Pass, "0 were not seen");
    let purpose = of("1x1000 0x99 1x1778 1x100").disrupted("30029s", "33031s").judged_each("6h", "24h");
    purpose.expect(name, Inconclusive, "were good");
    // Who watches for longer than what is broken on purpose takes has seen a whole day all the same.
    let longer = of("1x2939").disrupted("3h", "3h21m30s").judged_each("6h", "24h29m30s");
    longer.expect(name, Pass, "0 were not seen");
    asked(&["SUC-2"]).judged_each("6h", "24h").expect("availability", Inconclusive, "nothing was seen");
}

/// Probes of an hour, with whatever may be wrong with them.
fn probed() -> PolicyTest<'static> {
    let config = json!({ "availability": {
        "rows": ["P4.1.availability"], "limit": 0.5, "every": "30s", "at_least": 10
    } });
    let test = asked(&["P4.1.availability"]).config(config);
    let test = test.series(r#"up{service="auth",route="a"}"#, "1x20 0x3 _x9 1x4 _ 1 0 1x60 _x40", "30s");
    // It ends, goes on, and ends within what is broken on purpose; another one begins and vanishes.
    let test = test.series(r#"up{service="auth",route="b"}"#, "1x10 stale _x14 1x30 0x8 stale _x4 1x2", "30s");
    let test = test.series_from(r#"up{service="late"}"#, "1x5 _x2 1x20", "30s", "20m");
    test.disrupted("6m", "7m30s").disrupted("30m1s", "33m10s").disrupted("31m", "34m").unobserved("10m", "12m")
}

#[test]
fn what_is_kept_of_probes_says_the_same_as_all_of_them() {
    for settle in ["0s", "1s", "40s", "5m", "2h"] {
        let mut config = json!({ "availability": {
            "rows": ["P4.1.availability"], "limit": 0.5, "every": "30s", "at_least": 10
        } });
        config["settle"] = json!(settle);
        let test = probed().config(config).goes_on();
        let often = test.judged_each("50s", "1h");
        assert_eq!(often.error(), None);
        for (at, found) in often.ticks() {
            let once = test.judged_at(&[*at]);
            assert_eq!(found.as_slice(), once.last(), "at {at:?}, settled after {settle}");
        }
    }
}

#[test]
fn probes_that_are_kept_are_not_asked_for_again_before_the_end() {
    let of = |samples: usize| probed().samples_at_most(samples);
    // Six minutes of three sources.
    assert_eq!(of(50).goes_on().judged_each("1m", "1h").error(), None);
    // At last all of them, so that one that was told late is counted.
    let error = of(50).judged_each("1m", "1h").error().map(str::to_owned);
    assert!(error.as_ref().is_some_and(|error| error.contains("samples of all answers are more than 50")), "{error:?}");
    let late = || asked(&["P4.1.availability"]).series(r#"up{service="a"}"#, "1x99", "30s");
    let late = || late().series_late(r#"up{service="a",route="late"}"#, "0", "30s", "20m");
    late().judged_each("1m", "49m30s").expect(
        "availability {service=\"a\"}",
        Inconclusive,
        "100 of 101 probes were good",
    );
}

#[test]
fn services_are_judged_apart() {
    let test = asked(&["P4.1.availability"]).series(r#"up{service="auth"}"#, "1x2879", "30s");
    let judged = test.series(r#"up{service="backend"}"#, "0x2879", "30s").judged_each("6h", "23h59m30s");
    assert_eq!(verdict(&judged, "availability {service=\"auth\"}"), Some(Pass), "{}", judged.shown());
    assert_eq!(verdict(&judged, "availability {service=\"backend\"}"), Some(Fail), "{}", judged.shown());
}

#[test]
fn services_that_are_named_are_judged_and_others_are_asked_now_and_then() {
    let config = r#"{ "availability": {
        "rows": ["P4.1.availability"], "services": ["auth", "frontend"], "limit": 0.999, "every": "30s", "at_least": 2880
    } }"#;
    let test = asked(&["P4.1.availability"]).config(serde_json::from_str(config).unwrap());
    let test = test.series(r#"up{service="auth"}"#, "1x2879", "30s");
    let judged = test.series(r#"up{service="issuer"}"#, "1 0 1", "30s").judged_each("6h", "23h59m30s");
    assert_eq!(verdict(&judged, "availability {service=\"auth\"}"), Some(Pass), "{}", judged.shown());
    assert_eq!(verdict(&judged, "availability {service=\"issuer\"}"), None, "{}", judged.shown());
    assert_eq!(verdict(&judged, "availability {service=\"frontend\"}"), Some(Inconclusive), "{}", judged.shown());
}

#[test]
fn a_shift_without_a_gap_passes_and_one_with_a_failed_probe_does_not() {
    let name = "gap {service=\"auth\"}";
    for (what, values, wanted, says) in [
        ("no gap", "1x59", Pass, "0 of 60 probes failed; at most 1s apart"),
        ("two seconds", "1x20 0x1 1x36", Fail, "2 of 60 probes failed"),
        ("one probe is late", "1x20 _ 1x37", Pass, "at most 2s apart"),
        ("two are missing", "1x20 _x2 1x36", Inconclusive, "at most 3s apart"),
        ("one probe", "1", Inconclusive, "0 of 1"),
    ] {
        let test = asked(&["SUC-1.gap"]).series(r#"shift_up{service="auth"}"#, values, "1s");
        println!("{what}");
        test.judged_each("10s", "60s").expect(name, wanted, says);
    }
    asked(&["SUC-1.gap"]).judged_each("10s", "60s").expect("gap", Inconclusive, "0 of 0");
}

#[test]
fn each_instance_is_held_below_its_limits_and_three_behind_one_balancer_are_told_apart() {
    let cpu = |instance: &str| format!("cpu_share{{instance=\"{instance}\",service=\"backend\"}}");
    let test = asked(&["P4.1.cpu"])
        .series(&cpu("a"), "0.69x40", "1m")
        .series(&cpu("b"), "0.3x9 0.71x4 0.3x25", "1m")
        .series(&cpu("c"), "0.3x9 0.7x5 0.3x24", "1m");
    let judged = test.judged_each("1m", "40m");
    let of = |instance: &str| verdict(&judged, &format!("cpu {{instance=\"{instance}\",service=\"backend\"}}"));
    assert_eq!((of("a"), of("b"), of("c")), (Some(Pass), Some(Pass), Some(Fail)), "{}", judged.shown());
    // It fails as soon as it was above for too long.
    let early = test.goes_on().judged_each("1m", "16m");
    assert_eq!(verdict(&early, "cpu {instance=\"c\",service=\"backend\"}"), Some(Fail), "{}", early.shown());

    let nameless = asked(&["P4.1.memory"]).series(r#"memory_share{service="backend"}"#, "0.1x40", "1m");
    nameless.judged_each("1m", "40m").expect("memory of nobody", Inconclusive, "without the label `instance`");
    // It is not forgotten, whoever is there later.
    let early = asked(&["P4.1.memory"]).series(r#"memory_share{service="backend"}"#, "0.9x3", "1m");
    let early = early.series(r#"memory_share{instance="a",service="backend"}"#, "_x5 0.1x35", "1m");
    let judged = early.judged_each("1m", "40m");
    judged.expect("memory of nobody", Inconclusive, "without the label `instance`");
    judged.expect("memory {instance=\"a\",service=\"backend\"}", Pass, "");
    asked(&["P4.1.connections"]).judged_each("1m", "40m").expect(
        "connections",
        Inconclusive,
        "there was never any data",
    );
}

#[test]
fn a_leak_and_a_step_fail_and_a_saw_passes() {
    // A day by the five minutes.
    let of = |value: &dyn Fn(f64) -> f64| {
        let values: Vec<String> = (0..=288).map(|at| value(f64::from(at) / 12.0).to_string()).collect();
        let test = asked(&["P4.1.leak", "SUC-2"]);
        test.series(r#"memory_bytes{instance="a"}"#, &values.join(" "), "5m").judged_each("6h", "24h")
    };
    let (leak, drift) = ("leak {instance=\"a\"}", "drift {instance=\"a\"}");
    for (what, value, leaks, drifts) in [
        ("it stays", &(|_| 1_000.0) as &dyn Fn(f64) -> f64, Pass, Pass),
        ("2 % an hour", &|h| 1_000.0 + 20.0 * h, Fail, Fail),
        ("0.15 % an hour", &|h| 1_000.0 + 1.5 * h, Pass, Pass),
        ("0.3 % an hour", &|h| 1_000.0 + 3.0 * h, Pass, Fail),
        ("collected each half hour", &|h| 1_000.0 + 400.0 * (h * 2.0).fract(), Pass, Pass),
        ("collected, and 2 % an hour are left", &|h| 1_000.0 + 400.0 * (h * 2.0).fract() + 20.0 * h, Fail, Fail),
        ("a step of 10 %", &|h| if h < 12.0 { 1_000.0 } else { 1_100.0 }, Fail, Fail),
        ("a step of 4 %", &|h| if h < 12.0 { 1_000.0 } else { 1_040.0 }, Pass, Pass),
        ("twice as much while it warms up", &|h| if h < 1.0 { 2_000.0 } else { 1_000.0 }, Pass, Pass),
    ] {
        let judged = of(value);
        assert_eq!(
            (verdict(&judged, leak), verdict(&judged, drift)),
            (Some(leaks), Some(drifts)),
            "{what}\n{}",
            judged.shown()
        );
    }
    asked(&["CRIT-7"]).judged_each("6h", "24h").expect("leak", Inconclusive, "there is no series");
    let short = asked(&["CRIT-7"]).series(r#"memory_bytes{instance="a"}"#, "1000x60", "5m").judged_each("1h", "5h");
    short.expect(leak, Inconclusive, "fewer than five points");
    let nameless = asked(&["CRIT-7"]).series("memory_bytes", "1000x288", "5m").judged_each("6h", "24h");
    nameless.expect("leak {}", Inconclusive, "no label `instance`");
    let stopped = asked(&["CRIT-7"]).series(r#"memory_bytes{instance="a"}"#, "1000x144", "5m").judged_each("6h", "24h");
    stopped.expect(leak, Inconclusive, "its latest sample is 12h old");
    let ended =
        asked(&["CRIT-7"]).series(r#"memory_bytes{instance="a"}"#, "1000x144 stale", "5m").judged_each("6h", "24h");
    ended.expect(leak, Pass, "it stays");
    // What a load saw of it for minutes has another name, or it would keep the day from telling.
    for (short, of_it) in [("memory_bytes", Some(Inconclusive)), ("memory_bytes_under_load", None)] {
        let test = asked(&["CRIT-7"]).series(r#"memory_bytes{instance="a",phase="monitor"}"#, "1000x288", "5m");
        let short =
            test.series(&format!("{short}{{instance=\"a\",phase=\"request-isolation\"}}"), "1000x4 stale", "5m");
        let judged = short.judged_each("6h", "24h");
        judged.expect("leak {instance=\"a\",phase=\"monitor\"}", Pass, "it stays");
        assert_eq!(verdict(&judged, "leak {instance=\"a\",phase=\"request-isolation\"}"), of_it, "{}", judged.shown());
    }
}

#[test]
fn so_many_users_are_enough_once() {
    let of = |values: &str| asked(&["SUC-3.users"]).series("users", values, "1m").judged_each("1m", "9m");
    of("0 100 150 100x6").expect("users", Pass, "150");
    of("0 100 149 100x6").expect("users", Fail, "149");
    asked(&["SUC-3.users"]).judged_each("1m", "9m").expect("users", Inconclusive, "there is no series");
    // Long ago, and for as long as nobody looks back; told late, and found at the end.
    let long = || asked(&["SUC-3.users"]).series("users", "0 150 100x178", "1m");
    long().goes_on().samples_at_most(8).judged_each("1m", "170m").expect("users", Pass, "150");
    long().judged_each("1m", "179m").expect("users", Pass, "150");
    let late = || {
        let early = asked(&["SUC-3.users"]).series("users", "100x59", "1m");
        early.series_late("users{load=\"2\"}", "151", "1m", "30m")
    };
    late().goes_on().judged_each("1m", "58m").expect("users", Pending, "100; so far");
    late().judged_each("1m", "59m").expect("users", Pass, "151");
    // What was broken on purpose is no load.
    let broken = asked(&["SUC-3.users"]).series("users", "100x9 200 100x50", "1m").disrupted("9m", "11m");
    broken.judged_each("1m", "59m").expect("users", Fail, "100");
}

#[test]
fn what_is_not_asked_is_not_judged_and_a_policy_without_anything_to_judge_says_so() {
    let judged = asked(&["P4.1.cpu"]).judged_each("1m", "1m");
    assert_eq!(judged.last().len(), 1, "{}", judged.shown());
    let nothing = asked(&["P3.1"]).judged_each("1m", "1m");
    assert!(nothing.error().is_some_and(|error| error.contains("list one in its `requirements`")));
    let all = policy(judge).judged_each("1m", "1m");
    assert_eq!(all.last().len(), 10, "{}", all.shown());
}

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::testing::policy_fixtures(judge, "fixtures");
}

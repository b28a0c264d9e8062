//! Boundaries as data: a probe, a slot and an evaluation each second, or each minute where hours are needed.

use holdpoint::policy::prelude::*;
use holdpoint::testing::{Judged, PolicyTest, policy};

use super::judge;

const UNHEALTHY: &str = "Critical Service Unhealthy auth";

fn first(judged: &Judged, name: &str) -> Option<i64> {
    judged.first_firing(name).map(|span| span.0 / 1_000)
}

fn probed(values: &str) -> PolicyTest<'static> {
    policy(judge).config(json!({ "critical": ["auth"], "probed_each": "2s" })).series(
        r#"up{service="auth"}"#,
        values,
        "1s",
    )
}

#[test]
fn unhealthy_for_five_minutes_is_a_trigger_and_a_second_less_is_none() {
    for (name, values, fires, verdict) in [
        ("4:59", "1x99 0x299 1x199", None, Pass),
        ("5:01", "1x99 0x300 1x198", Some(400), Fail),
        ("for good", "1x99 0x499", Some(400), Fail),
        // From the last probe that counts on, silence is as bad: three seconds after it.
        ("silence for good", "1x99", Some(402), Fail),
        ("silence after four minutes", "1x99 0x240", Some(400), Fail),
        ("silence after its end", "1x399 stale", None, Pass),
        ("silence after its end while it is pending", "1x99 0x240 stale", None, Inconclusive),
        ("flapping", "1x99 0x249 1 0x247 1", None, Pass),
        ("pending at the end", "1x499 0x99", None, Inconclusive),
        ("healthy", "1x599", None, Pass),
        ("from the beginning", "0x599", Some(300), Fail),
    ] {
        let judged = probed(values).judged_each("1s", "599s");
        assert_eq!(first(&judged, UNHEALTHY), fires, "{name}\n{}", judged.shown());
        let found = judged.finding(UNHEALTHY).cloned();
        let told = found.map(|found| (found.verdict, found.requirements, found.action));
        assert_eq!(told, Some((verdict, vec!["RB-T1".to_owned()], Some("rollback".to_owned()))), "{name}");
    }
    let never = policy(judge).config(json!({ "critical": ["auth"] })).judged_each("1s", "599s");
    never.expect(UNHEALTHY, Inconclusive, "there is no series");
    assert_eq!(first(&never, UNHEALTHY), None);
}

#[test]
fn what_nobody_saw_makes_no_service_unhealthy_and_no_error_last() {
    // A bad probe, and no host for ten minutes; then all is well, or the probes are as bad. Nobody judges meanwhile, or somebody does it later.
    let there = |second: &i64| !(101..701).contains(second);
    let ticks: Vec<Time> = (0..=1_020).filter(there).map(|second| Time(0) + Span::seconds(second)).collect();
    for (name, values, fires) in [
        ("well after it", "1x99 0 _x600 1x319", None),
        ("unhealthy after it", "1x99 0 _x600 0x289 1x29", None),
        ("unhealthy for five minutes after it", "1x99 0 _x600 0x319", Some(1_003)),
    ] {
        let test = probed(values).unobserved("101s", "701s");
        for judged in [test.judged_each("1s", "1020s"), test.judged_at(&ticks)] {
            assert_eq!(first(&judged, UNHEALTHY), fires, "{name}\n{}", judged.shown());
        }
    }
    let bad = policy(judge)
        .config(json!({ "errors": { "window": "999ms", "hold": "5m" } }))
        .series("requests", "1000x99 _x600 1000x300", "1s")
        .series("requests_bad", "0x89 100x9 _x600 100x200 0x99", "1s");
    let bad = bad.unobserved("100s", "700s");
    for judged in [bad.judged_each("1s", "1000s"), bad.judged_at(&ticks)] {
        assert_eq!(first(&judged, "Errors"), None, "{}", judged.shown());
    }
}

#[test]
fn a_service_that_somebody_asked_once_is_not_missed() {
    let asked = |critical: Value| {
        let test = policy(judge).config(json!({ "critical": critical, "probed_each": "2s" }));
        let judged = test.series(r#"up{service="auth"}"#, "1", "1s").judged_each("1s", "10m");
        first(&judged, UNHEALTHY)
    };
    assert_eq!((asked(json!([])), asked(json!(["auth"])).is_some()), (None, true));
    // Two bad answers with five minutes between them that nobody asked in.
    let test = policy(judge).config(json!({ "probed_each": "2s" }));
    let judged = test.series(r#"up{service="auth"}"#, "1x9 0 _x310 0 1x50", "1s").judged_each("1s", "6m");
    assert_eq!(first(&judged, UNHEALTHY), None, "{}", judged.shown());
}

#[test]
fn a_service_that_is_not_critical_triggers_nothing() {
    let config = json!({ "critical": ["auth"] });
    let test = policy(judge).config(config).series(r#"up{service="auth"}"#, "1x60", "10s");
    let judged = test.series(r#"up{service="docs"}"#, "0x60", "10s").judged_each("10s", "10m");
    judged.expect(UNHEALTHY, Pass, "watched for 10m");
    assert!(judged.last().iter().all(|finding| !finding.firing), "{}", judged.shown());
}

#[test]
fn more_than_five_percent_errors_for_ten_minutes_are_a_trigger() {
    for (name, bad, fires) in [
        ("4.9 %", "49x1200", None),
        ("5 %", "50x1200", None),
        ("5.1 % for 9:59", "0x99 51x599 0x500", None),
        ("5.1 % for 10:01", "0x99 51x600 0x499", Some(700)),
        ("all, for 9:59", "0x99 1000x599 0x500", None),
        ("flapping", "0x99 51x399 0 51x700", Some(1_101)),
        ("with a minute of silence", "0x99 51x299 _x60 51x740", Some(761)),
    ] {
        let config = json!({ "errors": { "window": "999ms" } });
        let all = if bad.contains('_') { "1000x399 _x60 1000x740" } else { "1000x1200" };
        let test = policy(judge).config(config).series("requests", all, "1s").series("requests_bad", bad, "1s");
        let judged = test.judged_each("1s", "20m");
        assert_eq!(first(&judged, "Errors"), fires, "{name}\n{}", judged.shown());
    }
}

/// A thousand requests where some are bad, or none, and no request where nothing is said of bad ones.
fn requests_beside(bad: &str) -> String {
    let beside = |part: &str| match part.split_once('x') {
        Some(("_", _)) => part.to_owned(),
        Some((_, times)) => format!("1000x{times}"),
        None => "1000".to_owned(),
    };
    bad.split(' ').map(beside).collect::<Vec<_>>().join(" ")
}

#[test]
fn silence_is_no_evidence_of_errors_that_last() {
    // Ten seconds each. What silence ends is known by nobody, so no row passes over ten minutes of it, nor of it and of bad looks together.
    let every_other = format!("0x69 {}0x22", "100 _x1 ".repeat(35));
    for (name, bad, fires, verdict) in [
        ("a bad look, ten minutes of silence, a bad look", "0x9 100 _x60 100 0x70", None, Inconclusive),
        ("a bad look, nearly ten minutes of silence, a bad look", "0x9 100 _x58 100 0x70", None, Pass),
        ("five bad minutes after ten of silence", "0x9 100x29 _x60 100x30 0x39", None, Inconclusive),
        ("9:50 after ten minutes of silence", "0x9 100x29 _x60 100x59 0x9", None, Inconclusive),
        ("10:00 after ten minutes of silence", "0x9 100x29 _x60 100x60 0x9", Some(1_600), Fail),
        ("five bad minutes on either side of five of silence", "0x9 100x30 _x30 100x31 0x39", Some(1_010), Fail),
        ("and ten seconds less", "0x9 100x30 _x30 100x29 0x39", None, Inconclusive),
        ("nine minutes and fifty seconds with silence in them", "0x69 100x30 _x20 100x8 0x29", None, Pass),
        ("every other look is silent", every_other.as_str(), None, Inconclusive),
        ("silence from a bad look on", "0x9 100 _x139", None, Inconclusive),
    ] {
        let test = policy(judge).config(json!({ "errors": { "window": "9s" } }));
        let test = test.series("requests", &requests_beside(bad), "10s").series("requests_bad", bad, "10s");
        let judged = test.judged_each("10s", "27m");
        let verdict_found = judged.finding("Errors").map(|finding| finding.verdict);
        assert_eq!((first(&judged, "Errors"), verdict_found), (fires, Some(verdict)), "{name}\n{}", judged.shown());
    }
    // Where five minutes are enough, five minutes of silence are none of them.
    for (name, bad, fires) in [
        ("a bad look on either side", "0x9 100 _x300 100 0x299", None),
        ("4:59", "0x9 100 _x300 100x299 0x9", None),
        ("5:01", "0x9 100 _x300 100x301 0x9", Some(611)),
    ] {
        let test = policy(judge).config(json!({ "errors": { "window": "999ms", "hold": "5m" } }));
        let test = test.series("requests", &requests_beside(bad), "1s").series("requests_bad", bad, "1s");
        let judged = test.judged_each("1s", "620s");
        assert_eq!(first(&judged, "Errors"), fires, "{name}\n{}", judged.shown());
    }
}

#[test]
fn few_requests_are_no_error_rate_and_those_of_the_looks_alone_are_enough() {
    // Looks each half minute. Ten minutes have 21 of them, with both ends.
    let one_a_minute = "1 0 ".repeat(30);
    for (name, requests, bad, fires, verdict) in [
        ("one a minute, which fails", one_a_minute.trim_end(), one_a_minute.trim_end(), false, Inconclusive),
        ("two a look, which are well", "2x60", "0x60", false, Pass),
        ("two a look, one of which fails", "2x60", "1x60", true, Fail),
        ("a thousand others, 4.9 % of which fail", "1002x60", "49x60", false, Pass),
        ("a thousand others, 5.5 % of which fail", "1002x60", "55x60", true, Fail),
    ] {
        let test = policy(judge).series("requests", requests, "30s").series("requests_bad", bad, "30s");
        let judged = test.judged_each("30s", "30m");
        let verdict_found = judged.finding("Errors").map(|finding| finding.verdict);
        let found = (first(&judged, "Errors").is_some(), verdict_found);
        assert_eq!(found, (fires, Some(verdict)), "{name}\n{}", judged.shown());
    }
    for (at_least, fires) in [(21, true), (22, false)] {
        let test = policy(judge).config(json!({ "errors": { "at_least": at_least } }));
        let test = test.series("requests", "1x60", "30s").series("requests_bad", "1x60", "30s");
        assert_eq!(first(&test.judged_each("30s", "30m"), "Errors").is_some(), fires, "{at_least}");
    }
}

#[test]
fn one_request_that_always_fails_is_no_trigger_where_more_are_wanted() {
    // Two looks a minute, of two requests each, and somebody who asks once a minute for what is broken.
    let quiet = |at_least: u32, requests: &str, bad: &str| {
        let config = json!({ "errors": { "window": "59s", "at_least": at_least } });
        let test = policy(judge).config(config).series("requests", requests, "30s");
        test.series("requests_bad", bad, "30s").judged_each("30s", "30m")
    };
    let [few, one] = ["3 2 ".repeat(30), "1 0 ".repeat(30)];
    assert!(first(&quiet(1, few.trim_end(), one.trim_end()), "Errors").is_some());
    let judged = quiet(100, few.trim_end(), one.trim_end());
    assert_eq!(first(&judged, "Errors"), None, "{}", judged.shown());
    judged.expect("Errors", Inconclusive, "too few observations");
    assert!(first(&quiet(100, "1000x60", "60x60"), "Errors").is_some());
}

#[test]
fn what_was_broken_on_purpose_triggers_nothing() {
    let config = json!({ "errors": { "window": "999ms" }, "probed_each": "2s" });
    let test = policy(judge).config(config).series(r#"up{service="auth"}"#, "1x99 0x500 1x300", "1s");
    let test = test.series("requests", "1000x900", "1s").series("requests_bad", "0x99 1000x700 0x100", "1s");
    let test = test.series("leaks", "0x99 5x100 0x600", "1s");
    let judged = test.disrupted("100s", "850s").judged_each("1s", "15m");
    for name in [UNHEALTHY, "Errors", "Isolation Failure"] {
        assert_eq!(first(&judged, name), None, "{name}\n{}", judged.shown());
    }
}

#[test]
fn a_leak_that_uses_all_memory_up_within_hours_is_a_trigger() {
    let of = |values: &str| {
        let test = policy(judge).series(r#"memory_share{service="auth",instance="a"}"#, values, "1m");
        test.judged_each("10m", "4h")
    };
    let saw: Vec<String> = (0..240).map(|minute| format!("{}", 0.4 + 0.05 * f64::from(minute % 10))).collect();
    let name = "Leak {instance=\"a\",service=\"auth\"}";
    for (what, values, verdict) in [
        ("40 % and 10 % an hour, full in two hours", "0.4+0.001666666x240".to_owned(), Fail),
        ("40 % and 1 % an hour, full in two days", "0.4+0.000166666x240".to_owned(), Pass),
        ("collected each ten minutes", saw.join(" "), Pass),
        ("a level just below all", "0.99x240".to_owned(), Pass),
        ("used up already", "1x240".to_owned(), Fail),
    ] {
        let judged = of(&values);
        assert_eq!(judged.finding(name).map(|finding| finding.verdict), Some(verdict), "{what}\n{}", judged.shown());
    }
    policy(judge).judged_each("10m", "4h").expect("Leak", Inconclusive, "there was never any data");
    // Instances that can't be told apart are none.
    let nameless = policy(judge).series(r#"memory_share{service="auth"}"#, "1x240", "1m").judged_each("10m", "4h");
    nameless.expect("Leak", Inconclusive, "there is no series");
}

#[test]
fn one_leak_or_one_failed_check_is_a_failure_of_isolation() {
    let name = "Isolation Failure";
    let base = || policy(judge);
    for (what, test, verdict, says) in [
        ("nothing", base(), Inconclusive, "0 of 0 checks failed"),
        ("nobody saw anything", base().series("leaks", "0x60", "1s"), Inconclusive, "0 leaks"),
        ("no leak", base().series("leaks", "0x60", "1s").series("isolation_success", "1x60", "1s"), Pass, "0 leaks"),
        ("one leak", base().series("leaks", "0x30 1 0x28", "1s"), Fail, "1 leaks"),
        ("passed", base().check("5s", "P3.2.isolation", Pass), Pass, "0 of 1 checks failed"),
        ("failed", base().check("5s", "CRIT-3", Fail).check("6s", "CRIT-3", Pass), Fail, "1 of 2 checks failed"),
        (
            "undecided",
            base()
                .check("5s", "CRIT-3", Inconclusive)
                .series("isolation_success", "1x60", "1s")
                .series("leaks", "0x60", "1s"),
            Inconclusive,
            "0 leaks",
        ),
        ("another row", base().check("5s", "P3.1", Fail), Inconclusive, "0 of 0 checks failed"),
    ] {
        let judged = test.judged_each("1s", "1m");
        let found = judged.finding(name).cloned();
        assert!(found.is_some_and(|f| f.verdict == verdict && f.observed.contains(says)), "{what}\n{}", judged.shown());
    }
    let leaked = base().series("leaks", "0x30 1 0x28", "1s").judged_each("1s", "1m");
    assert_eq!(first(&leaked, name), Some(31));
    assert!(leaked.finding(name).is_some_and(|found| found.firing && found.since == Some(Time(31_000))));
}

#[test]
fn authentication_is_broken_when_nobody_can_log_in() {
    let by_checks = "Authentication Broken in Every Check";
    for (what, test, name, verdict) in [
        ("one succeeded", policy(judge).series("login_success", "0.01x5", "10s"), super::LOGINS, Pass),
        ("none succeeded", policy(judge).series("login_success", "1x2 0 1x1", "10s"), super::LOGINS, Fail),
        ("nothing", policy(judge), super::LOGINS, Inconclusive),
        ("every check failed", policy(judge).check("5s", "P3.3", Fail).check("6s", "CRIT-4", Fail), by_checks, Fail),
        ("one check passed", policy(judge).check("5s", "P3.3", Fail).check("6s", "CRIT-4", Pass), by_checks, Pass),
        (
            "one says neither",
            policy(judge).check("5s", "P3.3", Fail).check("6s", "CRIT-4", Inconclusive),
            by_checks,
            Inconclusive,
        ),
    ] {
        let judged = test.judged_each("10s", "50s");
        assert_eq!(judged.finding(name).map(|found| found.verdict), Some(verdict), "{what}\n{}", judged.shown());
    }
    // All that came so far have failed, and a moment later one passes.
    let recovered = policy(judge).check("9s", "P3.3", Fail).check("11s", "CRIT-4", Pass).judged_each("10s", "50s");
    assert_eq!(first(&recovered, by_checks), None, "{}", recovered.shown());
    let broken = policy(judge).check("9s", "P3.3", Fail).judged_each("10s", "2m");
    assert_eq!(first(&broken, by_checks), Some(70), "{}", broken.shown());
    // A login that was measured, and then no longer, is not what a check said before.
    let blind = policy(judge).series("login_success", "1x2", "10s").check("5s", "P3.3", Pass).judged_each("10s", "15m");
    blind.expect(super::LOGINS, Inconclusive, "");
}

#[test]
fn fixtures_come_out_as_they_say() {
    holdpoint::testing::policy_fixtures(judge, "fixtures");
}

#[test]
fn a_trigger_whose_row_is_not_listed_is_not_judged() {
    for (rows, names) in [
        (&["RB-T3"][..], &["Isolation Failure"][..]),
        (&["RB-T1", "RB-T5"], &["Authentication Broken", UNHEALTHY]),
        (&["RB-T2", "RB-T4"], &["Errors", "Leak"]),
    ] {
        let judged = probed("0x599").requirements(rows.iter().copied()).judged_each("1m", "5m");
        let mut found: Vec<&str> = judged.last().iter().map(|finding| finding.name.as_str()).collect();
        found.sort_unstable();
        assert_eq!(found, names, "{}", judged.shown());
    }
}

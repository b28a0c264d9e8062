use holdpoint::Verdict;
use holdpoint::load::{Leak, SharedRoute, Summary, ThresholdResult};
use holdpoint::prelude::*;
use holdpoint::testing::{Test, loads, refused_load};

use crate::run;

/// A load as it is on a good day.
fn good(summary: &mut Summary) {
    (summary.users, summary.users_at_once, summary.own_count) = (150, 120, 20_000);
    summary.thresholds = vec![ThresholdResult {
        metric: "http_req_latency".to_owned(),
        expression: "avg<2000".to_owned(),
        observed: Some(40.0),
        holds: true,
    }];
}

fn test(change: impl FnOnce(&mut Summary)) -> Test<'static> {
    let ends = loads(30_000).with(good).with(change);
    holdpoint::test(run).config(json!({ "user": "browse-user" })).load("user browse-user", ends)
}

#[test]
fn many_users_who_see_their_own_pass_every_row() {
    let t = test(|_| ());
    for row in
        ["P3.2.success", "P3.2.average", "P3.2.isolation", "SUC-3.users", "SUC-3.state", "P4.1.shared-state", "CRIT-3"]
    {
        t.expect(row, Verdict::Pass, "");
    }
}

#[test]
fn six_percent_fail_and_four_pass() {
    test(|summary| summary.routes[0].failures.status = 1_800).expect("P3.2.success", Verdict::Fail, "");
    test(|summary| summary.routes[0].failures.status = 1_200).expect("P3.2.success", Verdict::Pass, "");
    test(|summary| summary.iterations.dropped = 1_800).expect("P3.2.success", Verdict::Fail, "");
}

#[test]
fn a_slow_average_fails_and_none_says_nothing() {
    test(|summary| summary.thresholds[0].observed = Some(2_100.0)).expect("P3.2.average", Verdict::Fail, "");
    test(|summary| summary.thresholds[0].observed = Some(1_900.0)).expect("P3.2.average", Verdict::Pass, "");
    test(|summary| summary.thresholds[0].observed = None).expect("P3.2.average", Verdict::Inconclusive, "");
}

#[test]
fn a_leak_is_told_with_both_users() {
    let t = test(|summary| {
        summary.leak_count = 1;
        let route = "GET backend /api/me".to_owned();
        summary.leaks = vec![Leak { owner: 42, owner_load: None, shown_to: 117, route, form: "base64".to_owned() }];
    });
    let both = "user 117 was shown a text of user 42 by GET backend /api/me (base64)";
    t.expect("P3.2.isolation", Verdict::Fail, both);
    t.expect("SUC-3.state", Verdict::Fail, both);
    t.expect("P4.1.shared-state", Verdict::Fail, both);
}

#[test]
fn a_leak_from_another_load_says_from_which() {
    let t = test(|summary| {
        summary.leak_count = 1;
        let (route, form) = ("GET backend /api/me".to_owned(), "plain".to_owned());
        summary.leaks =
            vec![Leak { owner: 4, owner_load: Some("first-0, host 1".to_owned()), shown_to: 7, route, form }];
    });
    let told = "user 7 was shown a text of user 4 of first-0, host 1 by GET backend /api/me (plain)";
    t.expect("P3.2.isolation", Verdict::Fail, told);
}

#[test]
fn what_was_shown_on_purpose_is_no_leak_and_told() {
    let t = test(|summary| {
        let shared = |(route, times): (&str, u32)| SharedRoute { route: format!("GET backend {route}"), times };
        summary.shared = [("/rooms", 12), ("/feed", 1)].map(shared).into();
    });
    let told = "; shared as declared: GET backend /rooms 12 times, GET backend /feed once";
    t.expect("P3.2.isolation", Verdict::Pass, told);
    t.expect("SUC-3.state", Verdict::Pass, told);
}

#[test]
fn a_state_that_all_share_fails_where_no_text_leaks() {
    let t = test(|summary| summary.routes[0].failures.content = 1);
    t.expect("P3.2.isolation", Verdict::Pass, "");
    t.expect("SUC-3.state", Verdict::Fail, "");
    t.expect("P4.1.shared-state", Verdict::Fail, "1 of 30000 answers were not what the user had written");
}

#[test]
fn what_was_not_exercised_says_nothing() {
    let t = test(|summary| summary.own_count = 0);
    t.expect("P3.2.isolation", Verdict::Inconclusive, "");
    t.expect("SUC-3.state", Verdict::Inconclusive, "");
    t.expect("P4.1.shared-state", Verdict::Inconclusive, "");
    test(|summary| summary.users_at_once = 99).expect("P3.2.success", Verdict::Inconclusive, "");
    let t = test(|summary| summary.iterations.started = 149);
    t.expect("SUC-3.users", Verdict::Inconclusive, "");
}

#[test]
fn a_hundred_users_at_once_are_served_apart_or_the_critical_row_fails() {
    let row = "CRIT-3";
    test(|_| ()).expect(row, Verdict::Pass, "120 users at once; 100.00 %");
    test(|summary| summary.users_at_once = 100).expect(row, Verdict::Pass, "100 users at once");
    test(|summary| summary.leak_count = 1).expect(row, Verdict::Fail, "1 leaks in 30000 exchanges");
    let failing = |failed: u32| test(|summary| summary.routes[0].failures.status = failed);
    failing(1_200).expect(row, Verdict::Pass, "96.00 %");
    failing(1_500).expect(row, Verdict::Fail, "150 users to the end, 120 users at once; 95.00 %");
    test(|summary| summary.users_lost = 50).expect(row, Verdict::Pass, "");
    test(|summary| summary.users_lost = 51).expect(row, Verdict::Fail, "99 users to the end");
    test(|summary| summary.own_count = 0).expect(row, Verdict::Inconclusive, "");
}

#[test]
fn a_bundle_that_is_content_with_less_has_no_less_for_the_critical_row() {
    let ends = loads(30_000).with(good).with(|summary| summary.routes[0].failures.status = 1_500);
    let config = json!({ "user": "browse-user", "success": 0.5 });
    let t = holdpoint::test(run).config(config).load("user browse-user", ends);
    t.expect("P3.2.success", Verdict::Pass, "95.00 %");
    t.expect("CRIT-3", Verdict::Fail, "95.00 %");
}

#[test]
fn fewer_than_a_hundred_users_do_not_exercise_the_critical_row() {
    let row = "CRIT-3";
    test(|summary| summary.users_at_once = 99).expect(row, Verdict::NotExercised, "and it takes 100 at once");
    let planned = |users: u32| {
        let config = json!({ "user": "browse-user", "users": users, "at-once": 50 });
        holdpoint::test(run).config(config).load("user browse-user", loads(30_000).with(good))
    };
    planned(99).expect(row, Verdict::NotExercised, "99 users are planned, and it takes 100");
    planned(100).expect(row, Verdict::Pass, "120 users at once");
    // What does not last is no excuse for what was seen of it.
    let failing = test(|summary| {
        summary.users_at_once = 99;
        summary.routes[0].failures.status = 1_500;
    });
    failing.expect(row, Verdict::Fail, "99 users at once; 95.00 %");
}

#[test]
fn users_that_end_are_told() {
    let t = test(|summary| {
        summary.users_lost = 1;
        summary.first_loss = Some("it trapped".to_owned());
    });
    t.expect("SUC-3.users", Verdict::Fail, "1 ended before the load did: it trapped");
}

#[test]
fn the_quick_profile_judges_isolation_alone() {
    let ends = loads(300).with(good);
    let config = json!({ "user": "browse-user", "quick": true });
    let t = holdpoint::test(run).config(config).load("user browse-user", ends);
    t.expect("P3.2.isolation", Verdict::Pass, "");
    assert_eq!(t.checks().len(), 1);
}

#[test]
fn a_load_that_does_not_start_says_nothing_of_the_system() {
    for cause in [holdpoint::Cause::Exhausted, holdpoint::Cause::Failed] {
        let refused = refused_load(cause("150 users need 214 descriptors".to_owned()));
        let t = holdpoint::test(run).config(json!({ "user": "browse-user" })).load("user browse-user", refused);
        t.expect("P3.2.isolation", Verdict::Inconclusive, "150 users need 214 descriptors");
        assert_eq!(t.checks().len(), 7);
    }
}

/// What the service tells of two instances, look by look.
fn watched(looks: impl Iterator<Item = f64>) -> Test<'static> {
    let memory = json!({ "service": "backend", "path": "/metrics", "gauge": "memory" });
    let config = json!({ "user": "browse-user", "ramp": "1s", "during": "40s", "memory": memory });
    let mut t =
        holdpoint::test(run).service("backend").config(config).load("user browse-user", loads(3_000).with(good));
    for megabytes in looks {
        let told = format!("memory{{instance=\"a\"}} {:.0}\nmemory{{instance=\"b\"}} 300000000\n", megabytes * 1e6);
        t = t.answer(get("/metrics"), text(&told));
    }
    t
}

#[test]
fn memory_that_stays_or_goes_up_and_down_is_stable() {
    watched([200.0].into_iter()).expect(
        "P3.2.memory",
        Verdict::Pass,
        "a stays, +0.0 %, of 191 MiB; b stays, +0.0 %, of 286 MiB",
    );
    let saw = (0..60).map(|look| 200.0 + f64::from(look % 4) * 20.0);
    watched(saw).expect("P3.2.memory", Verdict::Pass, "a stays");
}

#[test]
fn what_is_seen_of_memory_is_stated_for_policies_too() {
    let t = watched((0..60).map(|look| 200.0 + f64::from(look)));
    let samples = t.samples();
    let of = |instance: &str| samples.iter().filter(|s| s.labels["instance"] == instance).collect::<Vec<_>>();
    assert!(
        samples.iter().all(|s| s.name == "memory_bytes_under_load" && s.labels["service"] == "backend"),
        "{samples:?}"
    );
    assert!(of("a").len() > 20 && of("a").len() == of("b").len(), "{samples:?}");
    assert_eq!((of("a")[0].value, of("b")[0].value), (200e6, 300e6));
}

#[test]
fn memory_that_grows_is_not_whether_on_and_on_or_once() {
    let leak = (0..60).map(|look| 200.0 + f64::from(look));
    watched(leak).expect("P3.2.memory", Verdict::Fail, "a grows on, by +");
    let step = (0..60).map(|look| if look < 20 { 200.0 } else { 240.0 });
    watched(step).expect("P3.2.memory", Verdict::Fail, "a grew once, by +20.0 %");
    let little = (0..60).map(|look| 200.0 + f64::from(look) * 0.1);
    watched(little).expect("P3.2.memory", Verdict::Pass, "a stays, +1");
}

/// The rows of memory under a load of so many requests, which may leave 4 KiB each.
fn by_request(requests: u32, megabytes: impl Iterator<Item = f64>) -> Test<'static> {
    let memory = json!({ "service": "backend", "path": "/metrics", "gauge": "memory", "per-request": 4096 });
    let config = json!({ "user": "browse-user", "ramp": "1s", "during": "40s", "memory": memory });
    let t = holdpoint::test(run).service("backend").config(config);
    megabytes.fold(t.load("user browse-user", loads(requests).with(good)), |t, megabytes| {
        t.answer(get("/metrics"), text(&format!("memory{{instance=\"a\"}} {:.0}\n", megabytes * 1_048_576.0)))
    })
}

#[test]
fn what_a_request_leaves_of_memory_is_bounded() {
    let row = "P4.1.memory-per-request";
    by_request(3_000, [200.0].into_iter()).expect(row, Verdict::Pass, "+0.0 MiB after 3000 requests, 0 bytes each");
    let saw = (0..60).map(|look| 200.0 + f64::from(look % 4) * 20.0);
    by_request(3_000, saw).expect(row, Verdict::Pass, "+0.0 MiB");
    // There are 41 looks; of the last four the first has 237 MiB.
    let leak = || (0..60).map(|look| 200.0 + f64::from(look));
    let t = by_request(3_000, leak());
    t.expect(row, Verdict::Fail, "+37.0 MiB after 3000 requests, 12932 bytes each");
    t.expect(row, Verdict::Fail, "at most 4096 bytes a request");
    by_request(30_000, leak()).expect(row, Verdict::Pass, "1293 bytes each");
    let less = (0..60).map(|look| 200.0 - f64::from(look));
    by_request(3_000, less).expect(row, Verdict::Pass, "+0.0 MiB");
}

#[test]
fn of_too_few_requests_or_looks_nothing_is_said() {
    let row = "P4.1.memory-per-request";
    let still = || [200.0].into_iter();
    by_request(99, still()).expect(
        row,
        Verdict::Inconclusive,
        "fewer than 100 requests that were served: 99 exchanges",
    );
    by_request(100, still()).expect(row, Verdict::Pass, "after 100 requests");
    let memory = json!({ "service": "backend", "path": "/metrics", "gauge": "memory", "per-request": 4096 });
    let config = |during: &str| json!({ "user": "browse-user", "ramp": "0s", "during": during, "memory": memory });
    let t = |during: &str, told: &str, ends: holdpoint::testing::LoadEnds| {
        let t = holdpoint::test(run).service("backend").config(config(during)).load("user browse-user", ends);
        t.answer(get("/metrics"), text(told))
    };
    let good_load = || loads(3_000).with(good);
    t("40s", "other 1\n", good_load()).expect(row, Verdict::Inconclusive, "GET backend /metrics has no memory");
    let told = "memory{instance=\"a\"} 1000000\n";
    t("600ms", told, good_load()).expect(row, Verdict::Inconclusive, "a was seen 6 times, which is too seldom to tell");
    t("40s", told, good_load().failing(3_000)).expect(row, Verdict::Inconclusive, "3000 exchanges, 3000 failed");
    let refused = refused_load(holdpoint::Cause::Exhausted("no room".to_owned()));
    t("40s", told, refused).expect(row, Verdict::Inconclusive, "no room");
}

#[test]
fn memory_of_who_serves_nobody_is_not_known() {
    let memory = json!({ "service": "backend", "path": "/metrics", "gauge": "memory" });
    let config = json!({ "user": "browse-user", "memory": memory });
    let ends = loads(3_000).with(good).failing(3_000);
    let t = holdpoint::test(run).service("backend").config(config).load("user browse-user", ends);
    let t = t.answer(get("/metrics"), text("memory{instance=\"a\"} 1000000\n"));
    t.expect("P3.2.memory", Verdict::Inconclusive, "3000 exchanges, 3000 failed");
}

#[test]
fn memory_that_nobody_tells_is_not_known() {
    let t = |told: &str| {
        let memory = json!({ "service": "backend", "path": "/metrics", "gauge": "memory" });
        let config = json!({ "user": "browse-user", "memory": memory });
        let t =
            holdpoint::test(run).service("backend").config(config).load("user browse-user", loads(3_000).with(good));
        t.answer(get("/metrics"), text(told))
    };
    t("other 1\n").expect("P3.2.memory", Verdict::Inconclusive, "GET backend /metrics has no memory");
    t("memory 1\n").expect("P3.2.memory", Verdict::Inconclusive, "no label instance");
    t("memory{instance=\"a\"} 0\n").expect("P3.2.memory", Verdict::Inconclusive, "it has no memory at first");
}

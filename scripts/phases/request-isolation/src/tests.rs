use holdpoint::Verdict;
use holdpoint::load::{Leak, Summary, ThresholdResult};
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
    for row in ["P3.2.success", "P3.2.average", "P3.2.isolation", "SUC-3.users", "SUC-3.state"] {
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
        summary.leaks = vec![Leak { owner: 42, shown_to: 117, route, form: "base64".to_owned() }];
    });
    let both = "user 117 was shown a text of user 42 by GET backend /api/me (base64)";
    t.expect("P3.2.isolation", Verdict::Fail, both);
    t.expect("SUC-3.state", Verdict::Fail, both);
}

#[test]
fn a_state_that_all_share_fails_where_no_text_leaks() {
    let t = test(|summary| summary.routes[0].failures.content = 1);
    t.expect("P3.2.isolation", Verdict::Pass, "");
    t.expect("SUC-3.state", Verdict::Fail, "");
}

#[test]
fn what_was_not_exercised_says_nothing() {
    let t = test(|summary| summary.own_count = 0);
    t.expect("P3.2.isolation", Verdict::Inconclusive, "");
    t.expect("SUC-3.state", Verdict::Inconclusive, "");
    test(|summary| summary.users_at_once = 99).expect("P3.2.success", Verdict::Inconclusive, "");
    let t = test(|summary| summary.iterations.started = 149);
    t.expect("SUC-3.users", Verdict::Inconclusive, "");
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
        assert_eq!(t.checks().len(), 5);
    }
}

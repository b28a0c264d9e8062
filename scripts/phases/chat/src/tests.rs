use holdpoint::load::{End, Leak, Quantiles, Said, Summary};
use holdpoint::prelude::*;
use holdpoint::testing::{Test, loads, refused_load};

use crate::run;

/// A load of 600 messages over 20 sockets.
fn test(change: impl FnOnce(&mut Summary)) -> Test<'static> {
    let ends = loads(620).with(|summary| {
        let mut sent = summary.routes[0].clone();
        (sent.route, sent.exchanges) = ("SEND backend /ws/chat".to_owned(), 600);
        sent.service =
            Some(Quantiles { min: 1.0, mean: 40.0, p50: 30.0, p90: 90.0, p95: 120.0, p99: 300.0, max: 310.0 });
        let opened = &mut summary.routes[0];
        (opened.route, opened.exchanges) = ("OPEN backend /ws/chat".to_owned(), 20);
        summary.routes.push(sent);
        summary.own_count = 600;
        change(summary);
    });
    holdpoint::test(run).service("backend").config(json!({ "user": "chat-user" })).load("user chat-user", ends)
}

/// Verdicts of the four checks: sockets, messages, times, isolation.
fn verdicts(t: &Test<'_>) -> Vec<Verdict> {
    t.checks().iter().map(|check| check.verdict).collect()
}

#[test]
fn a_chat_that_works_passes() {
    let t = test(|_| {});
    t.expect("BIZ-2", Pass, "0 of 600 went wrong, at most 0.50 % with 95 % confidence");
    t.expect("P3.2.isolation", Pass, "");
    assert_eq!(verdicts(&t), [Pass; 4]);
}

#[test]
fn a_message_of_which_something_is_wrong_fails_for_its_reason() {
    let t = test(|summary| {
        summary.routes[1].failures.content = 2;
        summary.checks = vec![
            Said { name: "no event is lost".to_owned(), good: 598, wrong: 2 },
            Said { name: "events come in order".to_owned(), good: 600, wrong: 0 },
        ];
    });
    t.expect("BIZ-2", Fail, "2 of 600 went wrong (2 content; \"no event is lost\" was wrong 2 times)");
    assert_eq!(verdicts(&t), [Pass, Fail, Pass, Pass]);
}

#[test]
fn sockets_that_do_not_open_and_answers_that_come_late_fail() {
    let t = test(|summary| summary.routes[0].failures.status = 3);
    t.expect("BIZ-2", Fail, "17 of 20 opened (3 status)");
    let t = test(|summary| {
        if let Some(service) = &mut summary.routes[1].service {
            service.p95 = 2_000.0;
        }
    });
    t.expect("BIZ-2", Fail, "p95 2000 ms");
}

#[test]
fn words_of_another_are_a_leak() {
    let t = test(|summary| {
        summary.leak_count = 1;
        let route = "SEND backend /ws/chat".to_owned();
        summary.leaks.push(Leak { owner: 4, owner_load: None, shown_to: 7, route, form: "plain".to_owned() });
    });
    t.expect("P3.2.isolation", Fail, "first user 7 was shown a text of user 4 by SEND backend /ws/chat (plain)");
    assert_eq!(verdicts(&t), [Pass, Pass, Pass, Fail]);
}

#[test]
fn what_was_hardly_done_shows_nothing() {
    let t = test(|summary| summary.routes[1].exchanges = 99);
    t.expect("BIZ-2", Inconclusive, "100 messages were to show it");
    let t = test(|summary| summary.end = End::Guard("half of it failed".to_owned()));
    t.expect("BIZ-2", Inconclusive, "half of it failed");
    let t = test(|summary| {
        summary.routes.clear();
        (summary.own_count, summary.exercised) = (0, false);
    });
    assert_eq!(verdicts(&t), [Inconclusive, Inconclusive, Inconclusive, NotExercised]);
}

#[test]
fn a_load_that_does_not_go_shows_nothing() {
    let t = holdpoint::test(run).service("backend").config(json!({ "user": "chat-user" }));
    let t = t.load("user chat-user", refused_load(Cause::Failed("no room".to_owned())));
    t.expect("BIZ-2", Inconclusive, "no room");
    t.expect("P3.2.isolation", NotExercised, "no room");
}

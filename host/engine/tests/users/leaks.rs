//! What of others users are shown: each leak with both users and the route, in whatever form, and none that is not there.

use std::collections::{BTreeMap, BTreeSet};

use holdpoint_model::grant::PathPrefix;
use holdpoint_staging_double::{Adjustment, Double, Fault, LeakForm, Options};

use crate::{double::browsers, driver::run, scene::Scene};

async fn leaking(form: LeakForm, one_in: u32) -> Double {
    let double = Double::start(Options::default()).await.unwrap();
    let by = Adjustment { one_in: Some(one_in), form: Some(form), ..Adjustment::default() };
    double.switch(Fault::named("leak").unwrap().settle(1).adjusted(by).unwrap()).await.unwrap();
    double
}

/// The number in the name of an identity: `holdpoint-user-7-…`.
fn number(subject: &str) -> u32 {
    subject.split('-').nth(2).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_leak_is_found_with_both_users_and_its_route() {
    for (form, written) in [
        (LeakForm::Plain, "plain"),
        (LeakForm::Upper, "case-changed"),
        (LeakForm::JsonEscaped, "escaped"),
        (LeakForm::Base64, "base64"),
        (LeakForm::Gzip, "plain"),
        (LeakForm::Piece, "plain"),
        (LeakForm::Header, "plain"),
    ] {
        let double = leaking(form, 25).await;
        let (tally, ended) = run(&browsers(&double).start(), 30, 10).await;
        assert!(ended.is_empty(), "{ended:?}");
        let crossings = double.crossings();
        assert!(crossings.len() >= 20, "{form:?}: the double leaked {} times", crossings.len());
        let mut happened: Vec<_> = crossings.iter().map(|c| (number(&c.from), number(&c.to), c.route)).collect();
        let mut found: Vec<_> = tally
            .leaks()
            .iter()
            .map(|leak| {
                assert_eq!(leak.form, written, "{form:?}");
                let route = match leak.route.as_str() {
                    "GET backend /api/me" => "me",
                    written if written.starts_with("PUT ") => "state-write",
                    _ => "state-read",
                };
                (leak.owner, leak.shown_to, route)
            })
            .collect();
        happened.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, happened, "{form:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_answer_in_a_thousand_is_enough() {
    let double = leaking(LeakForm::Plain, 1_000).await;
    let (tally, _) = run(&browsers(&double).start(), 50, 20).await;
    assert_eq!(tally.exchanges().len(), 3_000);
    let pairs = |pairs: Vec<(u32, u32)>| pairs.into_iter().collect::<BTreeSet<_>>();
    let happened = pairs(double.crossings().iter().map(|c| (number(&c.from), number(&c.to))).collect());
    assert!(!happened.is_empty());
    assert_eq!(pairs(tally.leaks().iter().map(|leak| (leak.owner, leak.shown_to)).collect()), happened);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_answer_in_ten_thousand_is_found_within_a_hundred_thousand() {
    let double = leaking(LeakForm::Plain, 10_000).await;
    let (tally, _) = run(&Scene { users: 150, ..browsers(&double) }.start(), 150, 222).await;
    let exchanges = tally.exchanges().len();
    assert!((95_000..=100_000).contains(&exchanges), "{exchanges}");
    let mut happened: Vec<_> = double.crossings().iter().map(|c| (number(&c.from), number(&c.to))).collect();
    let mut found: Vec<_> = tally.leaks().iter().map(|leak| (leak.owner, leak.shown_to)).collect();
    happened.sort_unstable();
    found.sort_unstable();
    assert!((8..=10).contains(&happened.len()), "the double leaked {} times", happened.len());
    assert_eq!(found, happened);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn routes_that_are_declared_shared_are_counted_apart() {
    let double = leaking(LeakForm::Plain, 10).await;
    let shared = vec![PathPrefix::parse("/api/state").unwrap()];
    let users = Scene { shared, ..browsers(&double) }.start();
    let (tally, _) = run(&users, 20, 10).await;
    let crossings = double.crossings();
    let times = |name: &str| crossings.iter().filter(|crossing| crossing.route == name).count();
    let happened = [("GET", "state-read"), ("PUT", "state-write")]
        .map(|(method, name)| (format!("{method} backend /api/state/note"), times(name)));
    assert!(happened.iter().all(|(_, times)| *times > 0), "{happened:?}");
    assert_eq!(*tally.shared.lock().unwrap(), BTreeMap::from(happened));
    let leaks = tally.leaks();
    assert!(!leaks.is_empty() && leaks.iter().all(|leak| leak.route == "GET backend /api/me"), "{leaks:?}");
}

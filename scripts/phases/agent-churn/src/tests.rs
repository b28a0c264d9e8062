//! What files of fixtures can't say: rounds of agents. A look of a script takes no time.

use holdpoint::load::Summary;
use holdpoint::metrics::{Exposed, Family, MetricKind};
use holdpoint::prelude::*;
use holdpoint::testing::{LoadEnds, Numbers, Test, failed_numbers, loads, page, refused_load};

use super::run;

const LOOK: &str = "scrape backend /metrics";
const WORK: &str = "user agent-user";
/// Looks after a round in which everything is as before.
const LOOKS: usize = 4;
const MEGABYTE: f64 = 1_048_576.0;

fn told(agents: f64, megabytes: f64) -> Numbers {
    of_instance("instance", [("agents_live", agents), ("memory", megabytes * MEGABYTE)])
}

/// A page whose gauges have this label.
fn of_instance<const N: usize>(label: &str, gauges: [(&str, f64); N]) -> Numbers {
    let family = |(name, value): (&str, f64)| Family {
        name: name.to_owned(),
        kind: MetricKind::Gauge,
        samples: vec![Exposed {
            name: name.to_owned(),
            labels: vec![(label.to_owned(), "a".to_owned())],
            value,
            at: None,
        }],
        ..Family::default()
    };
    page(gauges.map(family))
}

fn config(more: &Value) -> Value {
    let mut config = json!({
        "user": "agent-user", "service": "backend", "live": "agents_live", "memory": "memory", "settles": "1s",
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        config[key] = value.clone();
    }
    config
}

/// A phase that sees this after the warm-up and after each of six rounds; before the first it saw two agents.
fn looked(more: &Value, rounds: [(f64, f64); 7]) -> Test<'static> {
    let looks = rounds.into_iter().flat_map(|round| std::iter::repeat_n(round, LOOKS));
    let looks = std::iter::once((2.0, 200.0)).chain(looks);
    looks.fold(holdpoint::test(run).config(config(more)), |t, (agents, memory)| t.metrics(LOOK, told(agents, memory)))
}

fn ends() -> LoadEnds {
    loads(400)
}

/// As many agents as before, and so much memory.
fn memory(megabytes: [f64; 7]) -> Test<'static> {
    looked(&json!({}), megabytes.map(|megabytes| (2.0, megabytes))).load(WORK, ends())
}

/// As much memory as before, and so many agents.
fn agents(agents: [f64; 7], ends: LoadEnds) -> Test<'static> {
    looked(&json!({}), agents.map(|agents| (agents, 200.0))).load(WORK, ends)
}

#[test]
fn what_stays_passes_whatever_the_first_round_has_taken() {
    let t = memory([240.0, 250.0, 250.0, 251.0, 250.0, 250.0, 250.0]);
    t.expect("KI-4", Pass, "instance=a stays, or comes down again: 2, 2, 2, 2, 2, 2");
    t.expect("KI-4", Pass, "instance=a stays, or comes down again: 250.0 MiB, 250.0 MiB, 251.0 MiB");
    t.expect("KI-4", Pass, "at most 2 % more memory over 6 rounds");
    let started = t.calls().iter().filter(|call| *call == "load user agent-user").count();
    let looks = t.calls().iter().filter(|call| *call == LOOK).count();
    assert_eq!((started, looks), (7, 1 + 7 * LOOKS), "{:?}", t.calls());
}

#[test]
fn a_leak_of_memory_is_found_and_a_sawtooth_is_none() {
    let t = memory([200.0, 210.0, 220.0, 230.0, 240.0, 250.0, 260.0]);
    t.expect("KI-4", Fail, "instance=a grows by 10.0 MiB with each round: 210.0 MiB, 220.0 MiB");
    memory([200.0, 210.0, 240.0, 270.0, 205.0, 235.0, 265.0]).expect("KI-4", Pass, "comes down again");
    let t = memory([200.0, 210.0, 210.0, 210.0, 240.0, 240.0, 240.0]);
    t.expect("KI-4", Inconclusive, "grew, and does not say whether it goes on");
    // Within what the bundle allows.
    let rounds = [200.0, 210.0, 220.0, 230.0, 240.0, 250.0, 260.0].map(|megabytes| (2.0, megabytes));
    looked(&json!({ "growth": 0.5 }), rounds).load(WORK, ends()).expect("KI-4", Pass, "");
}

#[test]
fn agents_that_stay_are_found_unless_their_users_may_have_left_them() {
    // More than before are waited for: until a second is over there are no more than four looks.
    let growing = [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
    agents(growing, ends()).expect("KI-4", Fail, "instance=a grows by 1 with each round: 3, 4, 5, 6, 7, 8");
    agents(growing, ends().failing(1)).expect("KI-4", Inconclusive, "6 requests failed, and may have left them behind");
    let gone = |summary: &mut Summary| summary.interrupted = true;
    agents(growing, ends().with(gone)).expect("KI-4", Inconclusive, "the host was gone in between");
    let many = [2.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0];
    agents(many, ends().failing(1)).expect("KI-4", Fail, "grows by 10 with each round");
    // Some stay for a while.
    agents([2.0, 2.0, 5.0, 2.0, 4.0, 2.0, 3.0], ends()).expect("KI-4", Pass, "");
}

#[test]
fn rounds_in_which_nobody_came_through_or_no_load_went_say_nothing() {
    let none = |summary: &mut Summary| summary.iterations.failed = summary.iterations.ended;
    agents([2.0; 7], ends().with(none)).expect("KI-4", Inconclusive, "nobody started an agent and ended it");
    let refused = refused_load(Cause::Exhausted("no room".to_owned()));
    agents([2.0; 7], refused).expect("KI-4", Inconclusive, "a bound was reached: no room");
}

#[test]
fn rounds_of_which_too_much_failed_say_nothing() {
    agents([2.0; 7], ends().failing(20)).expect("KI-4", Pass, "stays, or comes down again: 2, 2");
    let t = agents([2.0; 7], ends().failing(21));
    t.expect("KI-4", Inconclusive, "more than 5 % of a round failed: 400 exchanges, 21 failed");
    let users = |summary: &mut Summary| summary.iterations.failed = 21;
    agents([2.0; 7], ends().with(users)).expect("KI-4", Inconclusive, "more than 5 % of a round failed");
}

#[test]
fn looks_at_several_processes_that_are_not_told_apart_say_nothing() {
    let look = |label: &str, began: f64| {
        let gauges = [("agents_live", 2.0), ("memory", 200.0 * MEGABYTE), ("process_start_time_seconds", began)];
        of_instance(label, gauges)
    };
    let t = |label: &'static str, second: f64| {
        let t = holdpoint::test(run).config(config(&json!({}))).load(WORK, ends());
        t.metrics(LOOK, look(label, 1.0)).metrics(LOOK, look(label, second))
    };
    let why = "the page backend /metrics: the page is of several instances, or of one that was restarted";
    t("app", 2.0).expect("KI-4", Inconclusive, why);
    t("app", 1.0).expect("KI-4", Pass, "app=a stays");
    t("instance", 2.0).expect("KI-4", Pass, "instance=a stays");
}

#[test]
fn a_gauge_that_is_not_told_is_never_good_news() {
    let t = |more: Value, answer: Numbers| holdpoint::test(run).config(config(&more)).metrics(LOOK, answer);
    let asked = t(json!({ "memory": "resident" }), told(2.0, 200.0));
    asked.expect("KI-4", Inconclusive, "the page backend /metrics: it has no resident");
    assert_eq!(asked.calls(), [LOOK], "no load is put on what does not tell");
    t(json!({}), told(f64::NAN, 200.0)).expect("KI-4", Inconclusive, "agents_live is NaN");
    t(json!({}), failed_numbers("status 500")).expect("KI-4", Inconclusive, "status 500");
    // It tells at first, and then no more.
    let later = t(json!({}), told(2.0, 200.0)).metrics(LOOK, failed_numbers("status 500")).load(WORK, ends());
    later.expect("KI-4", Inconclusive, "the page backend /metrics: status 500");
}

#[test]
fn one_gauge_alone_is_judged_alone() {
    let live = json!({ "memory": null });
    let t = looked(&live, [(2.0, 200.0); 7]).load(WORK, ends());
    t.expect("KI-4", Pass, "no more agents over 6 rounds");
    assert_eq!(t.checks().len(), 1);
    let rounds = [200.0, 210.0, 220.0, 230.0, 240.0, 250.0, 260.0].map(|megabytes| (9.0, megabytes));
    let t = looked(&json!({ "live": null }), rounds).load(WORK, ends());
    t.expect("KI-4", Fail, "grows by 10.0 MiB");
    assert_eq!(t.checks().len(), 1);
}

#[test]
fn fixtures_come_out() {
    holdpoint::fixtures(run, concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"));
}

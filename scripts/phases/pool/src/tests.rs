//! What files of fixtures can't say: the pool under loads. A look of a script takes no time.

use holdpoint::load::{End, Quantiles, Summary};
use holdpoint::metrics::{Exposed, Family, MetricKind};
use holdpoint::prelude::*;
use holdpoint::testing::{LoadEnds, Numbers, Test, denied_numbers, failed_numbers, loads, page, refused_load};

use super::run;

const LOOK: &str = "scrape backend /metrics";
const WORK: &str = "user browse-user";
/// Looks during a step of a second, and before the first.
const DURING: usize = 10;
const BEFORE: usize = 3;
/// 10, 20 and 30 users, and then 10 twice again.
const STEPS: usize = 5;

/// What the page says at one look.
#[derive(Clone, Copy)]
struct Look {
    in_use: f64,
    waiting: f64,
    gave_up: f64,
}

const REST: Look = Look { in_use: 4.0, waiting: 0.0, gave_up: 0.0 };

fn using(in_use: f64) -> Look {
    Look { in_use, ..REST }
}

fn told(gauges: &[(&str, f64)]) -> Numbers {
    labelled("instance", gauges)
}

/// A page whose gauges have this label.
fn labelled(label: &str, gauges: &[(&str, f64)]) -> Numbers {
    let family = |(name, value): &(&str, f64)| Family {
        name: (*name).to_owned(),
        kind: MetricKind::Gauge,
        samples: vec![Exposed {
            name: (*name).to_owned(),
            labels: vec![(label.to_owned(), "a".to_owned())],
            value: *value,
            at: None,
        }],
        ..Family::default()
    };
    page(gauges.iter().map(family))
}

fn of(look: Look) -> Numbers {
    told(&[
        ("db_pool_in_use", look.in_use),
        ("db_pool_waiting", look.waiting),
        ("db_pool_size", 20.0),
        ("db_pool_idle", 20.0 - look.in_use),
        ("db_pool_timeouts_total", look.gave_up),
        ("db_pool_timeout_seconds", 5.0),
    ])
}

/// What each step shows at its looks, and when it is over.
type Shown = (Vec<Look>, Look);

fn step(during: Look) -> Shown {
    (vec![during; DURING], REST)
}

fn well() -> Vec<Shown> {
    [6.0, 8.0, 10.0, 6.0, 7.0].map(|in_use| step(using(in_use))).into()
}

fn ends() -> LoadEnds {
    loads(300).with(|summary| {
        summary.users = 30;
        let times = Quantiles { min: 1.0, mean: 2.0, p50: 2.0, p90: 30.0, p95: 41.0, p99: 60.0, max: 70.0 };
        summary.routes[0].service = Some(times);
    })
}

fn config(more: &Value) -> Value {
    let mut config = json!({
        "user": "browse-user", "users": 20, "step": 10, "up-to": 30, "during": "1s", "settles": "1s",
        "waiting-for": "300ms", "service": "backend",
    });
    for (key, value) in more.as_object().into_iter().flatten() {
        config[key] = value.clone();
    }
    config
}

/// A phase whose looks show this; the last one stays.
fn looked(more: &Value, steps: Vec<Shown>) -> Test<'static> {
    let looks = steps.into_iter().flat_map(|(during, after)| during.into_iter().chain([after]));
    let looks = std::iter::repeat_n(REST, BEFORE).chain(looks);
    looks.fold(holdpoint::test(run).config(config(more)), |t, look| t.metrics(LOOK, of(look)))
}

fn test(steps: Vec<Shown>) -> Test<'static> {
    looked(&json!({}), steps).load(WORK, ends())
}

#[test]
fn a_pool_that_bears_its_users_passes_and_what_was_seen_is_told() {
    let t = test(well());
    let seen = "20 users: 8 of 20 in use at most and 12 idle, 0 waiting, 0 gave up, p95 41 ms, 300 exchanges, 0 failed";
    t.expect("KI-2", Pass, seen);
    t.expect("KI-2", Pass, "; no knee up to 30 users");
    t.expect("KI-2", Pass, "20 users with less than 80 % in use, at most 0 waiting for longer than 300 ms");
    t.expect("P4.1.pool", Pass, "4 in use before and after each of 5 steps; under 10 users 6, 6, 7");
    let measures: Vec<(&str, f64)> = t.measures().iter().map(|one| (one.name.as_str(), one.value)).collect();
    for measure in [("pool in use under 30 users", 10.0), ("p95 under 10 users", 41.0)] {
        assert!(measures.contains(&measure), "{measures:?}");
    }
    let started = t.calls().iter().filter(|call| *call == "load user browse-user").count();
    let looks = t.calls().iter().filter(|call| *call == LOOK).count();
    assert_eq!((started, looks), (STEPS, BEFORE + STEPS * (DURING + 1)), "{:?}", t.calls());
}

#[test]
fn the_knee_is_where_the_pool_first_gives_way_and_no_more_users_come() {
    let mut beyond = well();
    beyond[2] = step(using(16.0));
    let t = test(beyond);
    t.expect("KI-2", Pass, "the knee is at 30 users, first too much in use; 30 users: 16 of 20 in use at most");
    assert!(t.measures().iter().any(|one| one.name == "knee of the pool" && one.value == 30.0));
    let mut within = well();
    within[1] = step(using(16.0));
    within.remove(2);
    let t = test(within);
    t.expect("KI-2", Fail, "the knee is at 20 users, first too much in use; 20 users: 16 of 20 in use at most");
    t.expect("P4.1.pool", Pass, "after each of 4 steps");
    let mut below = well();
    below[1] = step(using(15.9));
    test(below).expect("KI-2", Pass, "15.9 of 20 in use at most");
}

#[test]
fn somebody_who_waits_for_a_moment_is_borne_and_for_longer_is_not() {
    let waiting = |looks: usize| {
        let during = (0..DURING).map(|look| Look { waiting: f64::from(u8::from(look < looks)), ..using(8.0) });
        let mut steps = well();
        steps[1] = (during.collect(), REST);
        steps
    };
    // Looks are 100 ms apart, so that the fifth is the first to lie more than 300 ms behind the first.
    test(waiting(4)).expect("KI-2", Pass, "1 waiting");
    let mut stopped = waiting(5);
    stopped.remove(2);
    test(stopped.clone()).expect("KI-2", Fail, "the knee is at 20 users, first waiting for too long");
    let t = looked(&json!({ "waiting-at-most": 1 }), waiting(DURING)).load(WORK, ends());
    t.expect("KI-2", Pass, "at most 1 waiting");
    // Of those that come and go nobody waits for long.
    let mut flickering = well();
    let every_other = (0..DURING).map(|look| Look { waiting: f64::from(u8::from(look % 2 == 0)), ..using(8.0) });
    flickering[1] = (every_other.collect(), REST);
    test(flickering).expect("KI-2", Pass, "1 waiting");
}

#[test]
fn one_who_gives_up_is_one_too_many_also_when_the_load_is_over() {
    let mut during = well();
    during[1].0[DURING - 1].gave_up = 2.0;
    for (_, after) in &mut during[1..] {
        after.gave_up = 2.0;
    }
    during.remove(2);
    for (looks, _) in &mut during[2..] {
        looks.iter_mut().for_each(|look| look.gave_up = 2.0);
    }
    let seen =
        "the knee is at 20 users, first giving up; 20 users: 8 of 20 in use at most and 12 idle, 0 waiting, 2 gave up";
    test(during).expect("KI-2", Fail, seen);
    let mut late = well();
    late[1].1.gave_up = 1.0;
    test(late).expect("KI-2", Fail, "1 gave up");
    // What was counted before anybody came is nobody's here, and a counter that begins anew counts from zero.
    let old = std::iter::repeat_n(Look { gave_up: 7.0, ..REST }, BEFORE + 20).chain([REST]);
    let t = old.fold(holdpoint::test(run).config(config(&json!({}))), |t, look| t.metrics(LOOK, of(look)));
    t.load(WORK, ends()).expect("KI-2", Pass, "0 gave up");
}

#[test]
fn a_connection_that_is_not_given_back_is_found_however_many_were_borne() {
    let mut kept = well();
    for (looks, after) in &mut kept[1..] {
        looks.iter_mut().for_each(|look| look.in_use += 1.0);
        after.in_use = 5.0;
    }
    // Nobody gives it back within the second, in which there are three looks.
    let after = |(during, after): Shown| (during, vec![after; if after.in_use > REST.in_use { 3 } else { 1 }]);
    let looks = kept.into_iter().map(after).flat_map(|(during, after)| during.into_iter().chain(after));
    let looks = std::iter::repeat_n(REST, BEFORE).chain(looks);
    let t = looks.fold(holdpoint::test(run).config(config(&json!({}))), |t, look| t.metrics(LOOK, of(look)));
    let t = t.load(WORK, ends());
    t.expect("P4.1.pool", Fail, "5 in use after 20 users, 4 before (instance=a); 5 in use after 30 users, 4 before");
    t.expect("KI-2", Pass, "no knee up to 30 users");
}

#[test]
fn the_same_load_that_needs_ever_more_is_not_level() {
    let mut growing = well();
    growing[4] = step(using(12.0));
    test(growing).expect("P4.1.pool", Fail, "under 10 users 6, 6, 12");
    let mut bearable = well();
    bearable[4] = step(using(11.0));
    test(bearable).expect("P4.1.pool", Pass, "under 10 users 6, 6, 11");
}

#[test]
fn a_pool_that_nobody_tells_of_is_never_good_news_and_no_load_is_put_on_it() {
    let nothing = told(&[("db_pool_in_use", 4.0), ("db_pool_size", 20.0)]);
    let empty = told(&[("db_pool_in_use", 0.0), ("db_pool_waiting", 0.0), ("db_pool_size", 0.0)]);
    for (answer, why) in [
        (told(&[("other", 1.0)]), "the page backend /metrics: it has no db_pool_in_use"),
        (nothing, "it has no db_pool_waiting{instance=a}"),
        (of(using(f64::NAN)), "db_pool_in_use is NaN"),
        (of(using(-1.0)), "db_pool_in_use is -1"),
        (empty, "db_pool_size{instance=a} is 0"),
        (denied_numbers(), "denied metrics"),
        (failed_numbers("status 500"), "status 500"),
    ] {
        let t = holdpoint::test(run).config(config(&json!({}))).metrics(LOOK, answer);
        for row in ["KI-2", "P4.1.pool"] {
            t.expect(row, Inconclusive, why);
        }
        assert_eq!(t.calls(), [LOOK]);
    }
}

#[test]
fn looks_that_show_nothing_are_no_good_news_either() {
    let before = std::iter::repeat_n(REST, BEFORE);
    let t = before.fold(holdpoint::test(run).config(config(&json!({}))), |t, look| t.metrics(LOOK, of(look)));
    let t = t.metrics(LOOK, failed_numbers("status 500")).load(WORK, ends());
    t.expect("KI-2", Inconclusive, "10 users: 10 of 10 looks showed nothing: the page backend /metrics: status 500");
    t.expect("P4.1.pool", Inconclusive, "10 of 10 looks showed nothing");
}

#[test]
fn a_load_that_does_not_go_or_is_none_says_nothing() {
    let of_load = |ends: LoadEnds| looked(&json!({}), well()).load(WORK, ends);
    let t = of_load(refused_load(Cause::Exhausted("no room".to_owned())));
    for row in ["KI-2", "P4.1.pool"] {
        t.expect(row, Inconclusive, "10 users could not act: a bound was reached: no room");
    }
    let guarded = |summary: &mut Summary| summary.end = End::Guard("half of it failed".to_owned());
    let few = |summary: &mut Summary| summary.users = 9;
    let lost = |summary: &mut Summary| (summary.users_lost, summary.first_loss) = (1, Some("it trapped".to_owned()));
    for (ends, why) in [
        (ends().failing(300), "300 exchanges, 300 failed"),
        (ends().with(guarded), "half of it failed"),
        (ends().with(few), "10 users: 9 came, and 0 of them ended before the load did"),
        (ends().with(lost), "1 of them ended before the load did: it trapped"),
    ] {
        let t = of_load(ends);
        for row in ["KI-2", "P4.1.pool"] {
            t.expect(row, Inconclusive, why);
        }
    }
    // Beyond the users that have to be borne it is only told.
    let t = looked(&json!({}), well()).load(WORK, ends()).load(WORK, ends());
    let t = t.load(WORK, refused_load(Cause::Exhausted("no room".to_owned()))).load(WORK, ends());
    t.expect("KI-2", Pass, "; 30 users could not act: a bound was reached: no room");
}

#[test]
fn a_load_of_which_too_much_failed_says_nothing_unless_the_pool_let_it_fail() {
    let failing = |failed: u32| looked(&json!({}), well()).load(WORK, ends().failing(failed));
    failing(15).expect("KI-2", Pass, "300 exchanges, 15 failed");
    let t = failing(16);
    for row in ["KI-2", "P4.1.pool"] {
        t.expect(row, Inconclusive, "10 users: more than 5 % failed: 300 exchanges, 16 failed");
    }
    // Those who gave up are the knee, and have put their load on the pool.
    let looks = |gave_up: f64| (vec![Look { gave_up, ..using(8.0) }; DURING], Look { gave_up, ..REST });
    let t = looked(&json!({}), [20.0, 40.0, 60.0].map(looks).into()).load(WORK, ends().failing(20));
    t.expect("KI-2", Fail, "the knee is at 10 users, first giving up");
    t.expect("P4.1.pool", Pass, "under 10 users 8, 8, 8");
}

#[test]
fn looks_at_several_processes_that_are_not_told_apart_say_nothing() {
    let look = |label: &str, began: f64| {
        let gauges = [
            ("db_pool_in_use", 4.0),
            ("db_pool_waiting", 0.0),
            ("db_pool_size", 20.0),
            ("process_start_time_seconds", began),
        ];
        labelled(label, &gauges)
    };
    let t = |label: &str, looks: usize, then: f64| {
        let t = holdpoint::test(run).config(config(&json!({}))).load(WORK, ends());
        let t = (0..looks).fold(t, |t, _| t.metrics(LOOK, look(label, 1.0)));
        t.metrics(LOOK, look(label, then))
    };
    // Before anybody acts, and then no load is put on it; or under the first load, and then no other is.
    for (looks, loads) in [(1, 0), (BEFORE + 2, 1)] {
        let t = t("app", looks, 2.0);
        for row in ["KI-2", "P4.1.pool"] {
            let why = "the page backend /metrics: the page is of several instances, or of one that was restarted";
            t.expect(row, Inconclusive, why);
        }
        let started = t.calls().iter().filter(|call| call.starts_with("load ")).count();
        assert_eq!(started, loads, "{:?}", t.calls());
    }
    t("app", BEFORE, 1.0).expect("KI-2", Pass, "no knee up to 30 users");
    t("instance", BEFORE, 2.0).expect("KI-2", Pass, "no knee up to 30 users");
}

#[test]
fn what_fails_where_nobody_counts_who_gave_up_leaves_it_open() {
    let gauges = |timeouts: &str| json!({ "gauges": { "timeouts": timeouts } });
    let t = looked(&gauges("another_total"), well()).load(WORK, ends().failing(3));
    let why = "3 failed (scripted: 3 status); completed; no another_total tells whether they gave up";
    t.expect("KI-2", Inconclusive, why);
    looked(&gauges("another_total"), well()).load(WORK, ends()).expect("KI-2", Pass, "300 exchanges, 0 failed");
    looked(&json!({}), well()).load(WORK, ends().failing(3)).expect("KI-2", Pass, "0 gave up");
}

/// A phase that compares the pool with a file of this content.
fn configured(content: &str, source: &Value) -> Test<'static> {
    let mut whole = json!({ "file": "config/app.yaml" });
    for (key, value) in source.as_object().into_iter().flatten() {
        whole[key] = value.clone();
    }
    looked(&json!({ "source": whole }), well()).load(WORK, ends()).file("config/app.yaml", content)
}

#[test]
fn a_pool_that_is_not_as_it_is_configured_fails() {
    let both = json!({ "size": "pool.max", "timeout": "pool.timeout" });
    for content in ["pool: { max: 20, timeout: 5 }\n", "pool:\n  max: 20\n  timeout: 5s\n"] {
        configured(content, &both).expect("KI-2", Pass, "size 20, time-out 5");
    }
    let t = configured("pool: { max: 25, timeout: 30 }\n", &both);
    t.expect("KI-2", Fail, "size 20 of instance=a; time-out 5 of instance=a");
    t.expect("P4.1.pool", Pass, "");
    configured("pool: { max: 20 }\n", &json!({ "size": "pool.max" })).expect("KI-2", Pass, "as it is configured");
}

#[test]
fn a_configuration_that_can_not_be_read_says_nothing_of_the_pool() {
    let size = json!({ "size": "pool.max" });
    configured("pool: {}\n", &size).expect("KI-2", Inconclusive, "config/app.yaml: it has no pool.max");
    configured("pool: { max: many }\n", &size).expect("KI-2", Inconclusive, "pool.max is no number of connections");
    configured("pool: [\n", &size).expect("KI-2", Inconclusive, "can't be parsed");
    let timeout = json!({ "timeout": "pool.timeout" });
    configured("pool: { timeout: soon }\n", &timeout).expect("KI-2", Inconclusive, "pool.timeout is no time");
    let more = json!({ "source": { "file": "config/app.yaml", "size": "pool.max" } });
    looked(&more, well()).load(WORK, ends()).expect("KI-2", Inconclusive, "config/app.yaml: denied files");
    let source = json!({ "file": "config/app.yaml", "timeout": "pool.timeout" });
    let more = json!({ "source": source, "gauges": { "timeout": "another" } });
    let t = looked(&more, well()).load(WORK, ends()).file("config/app.yaml", "pool: { timeout: 5 }\n");
    t.expect("KI-2", Inconclusive, "instance=a does not tell its time-out");
}

#[test]
fn pools_are_told_apart_and_the_worst_of_them_counts() {
    let two = |first: f64, second: f64| {
        let family = |name: &str, values: [f64; 2]| Family {
            name: name.to_owned(),
            kind: MetricKind::Gauge,
            samples: ["a", "b"]
                .into_iter()
                .zip(values)
                .map(|(pool, value)| Exposed {
                    name: name.to_owned(),
                    labels: vec![("pool".to_owned(), pool.to_owned())],
                    value,
                    at: None,
                })
                .collect(),
            ..Family::default()
        };
        page([
            family("db_pool_in_use", [first, second]),
            family("db_pool_waiting", [0.0, 0.0]),
            family("db_pool_size", [20.0, 100.0]),
        ])
    };
    let t = holdpoint::test(run).config(config(&json!({}))).load(WORK, ends());
    let t = std::iter::repeat_n((4.0, 4.0), BEFORE).fold(t, |t, (first, second)| t.metrics(LOOK, two(first, second)));
    let t = t.metrics(LOOK, two(16.0, 4.0));
    t.expect("KI-2", Fail, "10 users: 16 of 20 in use at most");
    t.expect("P4.1.pool", Fail, "16 in use after 10 users, 4 before (pool=a)");
}

#[test]
fn a_page_that_names_ever_more_pools_is_none() {
    let many = |from: usize| {
        let family = |name: &str| Family {
            name: name.to_owned(),
            kind: MetricKind::Gauge,
            samples: (from..from + 60)
                .map(|pool| Exposed {
                    name: name.to_owned(),
                    labels: vec![("pool".to_owned(), pool.to_string())],
                    value: 1.0,
                    at: None,
                })
                .collect(),
            ..Family::default()
        };
        page(["db_pool_in_use", "db_pool_waiting", "db_pool_size"].map(family))
    };
    let t = holdpoint::test(run).config(config(&json!({}))).metrics(LOOK, many(0)).metrics(LOOK, many(60));
    t.expect("KI-2", Inconclusive, "the page backend /metrics has named more than 100 pools");
    let long = Exposed {
        name: "db_pool_in_use".to_owned(),
        labels: vec![("pool".to_owned(), "x".repeat(500))],
        value: 1.0,
        at: None,
    };
    let family = Family { name: "db_pool_in_use".to_owned(), samples: vec![long], ..Family::default() };
    let t = holdpoint::test(run).config(config(&json!({}))).metrics(LOOK, page([family]));
    t.expect("KI-2", Inconclusive, "labels of more than 500 bytes");
}

#[test]
fn fixtures_come_out() {
    holdpoint::fixtures(run, concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures"));
}

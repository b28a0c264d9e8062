//! Findings are the same at every tick, whether routes are told one by one or together as well, and whether all was counted at once or bit by bit.

use holdpoint::policy::prelude::*;
use holdpoint::testing::{PolicyTest, policy};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::judge;

/// Slots of ten seconds of a test.
const SLOTS: usize = 60;

/// What a slot counts of a route.
#[derive(Clone, Copy, Debug)]
struct Slot {
    requests: u32,
    bad: u32,
    /// Exchanges that took at most two seconds.
    quick: u32,
    /// It is told later than others.
    is_late: bool,
}

/// The slots of a route, where it has any.
type Route = Vec<Option<Slot>>;

fn routes() -> impl Strategy<Value = Vec<Route>> {
    let slot = (0..50_u32, 0..4_u32, 0..4_u32, any::<bool>()).prop_map(|(requests, bad, slow, is_late)| Slot {
        requests,
        bad: bad.min(requests),
        quick: requests.saturating_sub(slow),
        is_late,
    });
    vec(vec(proptest::option::of(slot), SLOTS), 1..4)
}

/// A number of a slot, with the name and the label of its series.
type Counted = (&'static str, &'static str, fn(&Slot) -> u32);

static COUNTED: [Counted; 4] = [
    ("requests", "", |slot| slot.requests),
    ("requests_bad", "", |slot| slot.bad),
    ("request_duration_bucket", ",le=\"2\"", |slot| slot.quick),
    ("request_duration_bucket", ",le=\"+Inf\"", |slot| slot.requests),
];

/// Values in the notation of series, one for each slot that has any.
fn values(value: impl Fn(usize) -> Option<u32>) -> String {
    let values = (0..SLOTS).map(|place| value(place).map_or_else(|| "_".to_owned(), |value| value.to_string()));
    values.collect::<Vec<_>>().join(" ")
}

/// Both parts of a series: what is told in time, and what is told late.
fn told<'a>(test: PolicyTest<'a>, name: &str, in_time: &str, (late, by): (&str, &str)) -> PolicyTest<'a> {
    test.series(name, in_time, "10s").series_late(name, late, "10s", by)
}

/// The routes one by one.
fn one_by_one<'a>(test: PolicyTest<'a>, routes: &[Route], by: &str) -> PolicyTest<'a> {
    let each = routes.iter().enumerate().flat_map(|route| COUNTED.iter().map(move |counted| (route, counted)));
    each.fold(test, |test, ((number, slots), (name, label, of))| {
        let part =
            |is_late: bool| values(|place| slots[place].filter(|slot| slot.is_late == is_late).map(|slot| of(&slot)));
        let name = format!("{name}{{load=\"4\",route=\"{number}\"{label}}}");
        told(test, &name, &part(false), (&part(true), by))
    })
}

/// All of them together, as the host adds them up: what comes late makes a slot greater.
fn together<'a>(test: PolicyTest<'a>, routes: &[Route], by: &str) -> PolicyTest<'a> {
    COUNTED.iter().fold(test, |test, (name, label, of)| {
        let slots = |place: usize| routes.iter().filter_map(move |slots| slots[place]);
        let sum = |slots: Vec<Slot>| (!slots.is_empty()).then(|| slots.iter().map(of).sum::<u32>());
        let in_time = values(|place| sum(slots(place).filter(|slot| !slot.is_late).collect()));
        let late = values(|place| {
            let all: Vec<Slot> = slots(place).collect();
            if all.iter().any(|slot| slot.is_late) { sum(all) } else { None }
        });
        told(test, &format!("load_{name}{{load=\"4\"{label}}}"), &in_time, (&late, by))
    })
}

/// A test of errors and p95 in which something may be broken on purpose.
fn asked(settle: &str, is_disrupted: bool) -> PolicyTest<'static> {
    let wanted = |row: &str, limit: f64| json!({ "rows": [row], "limit": limit, "at_least": 100 });
    let config = json!({ "settle": settle, "errors": wanted("P4.1.errors", 0.05), "p95": wanted("P4.1.p95", 2.0) });
    let test = policy(judge).requirements(["P4.1.errors", "P4.1.p95"]).config(config);
    if is_disrupted { test.disrupted("2m5s", "3m20s").unobserved("4m", "5m") } else { test }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn routes_together_say_the_same_as_one_by_one(
        routes in routes(),
        settle in select(vec!["0s", "40s", "5m"]),
        by in select(vec!["20s", "1m", "3m"]),
        disrupted in any::<bool>(),
    ) {
        let each = one_by_one(asked(settle, disrupted), &routes, by);
        let both = together(one_by_one(asked(settle, disrupted), &routes, by), &routes, by);
        let (each, both) = (each.judged_each("30s", "10m"), both.judged_each("30s", "10m"));
        prop_assert_eq!(each.error(), None);
        prop_assert_eq!(each.ticks(), both.ticks());
        prop_assert_eq!(both.error(), None);
    }

    #[test]
    fn what_is_kept_says_the_same_as_all_of_it(
        routes in routes(),
        by in select(vec!["20s", "1m", "3m"]),
        disrupted in any::<bool>(),
    ) {
        let test = together(one_by_one(asked("3m", disrupted), &routes, by), &routes, by).goes_on();
        let often = test.judged_each("30s", "10m");
        prop_assert_eq!(often.error(), None);
        for (at, found) in often.ticks() {
            let once = test.judged_at(&[*at]);
            prop_assert_eq!(found.as_slice(), once.last(), "at {:?}", at);
        }
    }
}

#[test]
fn routes_together_are_asked_for_alone() {
    // Ten routes one by one are more than there is room for; together they are a tenth of it.
    let slot = Slot { requests: 10, bad: 0, quick: 10, is_late: false };
    let routes: Vec<Route> = vec![vec![Some(slot); SLOTS]; 10];
    let room = 4 * SLOTS + 60;
    let each = one_by_one(asked("5m", false), &routes, "0s").samples_at_most(room);
    let why = each.judged_each("30s", "10m").error().map(str::to_owned);
    assert!(why.as_ref().is_some_and(|why| why.contains("samples of all answers are more than")), "{why:?}");
    let both = together(one_by_one(asked("5m", false), &routes, "0s"), &routes, "0s").samples_at_most(2 * room);
    both.judged_each("30s", "9m50s").expect("errors", Pass, "0 of 6000 exchanges failed");
}

#[test]
fn series_of_another_name_are_those_that_are_asked_for() {
    let slot = |requests| Slot { requests, bad: 0, quick: requests, is_late: false };
    let routes: Vec<Route> = vec![vec![Some(slot(10)); SLOTS]];
    let config = json!({ "series": { "requests": "served" }, "errors": { "rows": ["P4.1.errors"], "limit": 0.01, "at_least": 1 } });
    let test = policy(judge).requirements(["P4.1.errors"]).config(config).series("served", "3x59", "10s");
    together(test, &routes, "0s").judged_each("30s", "9m50s").expect("errors", Pass, "0 of 180 exchanges failed");
}

//! What is said of all routes of a load together is what is said of each, added up, in whatever order windows are told.

use holdpoint_model::policy::Selector;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::answers;

/// Of a route its number, exchanges, those that failed, those that were made to fail, and a time in milliseconds.
type DrawnRoute = (u8, u32, u32, u32, u32);
/// A window: the load, the second, and its routes.
type DrawnWindow = (u32, u32, Vec<DrawnRoute>);

fn drawn() -> impl Strategy<Value = Vec<DrawnWindow>> {
    let route = (0..4_u8, 0..40_u32, 0..4_u32, 0..4_u32, 1..4_000_u32);
    vec((0..2_u32, 0..40_u32, vec(route, 0..5)), 1..30)
}

fn told((_, second, routes): &DrawnWindow) -> Told {
    let route = |(number, exchanges, bad, deliberate, time): &DrawnRoute| {
        let times = [0.5, 1.0, 0.9, 1.5, 2.0, 3.0, 4.0].map(|times| times * f64::from(*time));
        json!([format!("route {number}"), exchanges, [0, bad], deliberate, 1.0, 1.0, times, null])
    };
    let routes: Vec<_> = routes.iter().map(route).collect();
    let window = json!({ "at_ms": second * 1_000, "incarnation": 1, "users": 4, "routes": routes });
    let running = json!({ "elapsed_ms": 40_000.0, "leaks": 0, "own_count": 0, "windows": [window] });
    match answers::load(&json!({ "running": running }).to_string()) {
        Some(answers::Load::Told(told)) => told,
        other => panic!("{other:?}"),
    }
}

/// The sums of all series of a name by load, bound and moment.
fn sums(bank: &Bank, name: &str) -> BTreeMap<(String, String, i64), f64> {
    let mut sums = BTreeMap::new();
    let selector = Selector { name: name.to_owned(), matchers: vec![] };
    for series in bank.select(&selector, f64::NEG_INFINITY, f64::INFINITY).unwrap() {
        for sample in &series.samples {
            let of = (series.label("load").to_owned(), series.label("le").to_owned(), sample.at as i64);
            *sums.entry(of).or_insert(0.0) += sample.value;
        }
    }
    sums
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_routes_together_are_the_sum_of_each(windows in drawn()) {
        let (mut loads, mut bank) = (Loads::default(), Bank::default());
        let phase = PhaseId::parse("watch").unwrap();
        for window in &windows {
            loads.told((&phase, window.0), Timestamp(100_000.0), &told(window), &mut bank).unwrap();
        }
        for name in ["requests", "requests_bad", "request_duration_bucket"] {
            let (each, together) = (sums(&bank, name), sums(&bank, &format!("load_{name}")));
            prop_assert_eq!(each, together, "{}", name);
        }
    }
}

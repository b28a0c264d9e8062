//! The same evidence, configuration and state: the same findings, state and fuel.

use std::sync::Arc;

use holdpoint_model::{Timestamp, policy::Series};

use crate::scene::{compiled, each_second, evidence, guest, rude, rude_module};

fn load() -> Vec<Series> {
    let of_bad = |second: u32| f64::from(if second > 200 { 3 + second % 2 } else { 1 });
    let bucket = |le: &str, count: f64| each_second("request_duration_bucket", &[("le", le)], vec![count; 600]);
    let memory = |instance: &str, slope: f64| {
        let labels = [("instance", instance), ("service", "backend")];
        each_second("memory_bytes", &labels, (0..600).map(|second| 1e9 + slope * f64::from(second)))
    };
    vec![
        each_second("requests", &[], vec![100.0; 600]),
        each_second("requests_bad", &[], (0..600).map(of_bad)),
        bucket("1", 90.0),
        bucket("2.5", 98.0),
        bucket("+Inf", 100.0),
        memory("a", 0.1),
        memory("b", 1e5),
    ]
}

#[test]
fn the_same_is_found_with_the_same_fuel() {
    let module = compiled(&guest("alerts.wasm")).unwrap();
    let again = compiled(&guest("alerts.wasm")).unwrap();
    let mut states = [Vec::new(), Vec::new()];
    for minute in 0..=10 {
        let mut seen = evidence(load());
        seen.now = Timestamp(f64::from(minute) * 60_000.0);
        let seen = Arc::new(seen);
        let first = module.evaluate("{}", &states[0], seen.clone()).unwrap();
        let second = again.evaluate("{}", &states[1], seen).unwrap();
        assert_eq!(first, second, "minute {minute}");
        assert!(first.fuel > 10_000, "{}", first.fuel);
        states = [first.evaluation.state.clone(), second.evaluation.state.clone()];
        if minute == 10 {
            let errors = &first.evaluation.findings[0];
            assert_eq!((errors.name.as_str(), errors.firing), ("High Error Rate", true), "{errors:?}");
        }
    }
}

#[test]
fn a_policy_that_does_more_takes_more_fuel() {
    let fuel = |count| rude("judge", count, vec![]).unwrap().fuel;
    assert_eq!(fuel(10), fuel(10));
    assert!(fuel(11) > fuel(10));
}

#[test]
fn nothing_in_a_policy_is_drawn_by_chance() {
    let hash = || rude("hash", 0, vec![]).unwrap().evaluation.findings[0].observed.clone();
    assert_eq!(hash(), hash());
}

#[test]
fn its_state_is_given_back_to_it() {
    let module = rude_module();
    let mut state = Vec::new();
    for length in 1..=3 {
        let seen = Arc::new(evidence(vec![]));
        state = module.evaluate(r#"{"act":"judge"}"#, &state, seen).unwrap().evaluation.state;
        assert_eq!(state.len(), length);
    }
}

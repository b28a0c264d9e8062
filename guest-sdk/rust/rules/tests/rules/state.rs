//! State that comes back, and state that is not what was written.

use holdpoint_rules::{
    Across, Alerts, Compare, Condition, Error, Expression, Measure, Over, Rule, Selector, Severity, Span, Time,
};

use crate::data::{evidence, labels, series};

fn some_state() -> Alerts {
    let values = |values: &[f64]| values.iter().map(|value| Some(*value)).collect::<Vec<_>>();
    let step = Span::minutes(1);
    let evidence = evidence(vec![
        series("m", labels(&[("instance", "a")]), step, values(&[2.0, 2.0, 2.0, 2.0])),
        series("m", labels(&[("instance", "b\u{e9}")]), step, values(&[2.0, 2.0, 2.0, 0.0])),
        series("m", labels(&[("instance", "c")]), step, values(&[0.0, 0.0, 0.0, 2.0])),
        series("m", labels(&[("instance", "d")]), step, values(&[0.0, 0.0, 0.0, 0.0])),
    ]);
    let measure = Measure::Gauge { selector: Selector::new("m"), over: Over::Now, across: Across::Sum };
    let above = Condition { compare: Compare::Above, limit: 1.0 };
    let rule = |name| {
        let expression = Expression::of(measure.clone()).by(&["instance"]);
        Rule::new(name, Severity::Warning, expression, above).lasting(step).keeping(step * 2)
    };
    let mut alerts = Alerts::default();
    for minute in 0..4 {
        alerts.tick(&[rule("first"), rule("second")], &evidence, Time(minute * 60_000)).unwrap();
    }
    alerts
}

#[test]
fn a_state_comes_back_as_it_was_and_none_is_the_beginning() {
    let state = some_state();
    let bytes = state.to_bytes();
    assert_eq!(Alerts::from_bytes(&bytes).unwrap(), state);
    assert_eq!(Alerts::from_bytes(&[]).unwrap(), Alerts::default());
    assert_eq!(bytes[0], 1);
    assert!(bytes.len() < 500, "{}", bytes.len());
}

#[test]
fn a_state_that_is_cut_off_or_longer_is_refused() {
    let bytes = some_state().to_bytes();
    for end in 1..bytes.len() {
        assert!(matches!(Alerts::from_bytes(&bytes[..end]), Err(Error::State(_))), "{end}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(Alerts::from_bytes(&longer), Err(Error::State("something follows it")));
}

#[test]
fn what_a_changed_byte_makes_is_refused_or_another_state_that_is_written_so() {
    let state = some_state();
    let bytes = state.to_bytes();
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            if let Ok(other) = Alerts::from_bytes(&changed) {
                assert_ne!(other, state, "byte {at}");
                assert_eq!(Alerts::from_bytes(&other.to_bytes()).unwrap(), other);
            }
        }
    }
}

#[test]
fn another_version_is_refused_by_name() {
    let mut bytes = some_state().to_bytes();
    bytes[0] = 2;
    let error = Alerts::from_bytes(&bytes).unwrap_err();
    assert_eq!(error, Error::StateVersion(2, 1));
    assert!(error.to_string().starts_with("the state has version 2, and this policy reads version 1"));
}

#[test]
fn more_rules_than_there_may_be_are_refused_before_anything_is_read() {
    let bytes = [1, 0xff, 0xff];
    assert!(matches!(Alerts::from_bytes(&bytes), Err(Error::State(why)) if why.contains("more rules")));
}

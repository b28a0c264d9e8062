//! The triggers of a rollback as rules, at their boundaries.

use holdpoint_rules::trend::Settings;
use holdpoint_rules::{
    Across, Alerts, Compare, Condition, Counted, Evidence, Expression, Measure, Missing, NoData, Over, Rule, Selector,
    Severity, Span, Status, Time,
};

use crate::data::{evidence, labels, series};

fn lowest(metric: &str) -> Measure {
    Measure::Gauge { selector: Selector::new(metric), over: Over::Now, across: Across::Lowest }
}

fn rule(measure: Measure, compare: Compare, limit: f64) -> Rule {
    Rule::new("trigger", Severity::Critical, Expression::of(measure), Condition { compare, limit })
}

/// Unhealthy for more than five minutes, where nothing said for a tick is as bad as unhealthy.
fn unhealthy() -> Rule {
    let rule = rule(lowest("healthy"), Compare::Below, 1.0).lasting(Span::minutes(5));
    Rule { fresh: Span::seconds(2), no_data: NoData::Counts, ..rule }
}

/// By the second: the first at which it fires.
fn first(rule: &Rule, evidence: &Evidence, seconds: i64) -> Option<i64> {
    let mut alerts = Alerts::default();
    (0..seconds).find(|second| {
        let findings = alerts.tick(std::slice::from_ref(rule), evidence, Time(second * 1_000)).unwrap();
        matches!(findings[0].status, Status::Firing { .. })
    })
}

fn by_the_second(metric: &str, value: impl Fn(i64) -> Option<f64>) -> Evidence {
    evidence(vec![series(metric, labels(&[]), Span::seconds(1), (0..1_200).map(value))])
}

#[test]
fn unhealthy_for_five_minutes_is_a_trigger_and_a_second_less_is_none() {
    // Unhealthy at each second from the hundredth on for so many seconds, the first and the last included.
    let for_seconds = |seconds: i64, then: Option<f64>| {
        by_the_second("healthy", move |second| match second {
            second if (100..=100 + seconds).contains(&second) => Some(0.0),
            second if second > 100 + seconds => then,
            _ => Some(1.0),
        })
    };
    let first = |evidence: &Evidence| first(&unhealthy(), evidence, 1_200);
    assert_eq!(first(&for_seconds(299, Some(1.0))), None);
    assert_eq!(first(&for_seconds(300, Some(1.0))), Some(400));
    assert_eq!(first(&for_seconds(301, Some(1.0))), Some(400));
    // Silence after four minutes does not save it.
    assert_eq!(first(&for_seconds(240, None)), Some(400));
    // Flapping each four minutes does.
    let flapping = by_the_second("healthy", |second| Some(f64::from(u8::from(second % 241 == 0))));
    assert_eq!(first(&flapping), None);
    // A service that never says anything is unhealthy from the first tick on.
    assert_eq!(first(&evidence(vec![])), Some(300));
}

#[test]
fn more_than_five_percent_errors_for_ten_minutes_are_a_trigger() {
    let errors = |per_mille: f64, until: i64| {
        let bad = (0..1_200).map(move |second| Some(if second <= until { per_mille } else { 0.0 }));
        let all = (0..1_200).map(|_| Some(1_000.0));
        let step = Span::seconds(1);
        evidence(vec![series("bad", labels(&[]), step, bad), series("all", labels(&[]), step, all)])
    };
    let (part, whole) = (Selector::new("bad"), Selector::new("all"));
    let measure = Measure::Ratio { part, whole, window: Span(999), counted: Counted::Slots };
    let rule = rule(measure, Compare::Above, 0.05).lasting(Span::minutes(10));
    for (per_mille, until, fires) in [
        (49.0, 1_200, None),
        (50.0, 1_200, None),
        (51.0, 599, None),
        (51.0, 600, Some(600)),
        (1_000.0, 599, None),
        (1_000.0, 601, Some(600)),
    ] {
        assert_eq!(first(&rule, &errors(per_mille, until), 1_200), fires, "{per_mille} of 1000 until {until} s");
    }
}

#[test]
fn a_leak_that_reaches_its_limit_within_the_horizon_is_a_trigger() {
    let settings =
        Settings { warm_up: Span::minutes(10), bucket: Span::minutes(10), reach: Span::minutes(2), baseline: None };
    let measure =
        Measure::TimeToLimit { selector: Selector::new("memory"), window: Span::hours(3), settings, limit: 1_000.0 };
    // Less than four hours are left.
    let rule = rule(measure, Compare::Below, 4.0 * 3_600.0);
    let at_three_hours = |level: &dyn Fn(f64) -> f64| {
        let values = (0..=180).map(|minute| Some(level(f64::from(minute) / 60.0)));
        let evidence = evidence(vec![series("memory", labels(&[]), Span::minutes(1), values)]);
        Alerts::default().tick(std::slice::from_ref(&rule), &evidence, Time(180 * 60_000)).unwrap()[0].status
    };
    let fires = Status::Firing { since: Time(180 * 60_000), kept: false };
    for (name, level, status) in [
        // The last point is at 2:50.
        ("613 MB and 100 MB an hour", &(|h| 330.0 + 100.0 * h) as &dyn Fn(f64) -> f64, fires),
        ("563 MB and 100 MB an hour", &|h| 280.0 + 100.0 * h, Status::Clear),
        ("a saw up to the limit", &|h| 400.0 + 600.0 * (h * 6.0).fract(), Status::Clear),
        ("there already", &|_| 1_000.0, fires),
        ("a level that stays just below it", &|_| 999.0, Status::Clear),
        ("it becomes less", &|h| 900.0 - 10.0 * h, Status::Clear),
    ] {
        assert_eq!(at_three_hours(level), status, "{name}");
    }
}

#[test]
fn broken_authentication_and_isolation_fire_at_once_and_silence_is_inconclusive() {
    let broken = rule(lowest("login_success"), Compare::AtMost, 0.0);
    let leaks =
        Measure::Gauge { selector: Selector::new("leaks"), over: Over::Highest(Span::hours(1)), across: Across::Sum };
    let leaked = rule(leaks, Compare::Above, 0.0);
    for (rule, metric, value, others, fires) in [
        (&broken, "login_success", 0.0, 1.0, true),
        (&broken, "login_success", 0.01, 1.0, false),
        (&leaked, "leaks", 1.0, 0.0, true),
        (&leaked, "leaks", 0.0, 0.0, false),
    ] {
        let evidence = by_the_second(metric, |second| Some(if second == 7 { value } else { others }));
        assert_eq!(first(rule, &evidence, 20).is_some(), fires, "{metric} {value}");
    }
    for rule in [broken, leaked] {
        let findings = Alerts::default().tick(&[rule], &evidence(vec![]), Time(0)).unwrap();
        assert_eq!(findings[0].status, Status::Inconclusive(Missing::Series));
    }
}

//! What was broken on purpose feeds nothing.

use holdpoint_rules::{
    Across, Alerts, Compare, Condition, Counted, Evidence, Expression, Measure, Missing, Over, Rule, Selector, Series,
    Severity, Span, Status, Stretch, Time,
};

use crate::data::{evidence, labels, series};

fn stretch(from: i64, to: i64) -> Stretch {
    Stretch { from: Time(from * 1_000), to: Time(to * 1_000) }
}

/// Ten minutes by the second, all of whose requests fail from 200 s to just before 260 s.
fn broken_on_purpose(counted: Counted) -> Vec<Series> {
    let bad_of = |second: i64| if (200..260).contains(&second) { 100.0 } else { 1.0 };
    let (mut sum, mut all) = (0.0, 0.0);
    let both = (0..600).map(|second| {
        (sum, all) = (sum + bad_of(second), all + 100.0);
        match counted {
            Counted::Counter => (Some(sum), Some(all)),
            Counted::Slots => (Some(bad_of(second)), Some(100.0)),
        }
    });
    let (bad, all): (Vec<_>, Vec<_>) = both.unzip();
    vec![series("bad", labels(&[]), Span::seconds(1), bad), series("all", labels(&[]), Span::seconds(1), all)]
}

fn errors(counted: Counted) -> Rule {
    let (part, whole) = (Selector::new("bad"), Selector::new("all"));
    let measure = Measure::Ratio { part, whole, window: Span::minutes(2), counted };
    let above = Condition { compare: Compare::Above, limit: 0.02 };
    Rule::new("errors", Severity::Critical, Expression::of(measure), above)
}

fn statuses(rule: &Rule, evidence: &Evidence) -> Vec<Status> {
    let mut alerts = Alerts::default();
    let ticks = (10..600).step_by(10);
    let all = ticks.map(|second| alerts.tick(std::slice::from_ref(rule), evidence, Time(second * 1_000)).unwrap());
    all.map(|findings| findings[0].status).collect()
}

#[test]
fn a_fault_that_was_announced_is_no_alert_and_the_same_fault_unannounced_is() {
    for counted in [Counted::Counter, Counted::Slots] {
        let as_it_was = evidence(broken_on_purpose(counted));
        let without = as_it_was.clone().without(&[stretch(200, 260)]).unwrap();
        let fires = |evidence| statuses(&errors(counted), evidence).iter().any(|s| matches!(s, Status::Firing { .. }));
        assert!(fires(&as_it_was), "{counted:?}");
        assert!(!fires(&without), "{counted:?}");
        // A second too little of it is left out, and is seen.
        let late = as_it_was.clone().without(&[stretch(210, 260)]).unwrap();
        assert!(fires(&late), "{counted:?}");
    }
}

#[test]
fn a_window_that_is_disrupted_as_a_whole_was_not_asked() {
    let evidence = evidence(broken_on_purpose(Counted::Slots)).without(&[stretch(100, 400)]).unwrap();
    let statuses = statuses(&errors(Counted::Slots), &evidence);
    let at = |second: usize| statuses[second / 10 - 1];
    assert_eq!((at(90), at(210)), (Status::Clear, Status::Clear));
    assert_eq!([at(220), at(300), at(390)], [Status::NotAsked; 3]);
    assert_eq!(at(400), Status::Clear);
}

#[test]
fn a_gauge_within_a_disruption_is_what_it_was_before_it() {
    let values = (0..600).map(|second| Some(if (200..260).contains(&second) { 9.0 } else { 1.0 }));
    let all = evidence(vec![series("m", labels(&[]), Span::seconds(1), values)]).without(&[stretch(200, 260)]).unwrap();
    let measure =
        Measure::Gauge { selector: Selector::new("m"), over: Over::Highest(Span::seconds(30)), across: Across::Sum };
    let above = Condition { compare: Compare::Above, limit: 5.0 };
    let rule = Rule::new("gauge", Severity::Warning, Expression::of(measure), above);
    let statuses = statuses(&rule, &all);
    assert!(statuses.iter().all(|status| matches!(status, Status::Clear | Status::NotAsked)));
    assert_eq!(statuses.iter().filter(|status| **status == Status::NotAsked).count(), 3);
}

#[test]
fn a_quantile_leaves_a_disruption_out_on_both_sides_with_its_weight() {
    // A second each, below one second before and after; all slow within. The buckets count a hundred a second.
    let slow = |second: i64| (200..260).contains(&second);
    let bucket = |le: &str, counts: fn(bool) -> f64| {
        let mut sum = 0.0;
        let values = (0..600).map(move |second| {
            sum += counts(slow(second));
            Some(sum)
        });
        series("b", labels(&[("le", le)]), Span::seconds(1), values)
    };
    let buckets =
        || vec![bucket("1", |slow| if slow { 0.0 } else { 100.0 }), bucket("5", |_| 100.0), bucket("+Inf", |_| 100.0)];
    let measure = Measure::Quantile {
        buckets: Selector::new("b"),
        share: 0.95,
        window: Span::minutes(5),
        counted: Counted::Counter,
    };
    let p95 = Expression::of(measure);
    let read = |evidence: &Evidence| p95.read(evidence, Time(350_000)).remove(&labels(&[])).unwrap();
    let with = read(&evidence(buckets())).unwrap();
    let without = read(&evidence(buckets()).without(&[stretch(200, 261)]).unwrap()).unwrap();
    assert!((with.estimate - 4.0).abs() < 1e-9 && (without.estimate - 0.95).abs() < 1e-9, "{with:?} {without:?}");
    assert!(with.seen > 29_000.0 && without.seen < 25_000.0);
    let gone = read(&evidence(buckets()).without(&[stretch(0, 900)]).unwrap());
    assert_eq!(gone, Err(Missing::Deliberate));
}

#[test]
fn a_quantile_of_slots_leaves_a_disruption_out_exactly() {
    let slow = |second: i64| (200..260).contains(&second);
    let bucket = |le: &str, count: fn(bool) -> f64| {
        series("b", labels(&[("le", le)]), Span::seconds(1), (0..600).map(|second| Some(count(slow(second)))))
    };
    let buckets =
        || vec![bucket("1", |slow| if slow { 0.0 } else { 100.0 }), bucket("5", |_| 100.0), bucket("+Inf", |_| 100.0)];
    let window = Span::seconds(299);
    let measure = Measure::Quantile { buckets: Selector::new("b"), share: 0.95, window, counted: Counted::Slots };
    let p95 = Expression::of(measure);
    let read = |evidence: &Evidence| p95.read(evidence, Time(349_000)).remove(&labels(&[])).unwrap();
    let with = read(&evidence(buckets())).unwrap();
    let without = read(&evidence(buckets()).without(&[stretch(200, 260)]).unwrap()).unwrap();
    // 300 slots of which 60 are slow: the 28,500th of 30,000, of which 24,000 lie below one second.
    assert_eq!((with.estimate, with.seen), (4.0, 30_000.0));
    assert_eq!((without.estimate, without.seen), (0.95, 24_000.0));
    assert_eq!(read(&evidence(buckets()).without(&[stretch(0, 900)]).unwrap()), Err(Missing::Deliberate));
}

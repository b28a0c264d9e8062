//! The boundaries of alerts.

use holdpoint_rules::{
    Across, Alerts, Compare, Condition, Counted, Expression, Measure, Missing, NoData, Over, Rule, Selector, Severity,
    Span, Status, Time,
};

use crate::data::{evidence, labels, series};

fn gauge(limit: f64) -> Rule {
    let measure = Measure::Gauge { selector: Selector::new("m"), over: Over::Now, across: Across::Sum };
    let above = Condition { compare: Compare::Above, limit };
    Rule::new("alert", Severity::Critical, Expression::of(measure), above)
}

fn letter(status: Status) -> char {
    match status {
        Status::Clear => '.',
        Status::Pending { .. } => 'p',
        Status::Firing { kept: false, .. } => 'F',
        Status::Firing { kept: true, .. } => 'k',
        Status::Inconclusive(_) => '?',
        Status::NotAsked => '-',
    }
}

/// A minute a letter: `H` above the limit, `=` at it, `.` below, `_` no sample, `n` NaN. What comes out is a letter a tick.
fn timeline(rule: &Rule, values: &str, running: &str) -> String {
    let step = Span::minutes(1);
    let value = |c| match c {
        'H' => Some(101.0),
        '=' => Some(100.0),
        '.' => Some(1.0),
        'n' => Some(f64::NAN),
        _ => None,
    };
    let runs = running.chars().map(|c| Some(f64::from(u8::from(c == 'r'))));
    let evidence = evidence(vec![
        series("m", labels(&[]), step, values.chars().map(value)),
        series("running", labels(&[]), step, runs),
    ]);
    let mut alerts = Alerts::default();
    let ticks = (0..values.len() as i64).map(|minute| {
        let findings = alerts.tick(std::slice::from_ref(rule), &evidence, Time(0) + step * minute).unwrap();
        assert_eq!(findings.len(), 1);
        // As a policy that gets its state back each time.
        alerts = Alerts::from_bytes(&alerts.to_bytes()).unwrap();
        letter(findings[0].status)
    });
    ticks.collect()
}

struct Case {
    name: &'static str,
    hold: i64,
    keep: i64,
    fresh: i64,
    no_data: NoData,
    values: &'static str,
    status: &'static str,
}

const CASE: Case = Case { name: "", hold: 0, keep: 0, fresh: 5, no_data: NoData::Inconclusive, values: "", status: "" };

const CASES: &[Case] = &[
    Case { name: "without a hold it fires at once", values: "..H..", status: "..F..", ..CASE },
    Case { name: "at the limit is not above it", values: ".==.H", status: "....F", ..CASE },
    Case {
        name: "it fires when it has been met for the whole hold",
        hold: 3,
        values: ".HHHHH.",
        status: ".pppFF.",
        ..CASE
    },
    Case { name: "a tick short of the hold is none", hold: 3, values: ".HHH.HHH.", status: ".ppp.ppp.", ..CASE },
    Case { name: "flapping never fires", hold: 2, values: "HH.HH.HH.HH.", status: "pp.pp.pp.pp.", ..CASE },
    Case {
        name: "flapping keeps firing with keep",
        hold: 2,
        keep: 2,
        values: "HHH.H.H...",
        status: "ppFkFkFkk.",
        ..CASE
    },
    Case { name: "keep ends when it has lasted", keep: 3, values: "H....", status: "Fkkk.", ..CASE },
    Case { name: "keep begins anew", keep: 2, values: "H.H..H...", status: "FkFkkFkk.", ..CASE },
    Case { name: "keep does not make pending longer", hold: 2, keep: 5, values: "HH.HH.", status: "pp.pp.", ..CASE },
    Case { name: "no sample ever", values: "____", status: "????", ..CASE },
    Case { name: "a sample counts for as long as it is fresh", fresh: 2, values: "H_____H", status: "FFF???F", ..CASE },
    Case { name: "a sample counts for five minutes", values: "._______.", status: "......??.", ..CASE },
    Case { name: "a gap interrupts what is pending", hold: 3, fresh: 0, values: "HH_HHHH", status: "pp?pppF", ..CASE },
    Case {
        name: "a gap is no end of an alert if it holds, and its time does not count",
        hold: 3,
        fresh: 0,
        no_data: NoData::Holds,
        values: "HH_HHHH_.",
        status: "pppppFFF.",
        ..CASE
    },
    Case {
        name: "after a gap as long as the hold it begins anew",
        hold: 2,
        fresh: 0,
        no_data: NoData::Holds,
        values: "HH__HHH",
        status: "ppppppF",
        ..CASE
    },
    Case {
        name: "a gap a tick shorter leaves what was met before",
        hold: 3,
        fresh: 0,
        no_data: NoData::Holds,
        values: "HHH_HH",
        status: "pppppF",
        ..CASE
    },
    Case {
        name: "while there is no data nothing begins to fire that holds, and nothing ends",
        hold: 2,
        fresh: 0,
        no_data: NoData::Holds,
        values: "HH_____",
        status: "ppppppp",
        ..CASE
    },
    Case {
        name: "what holds ends with the first that is well",
        hold: 2,
        fresh: 0,
        no_data: NoData::Holds,
        values: "HH_.HHH",
        status: "ppp.ppF",
        ..CASE
    },
    Case {
        name: "what holds and was clear is inconclusive",
        fresh: 0,
        no_data: NoData::Holds,
        values: ".__.",
        status: ".??.",
        ..CASE
    },
    Case {
        name: "no data counts as met",
        hold: 2,
        fresh: 0,
        no_data: NoData::Counts,
        values: ".____.",
        status: ".ppFF.",
        ..CASE
    },
    Case { name: "firing without data is not over", fresh: 0, values: "H__.", status: "F??.", ..CASE },
    Case { name: "firing is kept without data", keep: 2, fresh: 0, values: "H___.", status: "Fkk?.", ..CASE },
    Case { name: "no number is no data", values: "nHn.", status: "?F?.", ..CASE },
];

#[test]
fn every_boundary_of_the_timelines_is_as_written() {
    for case in CASES {
        let rule = Rule { fresh: Span::minutes(case.fresh), no_data: case.no_data, ..gauge(100.0) }
            .lasting(Span::minutes(case.hold))
            .keeping(Span::minutes(case.keep));
        assert_eq!(timeline(&rule, case.values, ""), case.status, "{}: {}", case.name, case.values);
    }
}

#[test]
fn outside_of_a_test_nothing_is_asked_and_within_one_no_data_is_not_ok() {
    let rule =
        Rule { during: Some(Selector::new("running")), fresh: Span::ZERO, ..gauge(100.0) }.lasting(Span::minutes(1));
    for (values, running, status) in
        [("HHHHHHH", "  rrr  ", "--pFF--"), ("_____", " rr  ", "-??--"), (".....", " rr  ", "-..--")]
    {
        assert_eq!(timeline(&rule, values, running), status, "{values} {running}");
    }
}

/// Requests and errors by the second: so many of a thousand are bad for so many seconds.
fn first_firing(per_mille: f64, seconds: i64, window: Span, counted: Counted) -> Option<i64> {
    let length = 700;
    let bad = move |second: i64| if second <= seconds { per_mille } else { 0.0 };
    let (mut sum, mut all) = (0.0, 0.0);
    let counters = (0..length).map(|second| {
        (sum, all) = (sum + bad(second), all + 1_000.0);
        match counted {
            Counted::Counter => (sum, all),
            Counted::Slots => (bad(second), 1_000.0),
        }
    });
    let (bad, all): (Vec<_>, Vec<_>) = counters.map(|(bad, all)| (Some(bad), Some(all))).unzip();
    let evidence = evidence(vec![
        series("bad", labels(&[]), Span::seconds(1), bad),
        series("all", labels(&[]), Span::seconds(1), all),
    ]);
    let measure = Measure::Ratio { part: Selector::new("bad"), whole: Selector::new("all"), window, counted };
    let above = Condition { compare: Compare::Above, limit: 0.02 };
    let rule = Rule::new("errors", Severity::Critical, Expression::of(measure), above).lasting(Span::minutes(5));
    let mut alerts = Alerts::default();
    (0..length).find(|second| {
        let findings = alerts.tick(std::slice::from_ref(&rule), &evidence, Time(second * 1_000)).unwrap();
        matches!(findings[0].status, Status::Firing { .. })
    })
}

#[test]
fn an_error_rate_fires_above_two_percent_for_five_minutes_and_not_below() {
    // A window as long as the distance of the samples sees one slot, so that what is met is met for exactly so long.
    let slot = Span(999);
    for (per_mille, seconds, fires) in [
        (19.0, 600, None),
        (20.0, 600, None),
        (21.0, 600, Some(300)),
        (21.0, 298, None),
        (21.0, 299, None),
        (21.0, 300, Some(300)),
        (21.0, 301, Some(300)),
    ] {
        assert_eq!(
            first_firing(per_mille, seconds, slot, Counted::Slots),
            fires,
            "{per_mille} of 1000 for {seconds} s"
        );
    }
    // With a window of a minute a counter needs two samples, and says the same of 1.9 and 2.1 percent.
    for (per_mille, fires) in [(19.0, None), (20.0, None), (21.0, Some(301))] {
        assert_eq!(first_firing(per_mille, 600, Span::minutes(1), Counted::Counter), fires, "{per_mille} of 1000");
    }
}

#[test]
fn label_sets_are_kept_apart_and_one_that_vanishes_is_missed_until_it_is_forgotten() {
    let step = Span::minutes(1);
    let of = |instance| labels(&[("instance", instance)]);
    let values = |value: f64, until: usize| (0..100).map(move |minute| (minute < until).then_some(value));
    let evidence =
        evidence(vec![series("m", of("a"), step, values(101.0, 100)), series("m", of("b"), step, values(1.0, 10))]);
    let mut rule = gauge(100.0);
    rule.expression.by = vec!["instance".to_owned()];
    rule.forget = Span::minutes(30);
    let mut alerts = Alerts::default();
    let mut at = |minute: i64| {
        let findings = alerts.tick(std::slice::from_ref(&rule), &evidence, Time(0) + step * minute).unwrap();
        findings.into_iter().map(|f| (f.labels.get("instance").to_owned(), letter(f.status))).collect::<Vec<_>>()
    };
    let both = |b| vec![("a".to_owned(), 'F'), ("b".to_owned(), b)];
    assert_eq!(at(0), both('.'));
    assert_eq!(at(14), both('.'));
    assert_eq!(at(15), both('?'));
    assert_eq!(at(44), both('?'));
    // Data was there for the last time at the 14th minute.
    assert_eq!(at(45), vec![("a".to_owned(), 'F')]);
    assert_eq!(at(99), vec![("a".to_owned(), 'F')]);
}

#[test]
fn what_fires_is_not_forgotten_and_when_all_is_forgotten_that_is_said() {
    let values = (0..10).map(|minute| Some(if minute < 5 { 101.0 } else { 1.0 }));
    let evidence = evidence(vec![series("m", labels(&[("instance", "a")]), Span::minutes(1), values)]);
    for (no_data, statuses, firings) in
        [(NoData::Inconclusive, ".?", 1), (NoData::Holds, ".?", 1), (NoData::Counts, ".F", 2)]
    {
        let mut rule = Rule { no_data, forget: Span::minutes(20), ..gauge(100.0) };
        rule.expression.by = vec!["instance".to_owned()];
        let mut alerts = Alerts::default();
        let mut at = |minute: i64| alerts.tick(std::slice::from_ref(&rule), &evidence, Time(minute * 60_000)).unwrap();
        at(0);
        let seen: String = [9, 20].map(|minute| letter(at(minute)[0].status)).iter().collect();
        assert_eq!(seen, statuses);
        let long_after = at(100).remove(0);
        assert_eq!(matches!(long_after.status, Status::Firing { .. }), no_data == NoData::Counts);
        assert_eq!(long_after.labels.is_empty(), no_data != NoData::Counts);
        // That it has fired is known all the same.
        assert_eq!(alerts.get("alert").unwrap().firings(), firings);
    }
}

#[test]
fn a_finding_says_how_old_its_evidence_is_and_how_often_it_has_fired() {
    let evidence = evidence(vec![series("m", labels(&[]), Span::minutes(1), [101.0, 1.0, 101.0].map(Some))]);
    let rules = [gauge(100.0)];
    let mut alerts = Alerts::default();
    let mut at = |millis| alerts.tick(&rules, &evidence, Time(millis)).unwrap().remove(0);
    assert_eq!((at(0).firings, at(61_500).age), (1, Some(Span(1_500))));
    let again = at(130_000);
    assert_eq!((again.firings, again.age), (2, Some(Span::seconds(10))));
    let old = at(420_001);
    assert_eq!((old.status, old.firings), (Status::Inconclusive(Missing::Samples), 2));
    assert_eq!(alerts.get("alert").unwrap().firings(), 2);
}

#[test]
fn evidence_that_comes_late_is_asked_for_what_was() {
    let evidence = evidence(vec![series("m", labels(&[]), Span::minutes(1), [Some(101.0), Some(1.0)])]);
    let mut rule = gauge(100.0);
    rule.expression = rule.expression.before(Span::minutes(3));
    rule.fresh = Span::ZERO;
    let mut alerts = Alerts::default();
    let mut at =
        |minute: i64| alerts.tick(std::slice::from_ref(&rule), &evidence, Time(minute * 60_000)).unwrap().remove(0);
    assert_eq!([2, 3, 4].map(|minute| letter(at(minute).status)), ['?', 'F', '.']);
}

#[test]
fn few_requests_are_no_data() {
    let values = |value: f64| vec![Some(value); 10];
    let evidence = evidence(vec![
        series("bad", labels(&[]), Span::minutes(1), values(1.0)),
        series("all", labels(&[]), Span::minutes(1), values(2.0)),
    ]);
    let measure = Measure::Ratio {
        part: Selector::new("bad"),
        whole: Selector::new("all"),
        window: Span::minutes(4),
        counted: Counted::Slots,
    };
    let above = Condition { compare: Compare::Above, limit: 0.02 };
    let rule =
        |at_least| Rule { at_least, ..Rule::new("r", Severity::Critical, Expression::of(measure.clone()), above) };
    for (at_least, status) in [(10.0, 'F'), (10.5, '?')] {
        let findings = Alerts::default().tick(&[rule(at_least)], &evidence, Time(300_000)).unwrap();
        assert_eq!(letter(findings[0].status), status, "{at_least}");
    }
}

#[test]
fn requests_are_counted_over_more_than_the_window_where_a_rule_says_so() {
    // Two requests a minute, one of which is bad, for as long as there are any.
    let values = |value: f64, minutes: usize| (0..20).map(move |minute| (minute < minutes).then_some(value));
    let of = |minutes: usize, at_least: f64, over: i64| {
        let evidence = evidence(vec![
            series("bad", labels(&[]), Span::minutes(1), values(1.0, minutes)),
            series("all", labels(&[]), Span::minutes(1), values(2.0, minutes)),
        ]);
        let measure = Measure::Ratio {
            part: Selector::new("bad"),
            whole: Selector::new("all"),
            window: Span::minutes(1),
            counted: Counted::Slots,
        };
        let above = Condition { compare: Compare::Above, limit: 0.02 };
        let rule = Rule::new("r", Severity::Critical, Expression::of(measure), above);
        let rule = Rule { at_least, at_least_over: Span::minutes(over), ..rule };
        letter(Alerts::default().tick(&[rule], &evidence, Time(900_000)).unwrap()[0].status)
    };
    // A window has both of its ends, so that of a minute has four requests, and that of ten has 22.
    for (minutes, at_least, over, status) in [
        (20, 4.0, 0, 'F'),
        (20, 5.0, 0, '?'),
        (20, 4.0, 1, 'F'),
        (20, 5.0, 1, '?'),
        (20, 22.0, 10, 'F'),
        (20, 23.0, 10, '?'),
        // However many there were before, the window itself has none.
        (14, 1.0, 10, '?'),
    ] {
        assert_eq!(of(minutes, at_least, over), status, "{at_least} in {over} minutes");
    }
}

#[test]
fn time_goes_on_and_names_are_given_once() {
    let evidence = evidence(vec![]);
    let mut alerts = Alerts::default();
    alerts.tick(&[gauge(1.0)], &evidence, Time(5)).unwrap();
    assert!(alerts.tick(&[gauge(1.0)], &evidence, Time(5)).is_err());
    assert!(alerts.tick(&[gauge(1.0), gauge(2.0)], &evidence, Time(6)).is_err());
    assert!(alerts.tick(&vec![gauge(1.0); 501], &evidence, Time(6)).is_err());
    // What failed has changed nothing.
    assert!(alerts.tick(&[gauge(1.0)], &evidence, Time(6)).is_ok());
}

#[test]
fn more_label_sets_than_are_kept_apart_are_inconclusive() {
    let names: Vec<String> = (0..1_001).map(|n| format!("i{n}")).collect();
    let all = names.iter().map(|name| series("m", labels(&[("instance", name.as_str())]), Span(1), [Some(1.0)]));
    let evidence = evidence(all.collect());
    let mut rule = gauge(100.0);
    rule.expression.by = vec!["instance".to_owned()];
    let findings = Alerts::default().tick(&[rule], &evidence, Time(0)).unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].status, Status::Inconclusive(Missing::TooManyInstances));
}

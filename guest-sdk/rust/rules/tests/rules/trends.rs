//! Leak, step, sawtooth and noise told apart; drift and time to a limit.

use holdpoint_rules::trend::{NoTrend, Settings, Shape, Tolerance, Trend};
use holdpoint_rules::{
    Alerts, Compare, Condition, Expression, Measure, Missing, Rule, Sample, Selector, Severity, Span, Status, Time,
};

use crate::data::{Chance, evidence, labels, series};

const TOLERANCE: Tolerance = Tolerance { per_hour: 0.005, step: 0.05 };

/// Megabytes by the minute over 25 hours: an hour of warming up, then a day.
fn day(level: impl Fn(f64, &mut Chance) -> f64) -> Vec<Sample> {
    let mut chance = Chance(0x5eed);
    let sample = |minute: i64| Sample { at: Time(minute * 60_000), value: level(minute as f64 / 60.0, &mut chance) };
    (0..=25 * 60).map(sample).collect()
}

fn trend(samples: &[Sample]) -> Result<Trend, NoTrend> {
    Trend::of(samples, Time(0), Time(25 * 3_600_000), &Settings::default())
}

/// How full the saw is: from 0 to 1 within each period.
fn tooth(hour: f64, period_minutes: f64) -> f64 {
    (hour * 60.0 / period_minutes).fract()
}

fn noise(chance: &mut Chance) -> f64 {
    (chance.share() - 0.5) * 8.0
}

type Level = fn(f64, &mut Chance) -> f64;

#[derive(Debug, PartialEq)]
enum Seen {
    Flat,
    Sawtooth,
    StepUp,
    StepDown,
    Leak,
    Falling,
    Unclear,
}

const SHAPES: &[(&str, Level, Seen)] = &[
    ("a line that stays", |_, _| 400.0, Seen::Flat),
    ("noise of one percent", |_, c| 400.0 + noise(c), Seen::Flat),
    ("warming up, then still", |h, _| if h < 1.0 { 100.0 + 300.0 * h } else { 400.0 }, Seen::Flat),
    ("a saw of 20 minutes", |h, _| 400.0 + 200.0 * tooth(h, 20.0), Seen::Sawtooth),
    ("a saw of 37 minutes with noise", |h, c| 400.0 + 200.0 * tooth(h, 37.0) + noise(c), Seen::Sawtooth),
    ("a leak of 1 % an hour", |h, _| 400.0 + 4.0 * h, Seen::Leak),
    ("a leak of 1 % an hour with noise", |h, c| 400.0 + 4.0 * h + noise(c), Seen::Leak),
    ("a leak below a saw", |h, c| 400.0 + 4.0 * h + 200.0 * tooth(h, 20.0) + noise(c), Seen::Leak),
    ("a leak that begins after six hours", |h, _| 400.0 + 8.0 * (h - 7.0).max(0.0), Seen::Leak),
    ("a leak below what is tolerated", |h, _| 400.0 + 1.0 * h, Seen::Flat),
    ("a step of 10 %", |h, _| if h < 12.0 { 400.0 } else { 440.0 }, Seen::StepUp),
    ("a step of 10 % with noise", |h, c| noise(c) + if h < 9.0 { 400.0 } else { 440.0 }, Seen::StepUp),
    ("a step below a saw", |h, _| 200.0 * tooth(h, 20.0) + if h < 15.0 { 400.0 } else { 480.0 }, Seen::StepUp),
    ("a step of 3 %", |h, _| if h < 12.0 { 400.0 } else { 412.0 }, Seen::Flat),
    ("a step down", |h, _| if h < 12.0 { 400.0 } else { 300.0 }, Seen::StepDown),
    ("memory that is given back", |h, _| 400.0 - 6.0 * h, Seen::Falling),
    ("nothing but noise", |_, c| 100.0 + 900.0 * c.share() * c.share() * c.share(), Seen::Sawtooth),
    ("a floor that is another each hour", |h, _| 100.0 + 30.0 * (h.floor() * 7.0 % 11.0), Seen::Unclear),
    ("one hour that was high", |h, _| if h.floor() == 9.0 { 600.0 } else { 400.0 }, Seen::Flat),
];

#[test]
fn leak_step_and_sawtooth_are_told_apart() {
    for (name, level, seen) in SHAPES {
        let trend = trend(&day(level)).unwrap();
        let shape = match trend.shape(&TOLERANCE) {
            Shape::Flat => Seen::Flat,
            Shape::Sawtooth => Seen::Sawtooth,
            Shape::Step { by, .. } if by > 0.0 => Seen::StepUp,
            Shape::Step { .. } => Seen::StepDown,
            Shape::Leak => Seen::Leak,
            Shape::Falling => Seen::Falling,
            Shape::Unclear => Seen::Unclear,
        };
        assert_eq!(shape, *seen, "{name}: {:?} of {}", trend.share_per_hour(), trend.baseline);
    }
}

#[test]
fn a_step_says_when_and_by_how_much() {
    let trend = trend(&day(|h, _| if h < 12.0 { 400.0 } else { 440.0 })).unwrap();
    let Shape::Step { at, by } = trend.shape(&TOLERANCE) else { panic!("{trend:?}") };
    assert!((Time(12 * 3_600_000)..Time(13 * 3_600_000)).contains(&at), "{at:?}");
    assert!((by - 0.1).abs() < 1e-12, "{by}");
}

#[test]
fn a_slope_is_a_share_of_the_baseline_by_the_hour() {
    let leak = day(|h, _| 400.0 + 20.0 * (h - 1.0).max(0.0));
    let share = trend(&leak).unwrap().share_per_hour();
    // The baseline is the median of the first three hours, 420 MB.
    assert!((share.estimate - 20.0 / 420.0).abs() < 1e-12, "{share:?}");
    let given = Settings { baseline: Some(400.0), ..Settings::default() };
    let share = Trend::of(&leak, Time(0), Time(25 * 3_600_000), &given).unwrap().share_per_hour();
    assert!((share.estimate - 0.05).abs() < 1e-12, "{share:?}");
}

#[test]
fn drift_of_the_troughs_is_that_of_the_day_and_a_saw_has_none() {
    let growing =
        |percent: f64| trend(&day(move |h, _| 400.0 + 4.0 * percent * ((h - 4.0) / 18.0).clamp(0.0, 1.0))).unwrap();
    let within = Condition { compare: Compare::Below, limit: 0.05 };
    for (percent, holds) in [(0.0, true), (4.0, true), (4.9, true), (5.1, false), (6.0, false)] {
        assert_eq!(within.met_by(growing(percent).drift()), holds, "{percent} %");
    }
    let saw = trend(&day(|h, _| 400.0 + 200.0 * tooth(h, 20.0))).unwrap();
    assert!(saw.drift().abs() < 0.01, "{}", saw.drift());
}

#[test]
fn the_interval_holds_what_is_true_about_as_often_as_it_says() {
    let mut chance = Chance(42);
    let trials = 400;
    let inside = (0..trials).filter(|_| {
        let sample = |minute: i64| Sample {
            at: Time(minute * 60_000),
            value: 400.0 + 0.1 * minute as f64 + 30.0 * (chance.share() + chance.share()),
        };
        let samples: Vec<Sample> = (0..=24).map(sample).collect();
        let settings =
            Settings { warm_up: Span::ZERO, bucket: Span::minutes(1), reach: Span::ZERO, baseline: Some(1.0) };
        let bounds = Trend::of(&samples, Time(0), Time(25 * 60_000), &settings).unwrap().slope.bounds;
        (bounds.low..=bounds.high).contains(&6.0)
    });
    let share = inside.count() as f64 / f64::from(trials);
    assert!((0.93..=0.99).contains(&share), "{share}");
}

#[test]
fn before_it_is_warm_and_without_a_baseline_there_is_no_trend() {
    let still = day(|_, _| 400.0);
    let of = |samples: &[Sample], hours: i64, settings| Trend::of(samples, Time(0), Time(hours * 3_600_000), &settings);
    assert_eq!(of(&still, 5, Settings::default()).unwrap_err(), NoTrend::TooFewPoints);
    assert!(of(&still, 6, Settings::default()).is_ok());
    assert_eq!(of(&[], 24, Settings::default()).unwrap_err(), NoTrend::TooFewPoints);
    let short = Settings { bucket: Span::minutes(1), ..Settings::default() };
    assert_eq!(of(&still, 24, short).unwrap_err(), NoTrend::TooManyPoints);
    assert_eq!(of(&still, 24, Settings { bucket: Span::ZERO, ..short }).unwrap_err(), NoTrend::TooManyPoints);
    assert_eq!(of(&day(|_, _| 0.0), 24, Settings::default()).unwrap_err(), NoTrend::NoBaseline);
    assert_eq!(of(&day(|_, _| -5.0), 24, Settings::default()).unwrap_err(), NoTrend::NoBaseline);
}

#[test]
fn time_to_a_limit_has_its_interval() {
    let leak = trend(&day(|h, _| 400.0 + 10.0 * h)).unwrap();
    // The last point is the first sample of the last hour: 640 MB at 24 hours.
    let at = leak.time_to(840.0);
    for time in [at.estimate, at.earliest, at.latest] {
        let hours = time.unwrap().as_hours();
        assert!((hours - 20.0).abs() < 1e-3, "{at:?}");
    }
    assert_eq!(leak.time_to(500.0).earliest, Some(Span::ZERO));
    let noisy = trend(&day(|h, c| 400.0 + 2.0 * h + 4.0 * noise(c))).unwrap();
    let at = noisy.time_to(800.0);
    assert!(
        at.earliest.unwrap() < at.estimate.unwrap() && at.latest.is_none_or(|latest| latest > at.estimate.unwrap())
    );
    let still = trend(&day(|_, _| 400.0)).unwrap().time_to(800.0);
    assert_eq!((still.earliest, still.estimate, still.latest), (None, None, None));
}

fn growth(by: &[&str]) -> Rule {
    let settings =
        Settings { warm_up: Span::minutes(10), bucket: Span::minutes(10), reach: Span::minutes(2), baseline: None };
    let measure = Measure::Trend { selector: Selector::new("memory"), window: Span::hours(2), settings };
    let above = Condition { compare: Compare::Above, limit: 0.05 };
    Rule::new("Memory Leak Detected", Severity::Critical, Expression::of(measure).by(by), above)
        .lasting(Span::minutes(30))
}

#[test]
fn a_growth_above_five_percent_an_hour_for_half_an_hour_is_an_alert() {
    let minutes_to_fire = |per_hour: f64| {
        let values = (0..300).map(|minute| Some(400.0 * (1.0 + per_hour * f64::from(minute) / 60.0)));
        let evidence = evidence(vec![series("memory", labels(&[]), Span::minutes(1), values)]);
        let mut alerts = Alerts::default();
        (0..300).find(|minute| {
            let findings = alerts.tick(&[growth(&[])], &evidence, Time(minute * 60_000)).unwrap();
            matches!(findings[0].status, Status::Firing { .. })
        })
    };
    assert_eq!(minutes_to_fire(0.049), None);
    // Ten minutes of warming up, five points, half an hour.
    assert_eq!(minutes_to_fire(0.06), Some(10 + 50 + 30));
}

#[test]
fn two_instances_without_a_label_to_tell_them_apart_are_inconclusive() {
    let values = |level: f64| (0..120).map(move |_| Some(level));
    let of = |instance, level| series("memory", labels(&[("instance", instance)]), Span::minutes(1), values(level));
    let evidence = evidence(vec![of("a", 400.0), of("b", 500.0)]);
    let status = |rule| Alerts::default().tick(&[rule], &evidence, Time(119 * 60_000)).unwrap();
    assert_eq!(status(growth(&[]))[0].status, Status::Inconclusive(Missing::Ambiguous));
    let apart = status(growth(&["instance"]));
    assert_eq!(apart.iter().map(|f| f.status).collect::<Vec<_>>(), [Status::Clear; 2]);
}

#[test]
fn a_trend_that_may_be_either_side_of_the_limit_is_undecided() {
    let mut chance = Chance(7);
    let values = (0..120).map(|minute| Some(400.0 + 0.33 * f64::from(minute) + 40.0 * chance.share()));
    let evidence = evidence(vec![series("memory", labels(&[]), Span::minutes(1), values.collect::<Vec<_>>())]);
    let findings = Alerts::default().tick(&[growth(&[])], &evidence, Time(119 * 60_000)).unwrap();
    assert_eq!(findings[0].status, Status::Inconclusive(Missing::Undecided), "{:?}", findings[0].reading);
}

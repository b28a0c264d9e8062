//! The boundaries of objectives over a day.

use holdpoint_rules::{Compare, Condition, Counts, Objective, Of, Sight, Slot, Span, Tally, Time, Verdict, roll_up};

use Verdict::{Fail, Inconclusive, Pass};

/// 2,880 probes: one each 30 seconds.
const PROBES: u32 = 2_880;

fn objective(of: Of, compare: Compare, limit: f64) -> Objective {
    Objective { of, condition: Condition { compare, limit }, at_least: 0 }
}

fn tally(bad: u32, unobserved: u32, deliberate: u32) -> Tally {
    let mut tally = Tally::default();
    for probe in 0..PROBES {
        let place = |from: u32, count: u32| (from..from + count).contains(&probe);
        let is_bad = place(0, bad) || place(bad + unobserved, deliberate);
        let sight = if place(bad, unobserved) {
            Sight::Unobserved { expected: 1 }
        } else if place(bad + unobserved, deliberate) {
            Sight::Deliberate
        } else {
            Sight::Observed
        };
        let times = Counts::new([(if is_bad { 10.0 } else { 0.2 }, 1)]).unwrap();
        let at = Time(0) + Span::seconds(30) * i64::from(probe);
        tally.add(&Slot { at, sight, good: u32::from(!is_bad), bad: u32::from(is_bad), times }).unwrap();
    }
    tally
}

#[test]
fn availability_above_999_of_a_thousand_is_judged_by_bounds() {
    let available = objective(Of::Availability, Compare::Above, 0.999);
    for (bad, unobserved, deliberate, verdict) in [
        (0, 0, 0, Pass),
        (2, 0, 0, Pass),
        (3, 0, 0, Fail),
        (0, 2, 0, Pass),
        (0, 3, 0, Inconclusive),
        (0, 2_879, 0, Inconclusive),
        (2, 1, 0, Inconclusive),
        (3, 100, 0, Fail),
        // 2 of 1,880 is above the limit by what was seen; with what was not it may be below.
        (2, 1_000, 0, Inconclusive),
        (0, 0, 500, Pass),
        (2, 0, 900, Fail),
        (0, 3, 500, Inconclusive),
        (0, 0, 2_880, Inconclusive),
        (0, 2_880, 0, Inconclusive),
    ] {
        let judged = available.judge(&tally(bad, unobserved, deliberate));
        assert_eq!(judged.verdict, verdict, "{bad} bad, {unobserved} unobserved, {deliberate} deliberate: {judged:?}");
        assert_eq!(judged.deliberate, u64::from(deliberate));
    }
}

#[test]
fn errors_below_one_percent_are_judged_by_bounds() {
    let errors = objective(Of::Errors, Compare::Below, 0.01);
    let of = |good, bad, unobserved| Tally { good, bad, unobserved, ..Tally::default() };
    for (tally, verdict) in [
        (of(991, 9, 0), Pass),
        (of(990, 10, 0), Fail),
        (of(989, 11, 0), Fail),
        (of(9_909, 91, 10), Inconclusive),
        (of(9_920, 80, 10), Pass),
        (of(0, 0, 0), Inconclusive),
        (of(u64::MAX, 1, 1), Pass),
    ] {
        assert_eq!(errors.judge(&tally).verdict, verdict, "{tally:?}");
    }
}

#[test]
fn p95_below_two_seconds_is_judged_by_bounds() {
    let p95 = objective(Of::Quantile(0.95), Compare::Below, 2.0);
    let of = |slow: u64, unobserved| Tally {
        good: 1_000,
        unobserved,
        times: Counts::new([(1.9, 1_000 - slow), (2.1, slow)]).unwrap(),
        ..Tally::default()
    };
    for (slow, unobserved, verdict) in [
        (0, 0, Pass),
        (50, 0, Pass),
        (51, 0, Fail),
        (49, 1, Pass),
        (50, 1, Inconclusive),
        (51, 100, Inconclusive),
        (60, 100, Fail),
        (1_000, 0, Fail),
        (0, 52, Pass),
        (0, 53, Inconclusive),
    ] {
        assert_eq!(p95.judge(&of(slow, unobserved)).verdict, verdict, "{slow} slow, {unobserved} unobserved");
    }
    assert_eq!(p95.judge(&Tally::default()).verdict, Inconclusive);
}

#[test]
fn few_exchanges_pass_nothing_and_fail_what_they_would_fail_anyway() {
    let errors = Objective { at_least: 1_000, ..objective(Of::Errors, Compare::Below, 0.01) };
    let of = |good, bad| Tally { good, bad, ..Tally::default() };
    assert_eq!(errors.judge(&of(100, 0)).verdict, Inconclusive);
    assert_eq!(errors.judge(&of(995, 0)).verdict, Pass);
    assert_eq!(errors.judge(&of(90, 10)).verdict, Fail);
    assert_eq!(errors.judge(&of(0, 0)).verdict, Inconclusive);
}

#[test]
fn a_day_of_seconds_is_the_sum_of_its_minutes_and_hours() {
    let slot = |second: i64| Slot {
        at: Time(second * 1_000),
        sight: match second % 97 {
            0 => Sight::Unobserved { expected: 5 },
            1 => Sight::Deliberate,
            _ => Sight::Observed,
        },
        good: 5,
        bad: u32::from(second % 89 == 0),
        times: Counts::new([((second % 13) as f64, 5)]).unwrap(),
    };
    let slots: Vec<Slot> = (-90..7_200).map(slot).collect();
    let sum = |tallies: &[(Time, Tally)]| {
        let mut sum = Tally::default();
        tallies.iter().for_each(|(_, tally)| sum.merge(tally).unwrap());
        sum
    };
    let minutes = roll_up(&slots, Span::minutes(1)).unwrap();
    let hours = roll_up(&slots, Span::hours(1)).unwrap();
    assert_eq!((minutes.len(), hours.len()), (122, 3));
    assert_eq!((minutes[0].0, hours[0].0), (Time(-120_000), Time(-3_600_000)));
    assert_eq!(sum(&minutes), sum(&hours));
    assert_eq!(sum(&hours).times.count(), sum(&hours).good / 5 * 5);
}

#[test]
fn an_unobserved_slot_is_at_least_one_exchange() {
    let mut tally = Tally::default();
    let slot =
        Slot { at: Time(0), sight: Sight::Unobserved { expected: 0 }, good: 7, bad: 7, times: Counts::default() };
    tally.add(&slot).unwrap();
    assert_eq!((tally.unobserved, tally.seen()), (1, 0));
}

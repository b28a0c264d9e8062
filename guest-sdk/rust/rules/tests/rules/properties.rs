//! What holds for whatever evidence comes.

use holdpoint_rules::trend::{Point, theil_sen};
use holdpoint_rules::{
    Across, Alerts, Compare, Condition, Counts, Expression, Measure, Over, Rule, Selector, Series, Severity, Span,
    Status, Tally, Time, counter,
};
use proptest::prelude::*;

use crate::data::{evidence, labels, series};

fn rule(hold: i64, keep: i64) -> Rule {
    let measure = Measure::Gauge { selector: Selector::new("m"), over: Over::Now, across: Across::Sum };
    let above = Condition { compare: Compare::Above, limit: 0.5 };
    let rule = Rule::new("r", Severity::Info, Expression::of(measure), above);
    Rule { fresh: Span::ZERO, ..rule }.lasting(Span::minutes(hold)).keeping(Span::minutes(keep))
}

fn of_bools(values: &[Option<bool>]) -> Series {
    series("m", labels(&[]), Span::minutes(1), values.iter().map(|met| met.map(|met| f64::from(u8::from(met)))))
}

proptest! {
    /// An alert fires at a tick exactly if the condition was met at each tick of the hold before it; the state machine remembers, this
    /// looks back.
    #[test]
    fn it_fires_exactly_if_the_whole_hold_was_met(
        values in prop::collection::vec(prop::option::weighted(0.9, prop::bool::weighted(0.8)), 1..60),
        hold in 0_i64..6,
    ) {
        let evidence = evidence(vec![of_bools(&values)]);
        let mut alerts = Alerts::default();
        for tick in 0..values.len() {
            let findings = alerts.tick(&[rule(hold, 0)], &evidence, Time(tick as i64 * 60_000)).unwrap();
            let hold = hold as usize;
            let met = tick >= hold && values[tick - hold..=tick].iter().all(|value| *value == Some(true));
            prop_assert_eq!(matches!(findings[0].status, Status::Firing { .. }), met, "tick {}", tick);
            prop_assert_eq!(findings[0].status == Status::Clear, values[tick] == Some(false));
            alerts = Alerts::from_bytes(&alerts.to_bytes()).unwrap();
        }
    }

    /// Keeping only ever adds firing ticks, and no more than it lasts.
    #[test]
    fn keeping_adds_firing_and_takes_none(
        values in prop::collection::vec(any::<bool>(), 1..60),
        hold in 0_i64..4,
        keep in 1_i64..5,
    ) {
        let evidence = evidence(vec![of_bools(&values.iter().copied().map(Some).collect::<Vec<_>>())]);
        let (mut plain, mut kept, mut since) = (Alerts::default(), Alerts::default(), 0);
        for (tick, met) in values.iter().enumerate() {
            let at = Time(tick as i64 * 60_000);
            let status = |alerts: &mut Alerts, keep| alerts.tick(&[rule(hold, keep)], &evidence, at).unwrap()[0].status;
            let (plain, kept) = (status(&mut plain, 0), status(&mut kept, keep));
            let fires = |status| matches!(status, Status::Firing { .. });
            prop_assert!(fires(kept) || !fires(plain));
            since = if *met { 0 } else { since + 1 };
            if since > keep {
                prop_assert_eq!(kept, Status::Clear);
            }
        }
    }

    /// A counter that began anew has not grown less than the same counter that did not.
    #[test]
    fn a_counter_never_grows_by_less_than_nothing(values in prop::collection::vec(0_u32..1_000, 2..40)) {
        let samples = of_values(&values);
        let grown = counter::increase(samples.samples(), Time(0), Time(values.len() as i64 * 1_000)).unwrap();
        prop_assert!(grown >= 0.0);
    }

    /// The order in which windows are merged makes no difference, and the quantile of a part is never beyond the ends.
    #[test]
    fn tallies_merge_in_any_order(counts in prop::collection::vec((0_u32..50, 0_u64..9), 0..60), cut in 0_usize..60) {
        let of = |part: &[(u32, u64)]| Counts::new(part.iter().map(|(end, count)| (f64::from(*end), *count))).unwrap();
        let (a, b) = counts.split_at(cut.min(counts.len()));
        let tally = |part| Tally { good: 1, times: of(part), ..Tally::default() };
        let (mut ab, mut ba) = (tally(a), tally(b));
        ab.merge(&tally(b)).unwrap();
        ba.merge(&tally(a)).unwrap();
        prop_assert_eq!(&ab, &ba);
        prop_assert_eq!(&ab.times, &of(&counts));
        if let (Some(half), Some(most)) = (ab.times.quantile(0.5), ab.times.quantile(1.0)) {
            prop_assert!(half <= most);
        }
    }

    /// What turns the points upside down or stretches them does the same to the slope and its bounds.
    #[test]
    fn a_slope_is_turned_and_stretched_with_its_points(levels in prop::collection::vec(-1_000_i32..1_000, 5..30)) {
        let points = |by: f64| -> Vec<Point> {
            let point = |(hour, level): (usize, &i32)| Point { at: Time(hour as i64 * 3_600_000), level: f64::from(*level) * by };
            levels.iter().enumerate().map(point).collect()
        };
        let (slope, turned) = (theil_sen(&points(1.0)).unwrap(), theil_sen(&points(-2.0)).unwrap());
        prop_assert!(slope.bounds.low <= slope.estimate && slope.estimate <= slope.bounds.high);
        let near = |a: f64, b: f64| (a - b).abs() <= 1e-9 * a.abs().max(1.0);
        prop_assert!(near(turned.estimate, -2.0 * slope.estimate));
        prop_assert!(near(turned.bounds.low, -2.0 * slope.bounds.high) && near(turned.bounds.high, -2.0 * slope.bounds.low));
    }

    /// Whatever bytes come, nothing panics, and what is read is written so again.
    #[test]
    fn any_bytes_are_a_state_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let versioned = [&[1_u8], bytes.as_slice()].concat();
        for bytes in [bytes, versioned] {
            if let Ok(state) = Alerts::from_bytes(&bytes) {
                prop_assert!(bytes.is_empty() || state.to_bytes() == bytes);
            }
        }
    }

    /// Whatever people write is read or refused with a place within the text.
    #[test]
    fn any_text_is_a_condition_or_a_mistake(text in "[a-z_ö]{0,6}[ ><=!]{0,4}[0-9.]{0,5}[ %a-z/]{0,12}") {
        let read = [holdpoint_rules::alerts::condition(&text).err(), holdpoint_rules::alerts::duration(&text).err()];
        for mistake in read.into_iter().flatten() {
            prop_assert!(mistake.column >= 1 && mistake.column <= text.chars().count() + 1);
        }
    }
}

fn of_values(values: &[u32]) -> Series {
    series("m", labels(&[]), Span::seconds(1), values.iter().map(|value| Some(f64::from(*value))))
}

//! How much a counter has grown over a window, and how fast, with the same extrapolation as Prometheus.
//!
//! Source of the formula: `extrapolatedRate` of Prometheus 2.42 (`promql/functions.go`), described in its documentation of `rate()` and
//! `increase()`. Its steps are done in the same order, so that the result has the same bits.

use crate::{Sample, Span, Time};

/// How much a counter grew from `from` to `to`, extrapolated to the whole window.
///
/// - A value below the one before is a restart from zero.
/// - Where samples begin or end within 1.1 times their average distance of the window's end, they are taken to go on until there,
///   otherwise for half that distance; and never to before the counter was zero.
///
/// `samples` are those of the window. `None` with fewer than two.
pub fn increase(samples: &[Sample], from: Time, to: Time) -> Option<f64> {
    extrapolated(samples, from, to, None)
}

/// How much a counter grew a second.
pub fn rate(samples: &[Sample], from: Time, to: Time) -> Option<f64> {
    extrapolated(samples, from, to, Some(to - from))
}

/// How often a counter began anew.
pub fn resets(samples: &[Sample]) -> usize {
    samples.windows(2).filter(|two| two[1].value < two[0].value).count()
}

/// The growth of a counter over a window; divided by `per` where that is given.
pub(crate) fn extrapolated(samples: &[Sample], from: Time, to: Time, per: Option<Span>) -> Option<f64> {
    let [first, .., last] = samples else { return None };
    let mut grown = last.value - first.value;
    for two in samples.windows(2) {
        if two[1].value < two[0].value {
            grown += two[0].value;
        }
    }
    let mut to_start = (first.at - from).as_seconds();
    let to_end = (to - last.at).as_seconds();
    let sampled = (last.at - first.at).as_seconds();
    let between = sampled / (samples.len() - 1) as f64;
    if grown > 0.0 && first.value >= 0.0 {
        let to_zero = sampled * (first.value / grown);
        if to_zero < to_start {
            to_start = to_zero;
        }
    }
    let near = between * 1.1;
    let mut covered = sampled;
    for gap in [to_start, to_end] {
        covered += if gap < near { gap } else { between / 2.0 };
    }
    let mut factor = covered / sampled;
    if let Some(per) = per {
        factor /= per.as_seconds();
    }
    Some(grown * factor)
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    fn samples(values: &[(i64, f64)]) -> Vec<Sample> {
        values.iter().map(|(second, value)| Sample { at: Time(second * 1_000), value: *value }).collect()
    }

    #[test]
    fn a_counter_is_extrapolated_to_the_window() {
        let minute = |values: &[(i64, f64)]| increase(&samples(values), Time(0), Time(60_000));
        for (name, values, grown) in [
            ("from end to end nothing is added", &[(0, 10.0), (30, 20.0), (60, 30.0)][..], Some(20.0)),
            ("both ends are near", &[(10, 100.0), (30, 120.0), (50, 140.0)], Some(60.0)),
            ("an end that is far is half a distance", &[(0, 100.0), (10, 110.0), (20, 120.0)], Some(25.0)),
            ("never to before it was zero", &[(20, 0.0), (40, 20.0), (60, 40.0)], Some(40.0)),
            ("a restart counts what was before", &[(0, 10.0), (20, 30.0), (40, 5.0), (60, 10.0)], Some(30.0)),
            ("a still counter stands still", &[(0, 7.0), (60, 7.0)], Some(0.0)),
            ("one sample says nothing", &[(0, 7.0)], None),
            ("none says nothing", &[], None),
        ] {
            assert_eq!(minute(values), grown, "{name}");
        }
    }

    #[test]
    fn a_rate_is_by_the_second_of_the_window() {
        let values = samples(&[(0, 0.0), (30, 30.0), (60, 60.0)]);
        assert_eq!(rate(&values, Time(0), Time(60_000)), Some(1.0));
        assert_eq!(rate(&values, Time(0), Time(120_000)), Some(0.625));
    }

    #[test]
    fn restarts_are_counted() {
        assert_eq!(resets(&samples(&[(0, 3.0), (1, 1.0), (2, 1.0), (3, 0.0)])), 2);
        assert_eq!(resets(&[]), 0);
    }
}

use std::collections::BTreeMap;

use super::*;

fn of(pairs: impl IntoIterator<Item = (f64, f64)>) -> Samples {
    let mut samples = Samples::default();
    for (at, value) in pairs {
        samples.insert(Sample { at, value });
    }
    samples
}

fn all(samples: &Samples) -> Vec<(f64, u64)> {
    samples.within(f64::NEG_INFINITY, f64::INFINITY).map(|sample| (sample.at, sample.value.to_bits())).collect()
}

/// A number that follows from another, and looks like no other.
fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[test]
fn every_value_and_every_moment_comes_back_bit_by_bit() {
    let furthest = Samples::FURTHEST;
    let values = [0.0, -0.0, 1.0, -1.0, 0.1, f64::MIN_POSITIVE, 5e-324, f64::MAX, f64::MIN, 1e15 + 0.5];
    let times = [-furthest, -furthest + 1.0, -1.0, 0.0, 1.0, 1.7e12, 1.7e12 + 1_000.0, furthest - 1.0, furthest];
    for turn in 0..values.len() {
        let samples: Vec<Sample> = times
            .iter()
            .zip(values.iter().cycle().skip(turn))
            .map(|(at, value)| Sample { at: *at, value: *value })
            .collect();
        let back: Vec<Sample> = Block::of(&samples).samples().collect();
        let bits = |samples: &[Sample]| samples.iter().map(|s| (s.at, s.value.to_bits())).collect::<Vec<_>>();
        assert_eq!(bits(&back), bits(&samples));
    }
}

#[test]
fn whatever_order_they_come_in_they_are_as_a_map_would_have_them() {
    for order in 0..4_u64 {
        let (mut samples, mut map) = (Samples::default(), BTreeMap::new());
        for n in 0..6_000_u64 {
            let at = match order {
                0 => n,
                1 => 6_000 - n,
                2 => mixed(n) % 4_000,
                _ => (n + mixed(n) % 700) / 2,
            };
            let sample = Sample { at: at as f64, value: f64::from_bits(mixed(n) >> 12) };
            if !samples.merge(sample, Merge::Last) {
                samples.insert(sample);
            }
            map.insert(at, sample.value.to_bits());
        }
        let expected: Vec<(f64, u64)> = map.iter().map(|(at, value)| (*at as f64, *value)).collect();
        assert_eq!(all(&samples), expected, "order {order}");
        assert!(samples.packed.len() > 5, "order {order}");
        for (from, to) in [(0, 100), (255, 256), (511, 1_500), (3_000, 2_000), (1_000, 9_000)] {
            let found: Vec<f64> = samples.within(from as f64, to as f64).map(|sample| sample.at).collect();
            let expected: Vec<f64> = map.keys().filter(|at| (from..=to).contains(*at)).map(|at| *at as f64).collect();
            assert_eq!(found, expected, "order {order} from {from} to {to}");
        }
    }
}

#[test]
fn what_is_packed_is_merged_as_what_is_not() {
    for (merge, value) in [(Merge::Sum, 7.0), (Merge::Least, 2.0), (Merge::Last, 5.0)] {
        let mut samples = of((0..2_000).map(|at| (f64::from(at), 2.0)));
        for at in [0.0, 300.0, 1_999.0] {
            assert!(samples.merge(Sample { at, value: 5.0 }, merge));
            assert_eq!(
                samples.within(at, at).map(|sample| sample.value).collect::<Vec<_>>(),
                [value],
                "{merge:?} {at}"
            );
        }
        assert_eq!(samples.within(0.0, 2_000.0).count(), 2_000);
        assert!(!samples.merge(Sample { at: 300.5, value: 5.0 }, merge));
    }
}

#[test]
fn nothing_is_within_what_is_no_time() {
    let samples = of((0..1_000).map(|at| (f64::from(at), 1.0)));
    for (from, to) in [(f64::NAN, f64::NAN), (10.0, f64::NAN), (20.0, 10.0), (1_000.0, 2_000.0), (-5.0, -1.0)] {
        assert_eq!(samples.within(from, to).count(), 0, "{from} {to}");
    }
    assert_eq!(Samples::default().within(0.0, 1.0).count(), 0);
}

/// Bytes that a sample of a block takes, in the mean.
fn bytes(value: impl Fn(u64) -> Sample) -> f64 {
    let samples: Vec<Sample> = (0..BLOCK as u64).map(value).collect();
    Block::of(&samples).size() as f64 / BLOCK as f64
}

#[test]
fn counts_are_small_and_nothing_is_larger_than_plain() {
    let at = |n: u64| 1.7e12 + n as f64 * 1_000.0;
    assert!(bytes(|n| Sample { at: at(n), value: 0.0 }) < 1.1);
    assert!(bytes(|n| Sample { at: at(n), value: (90 + mixed(n) % 30) as f64 }) < 4.1);
    assert!(bytes(|n| Sample { at: at(n), value: 0.1 * mixed(n) as f64 }) < 9.1);
    let far = |n: u64| if n.is_multiple_of(2) { -Samples::FURTHEST } else { Samples::FURTHEST };
    assert!(bytes(|n| Sample { at: far(n), value: f64::from_bits(mixed(n) | 1) }) <= 16.0);
}

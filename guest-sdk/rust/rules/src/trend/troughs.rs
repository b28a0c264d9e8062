//! From samples to points: which of them are troughs, and the median of those by bucket.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::Settings;
use crate::{Sample, Span, Time};

/// A level at a moment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When.
    pub at: Time,
    /// How much.
    pub level: f64,
}

/// Of each whole bucket between two moments the median of its troughs, at the time of that one. A bucket without a trough has its lowest
/// sample instead, so that what only ever rises has points too; one without samples has none.
pub fn troughs(samples: &[Sample], from: Time, to: Time, settings: &Settings) -> Vec<Point> {
    points(samples, from, to, settings, |value| value)
}

/// The same of the peaks.
pub fn peaks(samples: &[Sample], from: Time, to: Time, settings: &Settings) -> Vec<Point> {
    let mut points = points(samples, from, to, settings, |value| -value);
    points.iter_mut().for_each(|point| point.level = -point.level);
    points
}

fn points(samples: &[Sample], from: Time, to: Time, settings: &Settings, sight: fn(f64) -> f64) -> Vec<Point> {
    let seen = |sample: &Sample| Point { at: sample.at, level: sight(sample.value) };
    let all: Vec<Point> = samples.iter().filter(|sample| !sample.value.is_nan()).map(seen).collect();
    let lowest = lowest_within(&all, settings.reach);
    let mut points = Vec::new();
    let mut start = from;
    while start + settings.bucket <= to && points.len() < super::MOST_POINTS {
        let end = start + settings.bucket;
        let range = all.partition_point(|p| p.at < start)..all.partition_point(|p| p.at < end);
        let bucket = &all[range.clone()];
        let of_bucket = bucket.iter().zip(&lowest[range]);
        let mut found: Vec<Point> = of_bucket.filter(|(p, low)| p.level <= **low).map(|(p, _)| *p).collect();
        if found.is_empty() {
            found.extend(bucket.iter().min_by(|a, b| a.level.total_cmp(&b.level)));
        }
        points.extend(middle(found));
        start = end;
    }
    points
}

/// The lowest level within reach of each point.
fn lowest_within(points: &[Point], reach: Span) -> Vec<f64> {
    // Candidates in the order of time, each lower than the next: the first is the lowest.
    let (mut candidates, mut next) = (VecDeque::<usize>::new(), 0);
    let of = |point: &Point| {
        while next < points.len() && points[next].at <= point.at + reach {
            while candidates.back().is_some_and(|last| points[*last].level >= points[next].level) {
                candidates.pop_back();
            }
            candidates.push_back(next);
            next += 1;
        }
        while candidates.front().is_some_and(|first| points[*first].at < point.at - reach) {
            candidates.pop_front();
        }
        candidates.front().map_or(point.level, |first| points[*first].level)
    };
    points.iter().map(of).collect()
}

/// The point in the middle by level, or the mean of the two.
fn middle(mut points: Vec<Point>) -> Option<Point> {
    points.sort_by(|a, b| a.level.total_cmp(&b.level).then(a.at.cmp(&b.at)));
    let middle = points.len() / 2;
    let high = *points.get(middle)?;
    if points.len() % 2 == 1 {
        return Some(high);
    }
    let low = points[middle - 1];
    Some(Point { at: low.at + Span((high.at - low.at).0 / 2), level: low.level + (high.level - low.level) / 2.0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Settings =
        Settings { warm_up: Span::ZERO, bucket: Span::minutes(10), reach: Span::minutes(2), baseline: None };

    fn samples(levels: &[f64]) -> Vec<Sample> {
        levels.iter().enumerate().map(|(m, v)| Sample { at: Time(m as i64 * 60_000), value: *v }).collect()
    }

    fn levels(points: &[Point]) -> Vec<f64> {
        points.iter().map(|point| point.level).collect()
    }

    #[test]
    fn a_sawtooth_has_the_level_of_its_troughs_and_peaks() {
        let saw: Vec<f64> = (0..20).map(|minute| 100.0 + f64::from(minute % 5) * 10.0).collect();
        let to = Time(20 * 60_000);
        assert_eq!(levels(&troughs(&samples(&saw), Time(0), to, &SETTINGS)), [100.0, 100.0]);
        assert_eq!(levels(&peaks(&samples(&saw), Time(0), to, &SETTINGS)), [140.0, 140.0]);
    }

    #[test]
    fn what_only_rises_has_points_too() {
        let line: Vec<f64> = (0..30).map(f64::from).collect();
        let points = troughs(&samples(&line), Time(0), Time(30 * 60_000), &SETTINGS);
        assert_eq!(levels(&points), [0.0, 10.0, 20.0]);
        assert_eq!(points[1].at, Time(600_000));
    }

    #[test]
    fn only_whole_buckets_count_and_empty_ones_have_no_point() {
        let mut all = samples(&[5.0; 35]);
        all.retain(|sample| !(600_000..1_200_000).contains(&sample.at.0));
        let points = troughs(&all, Time(0), Time(35 * 60_000), &SETTINGS);
        assert_eq!(points.len(), 2);
        assert!(points[1].at >= Time(1_200_000) && points[1].at < Time(1_800_000));
    }

    #[test]
    fn the_lowest_within_reach_is_what_looking_everywhere_finds() {
        let noise: Vec<f64> = (0..200_u64).map(|n| (n.wrapping_mul(2_654_435_761) % 97) as f64).collect();
        let points: Vec<Point> = samples(&noise).iter().map(|s| Point { at: s.at, level: s.value }).collect();
        for reach in [Span::ZERO, Span::minutes(1), Span::minutes(7), Span::hours(9)] {
            let slow: Vec<f64> = points
                .iter()
                .map(|p| {
                    let near = points.iter().filter(|q| (q.at - p.at).0.abs() <= reach.0);
                    near.map(|q| q.level).fold(f64::INFINITY, f64::min)
                })
                .collect();
            assert_eq!(lowest_within(&points, reach), slow, "{reach}");
        }
    }
}

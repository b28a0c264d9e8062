//! Series in the making: samples by name and labels, in the order of time, within bounds.

use std::collections::BTreeMap;

use holdpoint_model::policy::{MOST_SAMPLES, MOST_SERIES, Sample, Selector, Series, TooMany};

use crate::Beyond;

/// The most series of one run.
const SERIES: usize = 10_000;
/// The most samples of one run: 64 MiB.
const SAMPLES: usize = 4 << 20;

/// What becomes of two samples of one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Merge {
    /// Counts of a slot.
    Sum,
    /// The worse of two signs of life.
    Least,
    /// What is known now.
    Last,
}

type Labels = Vec<(String, String)>;

/// One series.
#[derive(Debug, Clone, Default)]
struct Track {
    samples: Vec<Sample>,
    /// From when on it was known to be gone, until the next sample.
    ends: Vec<f64>,
}

/// All series of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bank {
    series: BTreeMap<String, BTreeMap<Labels, Track>>,
    count: usize,
    samples: usize,
}

impl Bank {
    /// Adds a sample at a moment in milliseconds, of which parts are cut off. What is no number or no moment is left out.
    pub(crate) fn add(
        &mut self,
        name: &str,
        mut labels: Labels,
        (at, value): (f64, f64),
        merge: Merge,
    ) -> Result<(), Beyond> {
        let at = at.floor();
        if !at.is_finite() || !value.is_finite() {
            return Ok(());
        }
        labels.sort();
        let of_name = match self.series.get_mut(name) {
            Some(of_name) => of_name,
            None => self.series.entry(name.to_owned()).or_default(),
        };
        let Track { samples, .. } = match of_name.get_mut(&labels) {
            Some(track) => track,
            None if self.count == SERIES => return Err(Beyond { what: "series", most: SERIES }),
            None => {
                self.count += 1;
                of_name.entry(labels).or_default()
            }
        };
        // Nearly always it is the latest.
        let place = match samples.last() {
            Some(last) if last.at >= at => samples.partition_point(|sample| sample.at < at),
            _ => samples.len(),
        };
        match samples.get_mut(place).filter(|known| known.at == at) {
            Some(known) => {
                known.value = match merge {
                    Merge::Sum => known.value + value,
                    Merge::Least => known.value.min(value),
                    Merge::Last => value,
                }
            }
            None if self.samples == SAMPLES => return Err(Beyond { what: "samples", most: SAMPLES }),
            None => {
                self.samples += 1;
                samples.insert(place, Sample { at, value });
            }
        }
        Ok(())
    }

    /// Notes that the series with these labels are gone from a moment on, but not before their last sample.
    pub(crate) fn end(&mut self, labels: &[(&str, &str)], at: f64) {
        let own = |labels: &Labels, (name, value): (&str, &str)| labels.iter().any(|(n, v)| n == name && v == value);
        for (of, track) in self.series.values_mut().flatten() {
            let Some(last) = track.samples.last().filter(|_| labels.iter().all(|label| own(of, *label))) else {
                continue;
            };
            // Once for each stretch of samples.
            if track.ends.last().is_none_or(|end| *end <= last.at) {
                track.ends.push(at.floor().max(last.at + 1.0));
            }
        }
    }

    /// The series that a selector means, from a moment to another, both included.
    pub(crate) fn select(&self, selector: &Selector, from: f64, to: f64) -> Result<Vec<Series>, TooMany> {
        let (mut found, mut samples) = (Vec::new(), 0);
        for (labels, Track { samples: all, ends }) in self.series.get(&selector.name).into_iter().flatten() {
            let series = Series { name: selector.name.clone(), labels: labels.clone(), ..Series::default() };
            if !selector.means(&series) {
                continue;
            }
            let start = all.partition_point(|sample| sample.at < from);
            let end = all.partition_point(|sample| sample.at <= to).max(start);
            let ends: Vec<f64> = ends.iter().copied().filter(|at| (from..=to).contains(at)).collect();
            if start == end && ends.is_empty() {
                continue;
            }
            samples += end - start + ends.len();
            if found.len() == MOST_SERIES {
                return Err(TooMany { what: "series", most: MOST_SERIES });
            }
            if samples > MOST_SAMPLES {
                return Err(TooMany { what: "samples", most: MOST_SAMPLES });
            }
            found.push(Series { samples: all[start..end].to_vec(), ends, ..series });
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(value: &str) -> Labels {
        vec![("route".into(), value.into()), ("phase".into(), "p".into())]
    }

    fn select(bank: &Bank, from: f64, to: f64) -> Vec<(f64, f64)> {
        let selector = Selector { name: "m".into(), matchers: vec![] };
        let found = bank.select(&selector, from, to).unwrap();
        found.iter().flat_map(|series| series.samples.iter().map(|sample| (sample.at, sample.value))).collect()
    }

    #[test]
    fn samples_are_in_order_whatever_order_they_come_in() {
        let mut bank = Bank::default();
        for at in [30.9, 10.0, 20.0, 40.0] {
            bank.add("m", labels("a"), (at, at), Merge::Last).unwrap();
        }
        assert_eq!(select(&bank, 0.0, 30.0), [(10.0, 10.0), (20.0, 20.0), (30.0, 30.9)]);
        assert_eq!(select(&bank, 31.0, 39.0), []);
        assert_eq!(select(&bank, f64::NAN, f64::NAN), []);
    }

    #[test]
    fn one_moment_has_one_sample() {
        for (merge, value) in [(Merge::Sum, 6.0), (Merge::Least, 1.0), (Merge::Last, 3.0)] {
            let mut bank = Bank::default();
            for value in [2.0, 1.0, 3.0] {
                bank.add("m", labels("a"), (7.5, value), merge).unwrap();
            }
            assert_eq!(select(&bank, 0.0, 10.0), [(7.0, value)], "{merge:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_no_sample() {
        let mut bank = Bank::default();
        for pair in [(f64::NAN, 1.0), (f64::INFINITY, 1.0), (1.0, f64::NAN), (1.0, f64::INFINITY)] {
            bank.add("m", labels("a"), pair, Merge::Last).unwrap();
        }
        assert_eq!(select(&bank, f64::NEG_INFINITY, f64::INFINITY), []);
    }

    #[test]
    fn a_series_ends_after_its_last_sample_and_may_go_on() {
        let mut bank = Bank::default();
        let add = |bank: &mut Bank, at: f64| bank.add("m", labels("a"), (at, 1.0), Merge::Last).unwrap();
        add(&mut bank, 10.0);
        bank.end(&[("phase", "other")], 20.0);
        bank.end(&[("phase", "p"), ("route", "a")], 5.0);
        bank.end(&[("phase", "p")], 20.0);
        add(&mut bank, 30.0);
        bank.end(&[("phase", "p")], 40.5);
        let selector = Selector { name: "m".into(), matchers: vec![] };
        let ends =
            |from, to| bank.select(&selector, from, to).unwrap().into_iter().flat_map(|s| s.ends).collect::<Vec<_>>();
        assert_eq!(ends(0.0, 100.0), [11.0, 40.0]);
        assert_eq!(ends(35.0, 40.0), [40.0], "an end alone is an answer too");
        assert_eq!(ends(12.0, 39.0), [0.0; 0]);
    }

    #[test]
    fn series_and_samples_have_bounds() {
        let mut bank = Bank { count: SERIES - 1, samples: SAMPLES - 1, ..Bank::default() };
        bank.add("m", labels("a"), (1.0, 1.0), Merge::Last).unwrap();
        bank.add("m", labels("a"), (1.0, 2.0), Merge::Last).unwrap();
        let full = bank.add("m", labels("a"), (2.0, 1.0), Merge::Last).unwrap_err();
        assert_eq!(full.to_string(), "the run has more than 4194304 samples, which is more evidence than is kept");
        assert!(bank.add("m", labels("b"), (1.0, 1.0), Merge::Last).unwrap_err().to_string().contains("10000 series"));
    }
}

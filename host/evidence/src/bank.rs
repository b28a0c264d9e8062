//! Series in the making: samples by name and labels, in the order of time, within bounds.

use std::collections::BTreeMap;

use holdpoint_model::policy::{MOST_SAMPLES, MOST_SERIES, Sample, Selector, Series, TooMany};

use crate::{
    Beyond,
    samples::{Merge, Samples},
};

/// The most series of one run.
const SERIES: usize = 10_000;
/// The most samples of one run: 144 MiB of whatever values, and about a fourth of that where they are counts.
const SAMPLES: usize = 9 << 20;

pub(crate) type Labels = Vec<(String, String)>;

/// A series of a bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place(usize);

/// One series.
#[derive(Debug, Clone, Default)]
struct Track {
    samples: Samples,
    /// From when on it was known to be gone, until the next sample.
    ends: Vec<f64>,
}

/// All series of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bank {
    places: BTreeMap<String, BTreeMap<Labels, Place>>,
    tracks: Vec<Track>,
    samples: usize,
}

impl Bank {
    /// The series of a name with these labels, which may be a new one.
    pub(crate) fn series(&mut self, name: &str, mut labels: Labels) -> Result<Place, Beyond> {
        labels.sort();
        let of_name = match self.places.get_mut(name) {
            Some(of_name) => of_name,
            None => self.places.entry(name.to_owned()).or_default(),
        };
        match of_name.get(&labels) {
            Some(place) => Ok(*place),
            None if self.tracks.len() == SERIES => Err(Beyond { what: "series", most: SERIES }),
            None => {
                let place = Place(self.tracks.len());
                self.tracks.push(Track::default());
                of_name.insert(labels, place);
                Ok(place)
            }
        }
    }

    /// Adds a sample at a moment in milliseconds, of which parts are cut off. What is no number or no moment is left out.
    pub(crate) fn add(&mut self, Place(place): Place, (at, value): (f64, f64), merge: Merge) -> Result<(), Beyond> {
        let sample = Sample { at: at.floor(), value };
        if !(sample.at.abs() <= Samples::FURTHEST && value.is_finite()) {
            return Ok(());
        }
        let samples = &mut self.tracks[place].samples;
        if samples.merge(sample, merge) {
            return Ok(());
        }
        if self.samples == SAMPLES {
            return Err(Beyond { what: "samples", most: SAMPLES });
        }
        self.samples += 1;
        samples.insert(sample);
        Ok(())
    }

    /// Notes that the series with these labels are gone from a moment on, but not before their last sample.
    pub(crate) fn end(&mut self, labels: &[(&str, &str)], at: f64) {
        let own = |labels: &Labels, (name, value): (&str, &str)| labels.iter().any(|(n, v)| n == name && v == value);
        for (of, Place(place)) in self.places.values().flatten() {
            let track = &mut self.tracks[*place];
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
        let (mut found, mut room) = (Vec::new(), MOST_SAMPLES);
        for (labels, Place(place)) in self.places.get(&selector.name).into_iter().flatten() {
            let series = Series { name: selector.name.clone(), labels: labels.clone(), ..Series::default() };
            if !selector.means(&series) {
                continue;
            }
            let Track { samples, ends } = &self.tracks[*place];
            let ends: Vec<f64> = ends.iter().copied().filter(|at| (from..=to).contains(at)).collect();
            // One more than there is room for tells that there are too many.
            let samples: Vec<Sample> = samples.within(from, to).take(room + 1).collect();
            if samples.is_empty() && ends.is_empty() {
                continue;
            }
            if found.len() == MOST_SERIES {
                return Err(TooMany { what: "series", most: MOST_SERIES });
            }
            let taken = samples.len() + ends.len();
            room = room.checked_sub(taken).ok_or(TooMany { what: "samples", most: MOST_SAMPLES })?;
            found.push(Series { samples, ends, ..series });
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

    fn add(bank: &mut Bank, route: &str, pair: (f64, f64), merge: Merge) -> Result<(), Beyond> {
        let place = bank.series("m", labels(route))?;
        bank.add(place, pair, merge)
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
            add(&mut bank, "a", (at, at), Merge::Last).unwrap();
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
                add(&mut bank, "a", (7.5, value), merge).unwrap();
            }
            assert_eq!(select(&bank, 0.0, 10.0), [(7.0, value)], "{merge:?}");
        }
    }

    #[test]
    fn what_is_no_number_is_no_sample() {
        let mut bank = Bank::default();
        for pair in
            [(f64::NAN, 1.0), (f64::INFINITY, 1.0), (1e300, 1.0), (-1e16, 1.0), (1.0, f64::NAN), (1.0, f64::INFINITY)]
        {
            add(&mut bank, "a", pair, Merge::Last).unwrap();
        }
        assert_eq!(select(&bank, f64::NEG_INFINITY, f64::INFINITY), []);
    }

    #[test]
    fn a_series_ends_after_its_last_sample_and_may_go_on() {
        let mut bank = Bank::default();
        let add = |bank: &mut Bank, at: f64| add(bank, "a", (at, 1.0), Merge::Last).unwrap();
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
        let mut bank = Bank { tracks: vec![Track::default(); SERIES - 1], samples: SAMPLES - 1, ..Bank::default() };
        add(&mut bank, "a", (1.0, 1.0), Merge::Last).unwrap();
        add(&mut bank, "a", (1.0, 2.0), Merge::Last).unwrap();
        let full = add(&mut bank, "a", (2.0, 1.0), Merge::Last).unwrap_err();
        assert_eq!(full.to_string(), "the run has more than 9437184 samples, which is more evidence than is kept");
        assert!(add(&mut bank, "b", (1.0, 1.0), Merge::Last).unwrap_err().to_string().contains("10000 series"));
    }

    #[test]
    fn an_answer_has_bounds() {
        let mut bank = Bank::default();
        for at in 0..MOST_SAMPLES {
            add(&mut bank, if at % 2 == 0 { "a" } else { "b" }, (at as f64, 1.0), Merge::Last).unwrap();
        }
        assert_eq!(select(&bank, 0.0, f64::INFINITY).len(), MOST_SAMPLES);
        bank.end(&[("route", "b")], 1e9);
        let selector = Selector { name: "m".into(), matchers: vec![] };
        let refused = bank.select(&selector, 0.0, f64::INFINITY).unwrap_err();
        assert_eq!(refused, TooMany { what: "samples", most: MOST_SAMPLES }, "an end counts too");
        assert!(bank.select(&selector, 1.0, f64::INFINITY).is_ok());
    }
}

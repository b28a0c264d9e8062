//! What is judged: series, and the stretches of time that are no evidence because something was broken on purpose in them.

use alloc::vec::Vec;

use crate::{Error, Sample, Selector, Series, SeriesSet, Span, Time};

/// The most stretches of one evidence.
pub const MOST_STRETCHES: usize = 1_000;

/// A stretch of time: from its first moment to just before its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stretch {
    /// Its first moment.
    pub from: Time,
    /// The first moment after it.
    pub to: Time,
}

/// Series, without what happened on purpose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence {
    series: SeriesSet,
    deliberate: Vec<Stretch>,
}

impl Evidence {
    /// Takes series as they are.
    pub fn new(series: SeriesSet) -> Self {
        Self { series, deliberate: Vec::new() }
    }

    /// Leaves out what lies within these stretches: faults that were injected, disruptions that a plan announced. They feed no rule. They
    /// may overlap and come in any order.
    ///
    /// # Errors
    /// If there are too many.
    pub fn without(mut self, stretches: &[Stretch]) -> Result<Self, Error> {
        if stretches.len() > MOST_STRETCHES {
            return Err(Error::TooMany { what: "stretches of an evidence", most: MOST_STRETCHES });
        }
        let mut sorted: Vec<Stretch> = stretches.iter().copied().filter(|stretch| stretch.from < stretch.to).collect();
        sorted.sort();
        for stretch in sorted {
            match self.deliberate.last_mut() {
                Some(last) if stretch.from <= last.to => last.to = last.to.max(stretch.to),
                _ => self.deliberate.push(stretch),
            }
        }
        Ok(self)
    }

    /// The series that a selector means.
    pub fn select<'a>(&'a self, selector: &'a Selector) -> impl Iterator<Item = &'a Series> {
        self.series.select(selector)
    }

    /// Whether a moment is no evidence.
    pub fn is_deliberate(&self, at: Time) -> bool {
        self.cutting(at, at).next().is_some()
    }

    /// Whether anything from one moment to another, both included, is no evidence.
    pub fn touches(&self, from: Time, to: Time) -> bool {
        self.cutting(from, to).next().is_some()
    }

    /// The latest sample of a moment that is evidence, as [`Series::latest`].
    pub fn latest<'a>(&self, series: &'a Series, at: Time, lookback: Span) -> Option<&'a Sample> {
        let (mut moment, mut left) = (at, lookback);
        loop {
            let sample = series.latest(moment, left)?;
            let Some(stretch) = self.cutting(sample.at, sample.at).next() else { return Some(sample) };
            let before = stretch.from - Span(1);
            left = left + (before - moment);
            moment = before;
        }
    }

    /// The parts of a window, both ends included, that are evidence. Without a disruption in it that is the window.
    pub fn parts(&self, from: Time, to: Time) -> impl Iterator<Item = (Time, Time)> {
        let mut start = Some(from);
        let cuts = self.cutting(from, to).map(Some).chain([None]);
        cuts.filter_map(move |cut| {
            let part = (start?, cut.map_or(to, |cut| cut.from - Span(1)));
            start = cut.map(|cut| cut.to);
            (part.0 <= part.1).then_some(part)
        })
    }

    /// Every sample of a series within a window that is evidence.
    pub fn samples<'a>(&'a self, series: &'a Series, from: Time, to: Time) -> impl Iterator<Item = &'a Sample> {
        self.parts(from, to).flat_map(move |(from, to)| series.range(from, to))
    }

    fn cutting(&self, from: Time, to: Time) -> impl Iterator<Item = &Stretch> {
        let first = self.deliberate.partition_point(|stretch| stretch.to <= from);
        self.deliberate[first..].iter().take_while(move |stretch| stretch.from <= to)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::Labels;

    fn without(stretches: &[(i64, i64)]) -> Evidence {
        let all: Vec<Stretch> =
            stretches.iter().map(|(from, to)| Stretch { from: Time(*from), to: Time(*to) }).collect();
        Evidence::default().without(&all).unwrap()
    }

    fn parts(evidence: &Evidence) -> Vec<(i64, i64)> {
        evidence.parts(Time(0), Time(100)).map(|(from, to)| (from.0, to.0)).collect()
    }

    #[test]
    fn a_window_is_what_disruptions_leave_of_it() {
        for (stretches, left) in [
            (&[][..], vec![(0, 100)]),
            (&[(200, 300)], vec![(0, 100)]),
            (&[(100, 300)], vec![(0, 99)]),
            (&[(-10, 0)], vec![(0, 100)]),
            (&[(-10, 1)], vec![(1, 100)]),
            (&[(50, 60), (10, 20)], vec![(0, 9), (20, 49), (60, 100)]),
            (&[(50, 60), (55, 70), (70, 80)], vec![(0, 49), (80, 100)]),
            (&[(0, 101)], vec![]),
            (&[(40, 40)], vec![(0, 100)]),
        ] {
            assert_eq!(parts(&without(stretches)), left, "{stretches:?}");
        }
    }

    #[test]
    fn the_latest_sample_is_one_that_is_evidence_and_no_older_than_it_may_be() {
        let mut series = Series::new("m", Labels::default());
        for at in [0, 10, 20, 30] {
            series.push(Time(at), at as f64).unwrap();
        }
        let latest = |evidence: &Evidence, at, back| evidence.latest(&series, Time(at), Span(back)).map(|s| s.value);
        assert_eq!(latest(&without(&[]), 35, 100), Some(30.0));
        assert_eq!(latest(&without(&[(15, 31)]), 35, 25), Some(10.0));
        assert_eq!(latest(&without(&[(15, 31)]), 35, 24), None);
        assert_eq!(latest(&without(&[(0, 31)]), 35, 100), None);
        assert_eq!(latest(&without(&[(25, 31), (15, 22)]), 35, 100), Some(10.0));
    }

    #[test]
    fn what_exceeds_a_bound_is_refused() {
        let one = Stretch { from: Time(0), to: Time(1) };
        assert!(Evidence::default().without(&vec![one; MOST_STRETCHES + 1]).is_err());
    }
}

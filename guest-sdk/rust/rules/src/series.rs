//! Series of samples, and many of them in one order. A window of a series is a slice of it: nothing is copied to be judged.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Error, Labels, Selector, Span, Time};

/// The most samples and ends of one series: as many as one answer of the contract of evidence may have.
pub const MOST_SAMPLES: usize = 500_000;
/// The most series of one evidence.
pub const MOST_SERIES: usize = 10_000;
/// How old the latest sample may be and still say what is now: five minutes, as Prometheus has it.
pub const LOOKBACK: Span = Span::minutes(5);

/// What was measured, and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub at: Time,
    /// What, in the unit of its series.
    pub value: f64,
}

/// The samples of one thing, in the order of time.
///
/// That a thing is gone is a mark beside the samples and not a NaN with certain bits, as Prometheus stores it: a host of components may
/// change those bits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    metric: String,
    labels: Labels,
    samples: Vec<Sample>,
    ends: Vec<Time>,
}

impl Series {
    /// A series without samples.
    pub fn new(metric: &str, labels: Labels) -> Self {
        Self { metric: metric.to_owned(), labels, ..Self::default() }
    }

    /// Adds a sample.
    ///
    /// # Errors
    /// If it is not later than everything before it, or the series is full.
    pub fn push(&mut self, at: Time, value: f64) -> Result<(), Error> {
        self.must_be_later(at)?;
        self.samples.push(Sample { at, value });
        Ok(())
    }

    /// Notes that from here on the thing is known to be gone, until there is another sample.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn end(&mut self, at: Time) -> Result<(), Error> {
        self.must_be_later(at)?;
        self.ends.push(at);
        Ok(())
    }

    fn must_be_later(&self, at: Time) -> Result<(), Error> {
        if self.samples.len() + self.ends.len() >= MOST_SAMPLES {
            return Err(Error::TooMany { what: "samples of a series", most: MOST_SAMPLES });
        }
        let last = self.samples.last().map(|sample| sample.at).max(self.ends.last().copied());
        match last {
            Some(last) if at <= last => Err(Error::NotLater { at, last }),
            _ => Ok(()),
        }
    }

    /// What is measured.
    pub fn metric(&self) -> &str {
        &self.metric
    }

    /// Whose it is.
    pub fn labels(&self) -> &Labels {
        &self.labels
    }

    /// All samples.
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// The latest sample of a moment, unless it is older than `lookback` or the thing was gone by then. One that is exactly so old counts
    /// (Prometheus before 3.0).
    pub fn latest(&self, at: Time, lookback: Span) -> Option<&Sample> {
        let sample = self.samples[..self.count_until(at)].last()?;
        (at - sample.at <= lookback && !self.is_gone(at)).then_some(sample)
    }

    /// Whether the thing is known to be gone at a moment.
    pub fn is_gone(&self, at: Time) -> bool {
        let last = self.samples[..self.count_until(at)].last().map(|sample| sample.at);
        self.ends.iter().rev().find(|end| **end <= at).is_some_and(|end| Some(*end) > last)
    }

    /// From when on the thing was known to be gone, until there was another sample.
    pub fn ends(&self) -> &[Time] {
        &self.ends
    }

    /// The samples from a moment to another, both included (Prometheus before 3.0; 3.0 leaves the first out).
    pub fn range(&self, from: Time, to: Time) -> &[Sample] {
        let start = self.samples.partition_point(|sample| sample.at < from);
        &self.samples[start..self.count_until(to).max(start)]
    }

    fn count_until(&self, at: Time) -> usize {
        self.samples.partition_point(|sample| sample.at <= at)
    }
}

/// Many series, by metric and labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesSet(Vec<Series>);

impl SeriesSet {
    /// Puts them in order.
    ///
    /// # Errors
    /// If two are the same by metric and labels, or there are too many.
    pub fn new(mut series: Vec<Series>) -> Result<Self, Error> {
        if series.len() > MOST_SERIES {
            return Err(Error::TooMany { what: "series", most: MOST_SERIES });
        }
        series.sort_by(|a, b| (&a.metric, &a.labels).cmp(&(&b.metric, &b.labels)));
        let twice = series.windows(2).find(|two| two[0].metric == two[1].metric && two[0].labels == two[1].labels);
        match twice {
            Some(two) => Err(Error::TwiceTold(format!("{}{}", two[0].metric, two[0].labels))),
            None => Ok(Self(series)),
        }
    }

    /// Those that a selector means, in the order of their labels.
    pub fn select<'a>(&'a self, selector: &'a Selector) -> impl Iterator<Item = &'a Series> {
        let start = self.0.partition_point(|series| series.metric.as_str() < selector.metric());
        let of_metric = self.0[start..].iter().take_while(|series| series.metric == selector.metric());
        of_metric.filter(|series| selector.matches(&series.labels))
    }

    /// All of them.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Series> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn series(samples: &[(i64, f64)], ends: &[i64]) -> Series {
        let mut series = Series::new("m", Labels::default());
        let mut all: Vec<(i64, Option<f64>)> = samples.iter().map(|(at, value)| (*at, Some(*value))).collect();
        all.extend(ends.iter().map(|at| (*at, None)));
        all.sort_by_key(|(at, _)| *at);
        for (at, value) in all {
            let added = match value {
                Some(value) => series.push(Time(at), value),
                None => series.end(Time(at)),
            };
            added.unwrap();
        }
        series
    }

    #[test]
    fn the_latest_sample_counts_for_five_minutes_unless_the_thing_is_gone() {
        let series = series(&[(0, 1.0), (60_000, 2.0), (500_000, 3.0)], &[120_000]);
        for (at, value) in [
            (-1, None),
            (0, Some(1.0)),
            (59_999, Some(1.0)),
            (60_000, Some(2.0)),
            (119_999, Some(2.0)),
            (120_000, None),
            (499_999, None),
            (500_000, Some(3.0)),
            (800_000, Some(3.0)),
            (800_001, None),
        ] {
            assert_eq!(series.latest(Time(at), LOOKBACK).map(|sample| sample.value), value, "at {at}");
        }
    }

    #[test]
    fn a_range_has_both_its_ends_and_never_what_is_outside() {
        let series = series(&[(0, 1.0), (10, 2.0), (20, 3.0)], &[15]);
        let values = |from, to| -> Vec<f64> { series.range(Time(from), Time(to)).iter().map(|s| s.value).collect() };
        assert_eq!(values(0, 20), [1.0, 2.0, 3.0]);
        assert_eq!(values(1, 19), [2.0]);
        assert_eq!(values(10, 10), [2.0]);
        assert_eq!(values(21, 30), [0.0; 0]);
        assert_eq!(values(20, 0), [0.0; 0]);
    }

    #[test]
    fn time_only_goes_on() {
        let mut series = series(&[(0, 1.0)], &[10]);
        assert_eq!(series.push(Time(10), 2.0), Err(Error::NotLater { at: Time(10), last: Time(10) }));
        assert_eq!(series.end(Time(0)), Err(Error::NotLater { at: Time(0), last: Time(10) }));
        assert_eq!(series.push(Time(11), 2.0), Ok(()));
    }

    #[test]
    fn what_exceeds_a_bound_is_refused() {
        let mut series = Series::new("m", Labels::default());
        for at in 0..MOST_SAMPLES as i64 {
            series.push(Time(at), 0.0).unwrap();
        }
        let full = Err(Error::TooMany { what: "samples of a series", most: MOST_SAMPLES });
        assert_eq!(series.push(Time(i64::MAX), 0.0), full);
        let one = Series::new("m", Labels::new([("a", "b")]).unwrap());
        assert_eq!(SeriesSet::new(vec![one.clone(), one.clone()]), Err(Error::TwiceTold("m{a=\"b\"}".into())));
        let many = SeriesSet::new(vec![one; MOST_SERIES + 1]);
        assert_eq!(many, Err(Error::TooMany { what: "series", most: MOST_SERIES }));
    }
}

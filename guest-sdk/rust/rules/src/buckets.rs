//! Histograms as Prometheus has them: cumulative counts below upper bounds. Quantiles are interpolated as its `histogram_quantile` does.
//!
//! Source of the formula: `bucketQuantile` of Prometheus 2.42 (`promql/quantile.go`), described in its documentation of
//! `histogram_quantile()`.

use alloc::vec::Vec;

use crate::Error;

/// The most buckets of one histogram.
pub const MOST_BUCKETS: usize = 1_024;

/// How many observations (or how many a second) lay at or below each bound. The last bound is infinity.
#[derive(Clone, Debug, PartialEq)]
pub struct Buckets(Vec<(f64, f64)>);

impl Buckets {
    /// From pairs of upper bound and cumulative count in any order. Counts of the same bound are added up, in the order in which they come.
    ///
    /// # Errors
    /// If there is no bound of infinity, a bound is NaN, or there are too many.
    pub fn new(pairs: impl IntoIterator<Item = (f64, f64)>) -> Result<Self, Error> {
        let mut buckets: Vec<(f64, f64)> = Vec::new();
        for (bound, count) in pairs {
            if bound.is_nan() {
                return Err(Error::Buckets("a bound is no number"));
            }
            match buckets.binary_search_by(|(own, _)| own.total_cmp(&bound)) {
                Ok(at) => buckets[at].1 += count,
                Err(_) if buckets.len() == MOST_BUCKETS => {
                    return Err(Error::TooMany { what: "buckets of a histogram", most: MOST_BUCKETS });
                }
                Err(at) => buckets.insert(at, (bound, count)),
            }
        }
        if buckets.last().is_none_or(|(bound, _)| *bound != f64::INFINITY) {
            return Err(Error::Buckets("none of them has no upper bound (le=\"+Inf\")"));
        }
        Ok(Self(buckets))
    }

    /// Adds those of another place. They must have the same bounds: what lay between bounds that only one has is known to nobody.
    ///
    /// # Errors
    /// If the bounds differ.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        let same = self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(|(a, b)| a.0 == b.0);
        if !same {
            return Err(Error::Buckets("they have other bounds than those they are added to"));
        }
        for (own, (_, count)) in self.0.iter_mut().zip(&other.0) {
            own.1 += count;
        }
        Ok(())
    }

    /// All observations.
    pub fn count(&self) -> f64 {
        self.0.last().map_or(0.0, |(_, count)| *count)
    }

    /// Whether so much of it lies above the highest bound that is finite that nobody knows the value below which this share lies:
    /// [`quantile`](Self::quantile) is then less than it.
    pub fn is_beyond(&self, share: f64) -> bool {
        let Some(((_, all), below)) = self.0.split_last() else { return false };
        let highest = below.iter().fold(0.0_f64, |highest, (_, count)| highest.max(*count));
        share * all.max(highest) > highest
    }

    /// The value below which this share of the observations lies, interpolated within its bucket.
    ///
    /// In the last bucket it is the highest bound that is finite. `None` without observations, with one bucket, or for a share that is
    /// none. Counts that fall from one bound to the next are taken to stay equal.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        if !(0.0..=1.0).contains(&share) || self.0.len() < 2 {
            return None;
        }
        let mut monotonic = self.0.clone();
        let mut highest = monotonic[0].1;
        for (_, count) in &mut monotonic {
            // As Prometheus: only what is greater raises it, so that NaN stays where it is.
            if *count > highest {
                highest = *count;
            } else if *count < highest {
                *count = highest;
            }
        }
        let (last, below) = (monotonic.len() - 1, &monotonic[..monotonic.len() - 1]);
        let all = monotonic[last].1;
        if all == 0.0 || all.is_nan() {
            return None;
        }
        let mut rank = share * all;
        let at = below.partition_point(|(_, count)| *count < rank || count.is_nan());
        if at == last {
            return Some(monotonic[last - 1].0);
        }
        let (end, mut within) = monotonic[at];
        if at == 0 && end <= 0.0 {
            return Some(end);
        }
        let mut start = 0.0;
        if at > 0 {
            start = monotonic[at - 1].0;
            within -= monotonic[at - 1].1;
            rank -= monotonic[at - 1].1;
        }
        Some(start + (end - start) * (rank / within)).filter(|value| !value.is_nan())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INF: f64 = f64::INFINITY;

    #[test]
    fn a_quantile_is_interpolated_within_its_bucket() {
        for (name, pairs, share, value) in [
            ("in the middle of the first", &[(1.0, 10.0), (2.0, 20.0), (INF, 20.0)][..], 0.25, Some(0.5)),
            ("at a bound", &[(1.0, 10.0), (2.0, 20.0), (INF, 20.0)], 0.5, Some(1.0)),
            ("in the second", &[(1.0, 10.0), (2.0, 20.0), (INF, 20.0)], 0.75, Some(1.5)),
            ("beyond all bounds", &[(1.0, 10.0), (2.0, 20.0), (INF, 40.0)], 0.95, Some(2.0)),
            ("a first bound that is not positive", &[(-1.0, 10.0), (1.0, 20.0), (INF, 20.0)], 0.1, Some(-1.0)),
            ("counts that fall", &[(1.0, 10.0), (2.0, 8.0), (INF, 20.0)], 0.5, Some(1.0)),
            ("no observation", &[(1.0, 0.0), (INF, 0.0)], 0.5, None),
            ("one bucket", &[(INF, 5.0)], 0.5, None),
            ("a share that is none", &[(1.0, 1.0), (INF, 1.0)], 1.1, None),
        ] {
            assert_eq!(Buckets::new(pairs.iter().copied()).unwrap().quantile(share), value, "{name}");
        }
    }

    #[test]
    fn histograms_of_several_places_are_merged_before_the_quantile_is_taken() {
        let fast = Buckets::new([(1.0, 90.0), (2.0, 90.0), (INF, 90.0)]).unwrap();
        let slow = Buckets::new([(1.0, 0.0), (2.0, 10.0), (INF, 10.0)]).unwrap();
        let mut both = fast.clone();
        both.merge(&slow).unwrap();
        assert_eq!(both.quantile(0.95), Some(1.5));
        assert_eq!(both, Buckets::new([(1.0, 90.0), (2.0, 90.0), (INF, 90.0), (INF, 10.0), (2.0, 10.0)]).unwrap());
        let other = Buckets::new([(3.0, 0.0), (INF, 0.0)]).unwrap();
        assert!(both.merge(&other).is_err());
    }

    #[test]
    fn above_the_highest_finite_bound_nobody_knows_a_quantile() {
        for (pairs, beyond) in [
            (&[(1.0, 90.0), (2.0, 95.0), (INF, 100.0)][..], false),
            (&[(1.0, 90.0), (2.0, 94.0), (INF, 100.0)], true),
            (&[(1.0, 96.0), (2.0, 90.0), (INF, 100.0)], false),
            (&[(1.0, 96.0), (2.0, 96.0), (INF, 90.0)], false),
            (&[(INF, 100.0)], true),
        ] {
            assert_eq!(Buckets::new(pairs.iter().copied()).unwrap().is_beyond(0.95), beyond, "{pairs:?}");
        }
    }

    #[test]
    fn what_is_no_histogram_is_refused() {
        assert!(Buckets::new([(1.0, 1.0)]).is_err());
        assert!(Buckets::new([]).is_err());
        assert!(Buckets::new([(f64::NAN, 1.0), (INF, 1.0)]).is_err());
        let many = (0..=MOST_BUCKETS).map(|bound| (bound as f64, 0.0));
        assert_eq!(Buckets::new(many), Err(Error::TooMany { what: "buckets of a histogram", most: MOST_BUCKETS }));
    }
}

//! Histograms as a load measures them (HDR): how many observations lay in each of many narrow buckets. Quantiles are the upper end of
//! their bucket, so that none is better than it was.

use alloc::vec::Vec;

use crate::{Bounds, Error};

/// The most buckets that are not empty: an HDR histogram of three digits from a microsecond to an hour has 23,000 in all.
pub const MOST_COUNTS: usize = 32_768;

/// Counts by the upper end of their bucket, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts(Vec<(f64, u64)>);

impl Counts {
    /// From pairs of upper end and count in any order. Counts of the same end are added up.
    ///
    /// # Errors
    /// If an end is no finite number, or there are too many.
    pub fn new(pairs: impl IntoIterator<Item = (f64, u64)>) -> Result<Self, Error> {
        let mut counts: Vec<(f64, u64)> = Vec::new();
        for (end, count) in pairs {
            if !end.is_finite() {
                return Err(Error::Buckets("an upper end is no finite number"));
            }
            if counts.len() == MOST_COUNTS {
                return Err(Error::TooMany { what: "counts of a histogram", most: MOST_COUNTS });
            }
            if count > 0 {
                // -0 and 0 are one end.
                counts.push((end + 0.0, count));
            }
        }
        counts.sort_by(|a, b| a.0.total_cmp(&b.0));
        counts.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                earlier.1 = earlier.1.saturating_add(later.1);
            }
            same
        });
        Ok(Self(counts))
    }

    /// With those of another window or place. Which comes first makes no difference.
    ///
    /// # Errors
    /// If there would be too many buckets.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        let (mut merged, mut left) = (Vec::with_capacity(self.0.len().max(other.0.len())), other.0.iter().peekable());
        for own in &self.0 {
            while let Some(theirs) = left.next_if(|theirs| theirs.0 < own.0) {
                merged.push(*theirs);
            }
            let equal = left.next_if(|theirs| theirs.0 == own.0).map_or(0, |theirs| theirs.1);
            merged.push((own.0, own.1.saturating_add(equal)));
        }
        merged.extend(left);
        if merged.len() > MOST_COUNTS {
            return Err(Error::TooMany { what: "counts of a histogram", most: MOST_COUNTS });
        }
        self.0 = merged;
        Ok(())
    }

    /// All observations.
    pub fn count(&self) -> u64 {
        self.0.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The smallest end at or below which at least this share of the observations lies. `None` without observations or for a share that
    /// is none.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        self.quantile_among(share, 0, 0).filter(|value| value.is_finite())
    }

    /// Between which values a quantile lies if so many observations more should have been made: as if each had been as good as
    /// possible, and as if none had ever ended. `None` as for [`quantile`](Self::quantile).
    pub fn quantile_bounds(&self, share: f64, unobserved: u64) -> Option<Bounds> {
        if self.0.is_empty() {
            return None;
        }
        Some(Bounds {
            low: self.quantile_among(share, unobserved, 0)?,
            high: self.quantile_among(share, 0, unobserved)?,
        })
    }

    /// The quantile with so many observations more below and above all others.
    fn quantile_among(&self, share: f64, below: u64, above: u64) -> Option<f64> {
        let all = self.count().saturating_add(below).saturating_add(above);
        if !(0.0..=1.0).contains(&share) || all == 0 {
            return None;
        }
        let rank = rank(share, all);
        let mut seen = below;
        if below >= rank {
            return Some(0.0);
        }
        for (end, count) in &self.0 {
            seen = seen.saturating_add(*count);
            if seen >= rank {
                return Some(*end);
            }
        }
        Some(f64::INFINITY)
    }
}

/// The place, from 1 on, of the observation that a share of all ends with. A product that is a whole number but for rounding is that number.
fn rank(share: f64, all: u64) -> u64 {
    let product = share * all as f64;
    let nearest = libm::round(product);
    let whole = if (product - nearest).abs() <= product * 4.0 * f64::EPSILON { nearest } else { libm::ceil(product) };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates, which is what is wanted"
    )]
    (whole as u64).clamp(1, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_upper_end_of_its_bucket() {
        let counts = Counts::new([(3.0, 5), (1.0, 95), (9.0, 0)]).unwrap();
        for (share, value) in [(0.0, 1.0), (0.5, 1.0), (0.95, 1.0), (0.950_001, 3.0), (1.0, 3.0)] {
            assert_eq!(counts.quantile(share), Some(value), "{share}");
        }
        assert_eq!(counts.quantile(1.5), None);
        assert_eq!(Counts::default().quantile(0.95), None);
        // 0.95 × 20 is no whole number as numbers are stored, and is meant to be 19.
        for all in [20, 40, 60, 100, 1_000, 86_400] {
            assert_eq!(rank(0.95, all), all * 19 / 20, "{all}");
        }
    }

    #[test]
    fn what_was_not_observed_widens_a_quantile() {
        let counts = Counts::new([(1.0, 94), (2.0, 1), (3.0, 5)]).unwrap();
        let bounds = |unobserved| counts.quantile_bounds(0.95, unobserved).unwrap();
        assert_eq!(bounds(0), Bounds { low: 2.0, high: 2.0 });
        assert_eq!(bounds(1), Bounds { low: 2.0, high: 3.0 });
        assert_eq!(bounds(6), Bounds { low: 2.0, high: f64::INFINITY });
        assert_eq!(bounds(100_000).low, 0.0);
        assert_eq!(Counts::default().quantile_bounds(0.95, 10), None);
    }

    #[test]
    fn windows_merge_in_any_order() {
        let a = Counts::new([(1.0, 1), (2.0, 2), (5.0, 1)]).unwrap();
        let b = Counts::new([(0.5, 7), (2.0, 3), (9.0, 1)]).unwrap();
        let (mut ab, mut ba) = (a.clone(), b.clone());
        ab.merge(&b).unwrap();
        ba.merge(&a).unwrap();
        assert_eq!(ab, ba);
        assert_eq!(ab, Counts::new([(0.5, 7), (1.0, 1), (2.0, 5), (5.0, 1), (9.0, 1)]).unwrap());
    }

    #[test]
    fn what_exceeds_a_bound_is_refused() {
        assert!(Counts::new([(f64::INFINITY, 1)]).is_err());
        let many = |from: usize| (from..from + MOST_COUNTS).map(|end| (end as f64, 1));
        assert!(Counts::new(many(0).chain([(0.5, 1)])).is_err());
        let mut full = Counts::new(many(0)).unwrap();
        assert!(full.merge(&Counts::new([(0.5, 1)]).unwrap()).is_err());
    }
}

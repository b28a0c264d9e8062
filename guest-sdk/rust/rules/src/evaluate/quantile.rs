//! Quantiles of histograms that are merged over all series of a label set.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Window, known};
use crate::buckets::Buckets;
use crate::{Labels, Missing, Reading, Selector};

/// The label with the upper bound of a bucket.
const BOUND: &str = "le";

impl<'a> Window<'a> {
    pub(crate) fn quantile(&self, buckets: &'a Selector, share: f64) -> BTreeMap<Labels, Reading> {
        self.readings(self.groups(buckets), |group| {
            let (mut pairs, mut newest, length) = (Vec::new(), None, self.to - self.from);
            for series in group {
                let bound: f64 = series.labels().get(BOUND).parse().map_err(|_| Missing::Ambiguous)?;
                if let Some((rate, at)) = self.grown(series, Some(length)) {
                    pairs.push((bound, rate));
                    newest = newest.max(Some(at));
                }
            }
            let newest = newest.ok_or_else(|| self.nothing())?;
            let merged = Buckets::new(pairs).map_err(|_| Missing::Ambiguous)?;
            let value = merged.quantile(share).ok_or(Missing::NotANumber)?;
            Ok(known(value, merged.count() * length.as_seconds(), newest))
        })
    }
}

//! Quantiles of histograms that are merged over all series of a label set.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Window, known};
use crate::buckets::Buckets;
use crate::{Bounds, Counted, Labels, Missing, Reading, Selector, Value};

/// The label with the upper bound of a bucket.
const BOUND: &str = "le";

impl<'a> Window<'a> {
    pub(crate) fn quantile(&self, buckets: &'a Selector, share: f64, counted: Counted) -> BTreeMap<Labels, Reading> {
        self.readings(self.groups(buckets), |group| {
            let (mut pairs, mut newest, length) = (Vec::new(), None, self.to - self.from);
            for series in group {
                let bound: f64 = series.labels().get(BOUND).parse().map_err(|_| Missing::Ambiguous)?;
                let grown = match counted {
                    Counted::Counter => self.grown(series, Some(length)),
                    Counted::Slots => self.slots(series),
                };
                if let Some((count, at)) = grown {
                    pairs.push((bound, count));
                    newest = newest.max(Some(at));
                }
            }
            let newest = newest.ok_or_else(|| self.nothing())?;
            let merged = Buckets::new(pairs).map_err(|_| Missing::Ambiguous)?;
            let value = merged.quantile(share).ok_or(Missing::NotANumber)?;
            let seen = match counted {
                Counted::Counter => merged.count() * length.as_seconds(),
                Counted::Slots => merged.count(),
            };
            let at_least = known(value, seen, newest);
            // Its estimate is that of Prometheus; a limit above the highest bound is not kept by it.
            let bounds = if merged.is_beyond(share) {
                Bounds { high: f64::INFINITY, ..at_least.bounds }
            } else {
                at_least.bounds
            };
            Ok(Value { bounds, ..at_least })
        })
    }
}

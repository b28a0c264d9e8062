//! Ratios of sums: how much counters grew, or slots counted, over all series together.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::{Window, known};
use crate::{Counted, Labels, Missing, Reading, Selector, Series, Span, Time, counter};

/// How much, and when the latest of it was measured.
pub(super) type Grown = (f64, Time);

impl<'a> Window<'a> {
    pub(crate) fn ratio(&self, part: &'a Selector, whole: &'a Selector, counted: Counted) -> BTreeMap<Labels, Reading> {
        let mut both: BTreeMap<Labels, [Vec<&Series>; 2]> = BTreeMap::new();
        for (at, selector) in [part, whole].into_iter().enumerate() {
            for (labels, group) in self.groups(selector) {
                both.entry(labels).or_default()[at] = group;
            }
        }
        self.readings(both, |[part, whole]| {
            let part = self.sum(&part, counted)?;
            let whole = self.sum(&whole, counted)?;
            Ok(known(part.0 / whole.0, whole.0, part.1.min(whole.1)))
        })
    }

    fn sum(&self, group: &[&Series], counted: Counted) -> Result<Grown, Missing> {
        if group.is_empty() {
            return Err(Missing::Series);
        }
        let grown = group.iter().filter_map(|series| match counted {
            Counted::Counter => self.grown(series, None),
            Counted::Slots => self.slots(series),
        });
        grown.reduce(|sum, next| (sum.0 + next.0, sum.1.max(next.1))).ok_or_else(|| self.nothing())
    }

    /// How much a counter grew. Where a disruption cuts the window, what lies on each side is a window of its own.
    pub(super) fn grown(&self, series: &Series, per: Option<Span>) -> Option<Grown> {
        let parts = self.evidence.parts(self.from, self.to).filter_map(|(from, to)| {
            let samples = series.range(from, to);
            Some((counter::extrapolated(samples, from, to, per)?, samples.last()?.at))
        });
        parts.reduce(|sum, next| (sum.0 + next.0, next.1))
    }

    /// What slots counted, added up without losing small ones among great ones (Neumaier), as Prometheus does.
    pub(super) fn slots(&self, series: &Series) -> Option<Grown> {
        let (mut sum, mut lost, mut newest) = (0.0_f64, 0.0, None);
        for sample in self.evidence.samples(series, self.from, self.to) {
            let value = sample.value;
            let next = sum + value;
            lost += if sum.abs() >= value.abs() { (sum - next) + value } else { (value - next) + sum };
            (sum, newest) = (next, Some(sample.at));
        }
        newest.map(|newest| (if sum.is_infinite() { sum } else { sum + lost }, newest))
    }
}

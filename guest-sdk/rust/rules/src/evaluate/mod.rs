//! Expressions evaluated over a window of evidence. Series are visited in the order of their labels, so that sums have the same bits
//! everywhere, and those of Prometheus.

mod gauge;
mod quantile;
mod ratio;
mod trending;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Bounds, Evidence, Labels, Missing, Reading, Selector, Series, Time, Value};

/// The most label sets of one expression.
pub const MOST_INSTANCES: usize = 1_000;

/// A window of evidence, and which labels are kept apart.
pub(crate) struct Window<'a> {
    pub(crate) evidence: &'a Evidence,
    pub(crate) by: &'a [String],
    pub(crate) from: Time,
    pub(crate) to: Time,
}

impl<'a> Window<'a> {
    /// The series of a selector by label set.
    fn groups(&self, selector: &'a Selector) -> BTreeMap<Labels, Vec<&'a Series>> {
        let mut groups: BTreeMap<Labels, Vec<&Series>> = BTreeMap::new();
        for series in self.evidence.select(selector) {
            groups.entry(series.labels().only(self.by)).or_default().push(series);
        }
        groups
    }

    /// Each label set with its reading; too many of them are one that says so.
    fn readings<T>(
        &self,
        groups: BTreeMap<Labels, T>,
        read: impl Fn(T) -> Result<Value, Missing>,
    ) -> BTreeMap<Labels, Reading> {
        if groups.len() > MOST_INSTANCES {
            return BTreeMap::from([(Labels::default(), Err(Missing::TooManyInstances))]);
        }
        groups.into_iter().map(|(labels, group)| (labels, read(group).and_then(a_number))).collect()
    }

    /// Why nothing was found.
    fn nothing(&self) -> Missing {
        let any_part = self.evidence.parts(self.from, self.to).next().is_some();
        if any_part { Missing::Samples } else { Missing::Deliberate }
    }
}

fn a_number(value: Value) -> Reading {
    let bounds = value.bounds;
    let any_nan = value.estimate.is_nan() || bounds.low.is_nan() || bounds.high.is_nan();
    if any_nan { Err(Missing::NotANumber) } else { Ok(value) }
}

fn known(estimate: f64, seen: f64, newest: Time) -> Value {
    Value { estimate, bounds: Bounds::exactly(estimate), seen, newest }
}

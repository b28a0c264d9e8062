//! Trends: a share of the baseline by the hour, with the bounds of its confidence.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Window;
use crate::trend::{NoTrend, Settings, Trend};
use crate::{Labels, Missing, Reading, Sample, Selector, Value};

impl<'a> Window<'a> {
    pub(crate) fn trend(&self, selector: &'a Selector, settings: &Settings) -> BTreeMap<Labels, Reading> {
        self.readings(self.groups(selector), |group| {
            // Samples of two instances in turn would be a saw of their difference.
            let [series] = group[..] else { return Err(Missing::Ambiguous) };
            let started = series.samples().first().ok_or(Missing::Samples)?.at;
            let samples: Vec<Sample> = self.evidence.samples(series, self.from, self.to).copied().collect();
            let newest = samples.last().ok_or_else(|| self.nothing())?.at;
            let trend = Trend::of(&samples, started, self.to, settings).map_err(|why| match why {
                NoTrend::TooFewPoints => Missing::WarmingUp,
                NoTrend::TooManyPoints => Missing::TooManyPoints,
                NoTrend::NoBaseline => Missing::NoBaseline,
            })?;
            let share = trend.share_per_hour();
            Ok(Value { estimate: share.estimate, bounds: share.bounds, seen: trend.points.len() as f64, newest })
        })
    }
}

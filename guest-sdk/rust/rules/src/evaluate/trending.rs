//! Trends: a share of the baseline by the hour, and the time until a limit, with the bounds of their confidence.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::Window;
use crate::trend::{NoTrend, Settings, Trend};
use crate::{Bounds, Labels, Missing, Reading, Sample, Selector, Series, Span, Time, Value};

impl<'a> Window<'a> {
    pub(crate) fn trend(&self, selector: &'a Selector, settings: &Settings) -> BTreeMap<Labels, Reading> {
        self.readings(self.groups(selector), |group| {
            let (trend, newest) = self.fitted(&group, settings)?;
            let share = trend.share_per_hour();
            Ok(Value { estimate: share.estimate, bounds: share.bounds, seen: trend.points.len() as f64, newest })
        })
    }

    pub(crate) fn time_to_limit(
        &self,
        selector: &'a Selector,
        settings: &Settings,
        limit: f64,
    ) -> BTreeMap<Labels, Reading> {
        self.readings(self.groups(selector), |group| {
            let (trend, newest) = self.fitted(&group, settings)?;
            let time = trend.time_to(limit);
            let seconds = |time: Option<Span>| time.map_or(f64::INFINITY, Span::as_seconds);
            let bounds = Bounds { low: seconds(time.earliest), high: seconds(time.latest) };
            Ok(Value { estimate: seconds(time.estimate), bounds, seen: trend.points.len() as f64, newest })
        })
    }

    fn fitted(&self, group: &[&Series], settings: &Settings) -> Result<(Trend, Time), Missing> {
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
        Ok((trend, newest))
    }
}

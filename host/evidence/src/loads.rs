//! Where the windows of loads lie in time, and what series they make.

use std::collections::BTreeMap;

use holdpoint_model::{PhaseId, Timestamp};

use crate::{
    Beyond,
    answers::{Latency, Route, Told, Window},
    bank::{Bank, Merge},
    durations::{BOUNDS, Quantiles, SLOT},
};

/// When each load began, in the time of the run. A load is called by its phase and the number of the call that started it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loads(BTreeMap<(PhaseId, u32), BTreeMap<u32, f64>>);

impl Loads {
    /// A load has begun.
    pub(crate) fn started(&mut self, phase: &PhaseId, load: u32, at: Timestamp) {
        self.0.entry((phase.clone(), load)).or_default().insert(1, at.0);
    }

    /// A load tells of itself at a moment.
    pub(crate) fn told(
        &mut self,
        (phase, load): (&PhaseId, u32),
        at: Timestamp,
        told: &Told,
        bank: &mut Bank,
    ) -> Result<(), Beyond> {
        let own = [("phase", phase.as_str()), ("load", &load.to_string())];
        for (name, value) in [("leaks", told.leaks), ("own_canaries", told.own_canaries)] {
            bank.add(name, labels(&own, &[]), (at.0, f64::from(value)), Merge::Last)?;
        }
        let begun = self.0.entry((phase.clone(), load)).or_default();
        for window in &told.windows {
            // The first host began the plan when it answered that it has. A later one went on with it at a moment that is known by how far
            // the plan was when it told of itself first: until then its time had not been counted.
            let zero = *begun.entry(window.incarnation).or_insert(at.0 - told.elapsed_ms);
            add(window, zero, &own, bank)?;
        }
        Ok(())
    }
}

fn labels(own: &[(&str, &str)], more: &[(&str, &str)]) -> Vec<(String, String)> {
    own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn add(window: &Window, zero: f64, own: &[(&str, &str)], bank: &mut Bank) -> Result<(), Beyond> {
    let at = zero + window.at_ms;
    for route in &window.routes {
        let Route { route: name, exchanges, deliberate, failures, latency } = route;
        let count = exchanges.saturating_sub(*deliberate);
        let slots = [("requests", f64::from(count)), ("requests_bad", f64::from(failures.all()))];
        for (series, value) in slots {
            bank.add(series, labels(own, &[("route", name)]), (at, value), Merge::Sum)?;
        }
        let Some(latency) = latency.as_ref().filter(|_| count > 0) else { continue };
        let sum = latency.mean * f64::from(count);
        bank.add("request_duration_ms_sum", labels(own, &[("route", name)]), (at, sum), Merge::Sum)?;
        buckets((at / SLOT).floor() * SLOT, count, latency, &labels(own, &[("route", name)]), bank)?;
    }
    Ok(())
}

fn buckets(
    at: f64,
    count: u32,
    Latency { p50, p90, p95, p99, max, .. }: &Latency,
    own: &[(String, String)],
    bank: &mut Bank,
) -> Result<(), Beyond> {
    let times = Quantiles { p50: *p50, p90: *p90, p95: *p95, p99: *p99, max: *max };
    let bounds = BOUNDS.iter().map(|bound| (bound.to_string(), *bound));
    for (le, bound) in bounds.chain([("+Inf".to_owned(), f64::INFINITY)]) {
        let labels = own.iter().cloned().chain([("le".to_owned(), le)]).collect();
        bank.add("request_duration_bucket", labels, (at, times.at_most(bound, count)), Merge::Sum)?;
    }
    Ok(())
}

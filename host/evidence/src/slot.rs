//! What a window of a load counts, of one route or of several together. All of it are whole numbers but the seconds, so what is added up first is the
//! same as what is added up later.

use crate::{
    answers::{Latency, Route},
    durations::{BOUNDS, Quantiles},
};

/// Exchanges of a slot.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Slot {
    /// Those that were not made to fail.
    pub(crate) requests: f64,
    pub(crate) bad: f64,
    /// Where there were any that were not made to fail.
    pub(crate) durations: Option<Durations>,
}

/// How long exchanges took.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Durations {
    /// In seconds.
    pub(crate) sum: f64,
    /// How many took at most as long as each of [`BOUNDS`], and at last all.
    pub(crate) buckets: [f64; BOUNDS.len() + 1],
}

impl Slot {
    /// What is told of a route.
    pub(crate) fn of(Route { exchanges, deliberate, failures, latency, .. }: &Route) -> Self {
        let count = exchanges.saturating_sub(*deliberate);
        let durations = latency.as_ref().filter(|_| count > 0).map(|latency| Durations::of(latency, count));
        Self { requests: f64::from(count), bad: f64::from(failures.all()), durations }
    }

    /// Adds what is told of another route.
    pub(crate) fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.bad += other.bad;
        let Some(durations) = &other.durations else { return };
        let own = self.durations.get_or_insert_with(Durations::default);
        own.sum += durations.sum;
        for (own, count) in own.buckets.iter_mut().zip(durations.buckets) {
            *own += count;
        }
    }
}

impl Durations {
    fn of(latency: &Latency, count: u32) -> Self {
        let Latency { mean, p50, p90, p95, p99, max, .. } = *latency;
        let times = Quantiles { p50, p90, p95, p99, max };
        let bound = |place: usize| BOUNDS.get(place).copied().unwrap_or(f64::INFINITY);
        let buckets = std::array::from_fn(|place| times.at_most(bound(place), count));
        Self { sum: mean * f64::from(count) / 1_000.0, buckets }
    }
}

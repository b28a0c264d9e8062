//! Where the windows of loads lie in time, and what series they make.

use std::collections::BTreeMap;

use holdpoint_model::{PhaseId, Timestamp};

use crate::{
    Beyond,
    answers::{Latency, Route, Told},
    bank::{Bank, Merge},
    durations::{BOUNDS, Quantiles, SLOT},
};

/// The loads of a run. A load is called by its phase and the number of the call that started it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loads(BTreeMap<(PhaseId, u32), Load>);

#[derive(Debug, Clone, Default)]
struct Load {
    /// When the plan would have begun if each host had done it from its beginning, in the time of the run.
    begun: BTreeMap<u32, f64>,
    /// It is made of users, who could see each other.
    of_users: bool,
    leaks: u32,
    own_canaries: u32,
    /// The most users that it had.
    users: u32,
}

impl Loads {
    /// A load has begun.
    pub(crate) fn started(
        &mut self,
        (phase, load): (&PhaseId, u32),
        at: Timestamp,
        of_users: bool,
        bank: &mut Bank,
    ) -> Result<(), Beyond> {
        let known = self.0.entry((phase.clone(), load)).or_default();
        known.begun.insert(1, at.0);
        known.of_users = of_users;
        if of_users {
            bank.add("isolation_running", labels(phase, load, &[]), (at.0, 1.0), Merge::Last)?;
        }
        Ok(())
    }

    /// A load tells of itself at a moment.
    pub(crate) fn told(
        &mut self,
        (phase, load): (&PhaseId, u32),
        at: Timestamp,
        told: &Told,
        bank: &mut Bank,
    ) -> Result<(), Beyond> {
        let known = self.0.entry((phase.clone(), load)).or_default();
        let mut zero = at.0 - told.elapsed_ms;
        for window in &told.windows {
            // The first host began the plan when it answered that it has. A later one went on with it at a moment that is known by how far
            // the plan was when it told of itself first: until then its time had not been counted.
            zero = *known.begun.entry(window.incarnation).or_insert(at.0 - told.elapsed_ms);
            known.users = known.users.max(window.users);
            let users = (zero + window.at_ms, f64::from(window.users));
            bank.add("users", labels(phase, load, &[]), users, Merge::Last)?;
            for route in &window.routes {
                add(route, zero + window.at_ms, (phase, load), bank)?;
            }
        }
        let counts =
            [("leaks", told.leaks, &mut known.leaks), ("own_canaries", told.own_canaries, &mut known.own_canaries)];
        for (name, count, before) in counts {
            let more = f64::from(count.saturating_sub(*before));
            *before = (*before).max(count);
            bank.add(name, labels(phase, load, &[]), (at.0, more), Merge::Sum)?;
        }
        if known.of_users {
            let running = if told.ended { 0.0 } else { 1.0 };
            bank.add("isolation_running", labels(phase, load, &[]), (at.0, running), Merge::Last)?;
            // Where nobody saw even what is his own, nothing says that he would have seen what is not. Each leak may be another user's.
            if known.own_canaries > 0 {
                // A load that was asked before its first second was over has told of no users yet.
                let users = known.users.max(1);
                let share = 1.0 - f64::from(known.leaks.min(users)) / f64::from(users);
                bank.add("isolation_success", labels(phase, load, &[]), (at.0, share), Merge::Last)?;
            }
        }
        if told.ended {
            let own = [("phase", phase.as_str()), ("load", &load.to_string())];
            bank.end(&own, zero + told.elapsed_ms);
        }
        Ok(())
    }
}

fn labels(phase: &PhaseId, load: u32, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = [("phase", phase.as_str()), ("load", &load.to_string())];
    own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn add(route: &Route, at: f64, (phase, load): (&PhaseId, u32), bank: &mut Bank) -> Result<(), Beyond> {
    let Route { route: name, exchanges, deliberate, failures, latency } = route;
    let count = exchanges.saturating_sub(*deliberate);
    let labels = |more: &[(&str, &str)]| labels(phase, load, &[&[("route", name.as_str())], more].concat());
    for (series, value) in [("requests", f64::from(count)), ("requests_bad", f64::from(failures.all()))] {
        bank.add(series, labels(&[]), (at, value), Merge::Sum)?;
    }
    let Some(Latency { mean, p50, p90, p95, p99, max }) = latency.as_ref().filter(|_| count > 0) else {
        return Ok(());
    };
    bank.add("request_duration_sum", labels(&[]), (at, mean * f64::from(count) / 1_000.0), Merge::Sum)?;
    let times = Quantiles { p50: *p50, p90: *p90, p95: *p95, p99: *p99, max: *max };
    let slot = (at / SLOT).floor() * SLOT;
    let bounds = BOUNDS.iter().map(|bound| ((bound / 1_000.0).to_string(), *bound));
    for (le, bound) in bounds.chain([("+Inf".to_owned(), f64::INFINITY)]) {
        let sample = (slot, times.at_most(bound, count));
        bank.add("request_duration_bucket", labels(&[("le", &le)]), sample, Merge::Sum)?;
    }
    Ok(())
}

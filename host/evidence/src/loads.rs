//! Where the windows of loads lie in time, and what series they make.

use std::collections::BTreeMap;

use holdpoint_model::{PhaseId, Timestamp};

use crate::{
    Beyond,
    answers::{Latency, Route, Told},
    bank::{Bank, Labels, Place},
    durations::{BOUNDS, Quantiles, SLOT},
    samples::Merge,
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
    /// A window has a dozen samples and more for each route, so where they go is looked up once.
    routes: BTreeMap<String, Lane>,
}

/// The series of a route.
#[derive(Debug, Clone)]
struct Lane {
    requests: Place,
    bad: Place,
    /// From the first exchange on that was not made to fail.
    times: Option<Times>,
}

/// How long exchanges took.
#[derive(Debug, Clone)]
struct Times {
    sum: Place,
    /// By their bounds in milliseconds.
    buckets: Vec<(f64, Place)>,
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
            let series = bank.series("isolation_running", labels(phase, load, &[]))?;
            bank.add(series, (at.0, 1.0), Merge::Last)?;
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
            let series = bank.series("users", labels(phase, load, &[]))?;
            bank.add(series, users, Merge::Last)?;
            for route in &window.routes {
                let lane = match known.routes.get_mut(&route.route) {
                    Some(lane) => lane,
                    None => {
                        let lane = Lane::new(&route.route, (phase, load), bank)?;
                        known.routes.entry(route.route.clone()).or_insert(lane)
                    }
                };
                lane.take(route, zero + window.at_ms, (phase, load), bank)?;
            }
        }
        let mut note = |name: &str, value: f64, merge: Merge| {
            let series = bank.series(name, labels(phase, load, &[]))?;
            bank.add(series, (at.0, value), merge)
        };
        let counts =
            [("leaks", told.leaks, &mut known.leaks), ("own_canaries", told.own_canaries, &mut known.own_canaries)];
        for (name, count, before) in counts {
            let more = f64::from(count.saturating_sub(*before));
            *before = (*before).max(count);
            note(name, more, Merge::Sum)?;
        }
        if known.of_users {
            note("isolation_running", if told.ended { 0.0 } else { 1.0 }, Merge::Last)?;
            // Where nobody saw even what is his own, nothing says that he would have seen what is not. Each leak may be another user's.
            if known.own_canaries > 0 {
                // A load that was asked before its first second was over has told of no users yet.
                let users = known.users.max(1);
                let share = 1.0 - f64::from(known.leaks.min(users)) / f64::from(users);
                note("isolation_success", share, Merge::Last)?;
            }
        }
        if told.ended {
            let own = [("phase", phase.as_str()), ("load", &load.to_string())];
            bank.end(&own, zero + told.elapsed_ms);
        }
        Ok(())
    }
}

impl Lane {
    fn new(route: &str, (phase, load): (&PhaseId, u32), bank: &mut Bank) -> Result<Self, Beyond> {
        let mut series = |name| bank.series(name, labels(phase, load, &[("route", route)]));
        Ok(Self { requests: series("requests")?, bad: series("requests_bad")?, times: None })
    }

    /// Takes what a window of this moment tells of the route.
    fn take(&mut self, route: &Route, at: f64, load: (&PhaseId, u32), bank: &mut Bank) -> Result<(), Beyond> {
        let Route { route: name, exchanges, deliberate, failures, latency, .. } = route;
        let count = exchanges.saturating_sub(*deliberate);
        bank.add(self.requests, (at, f64::from(count)), Merge::Sum)?;
        bank.add(self.bad, (at, f64::from(failures.all())), Merge::Sum)?;
        let Some(latency) = latency.as_ref().filter(|_| count > 0) else { return Ok(()) };
        let times = match &mut self.times {
            Some(times) => times,
            none => none.insert(Times::new(name, load, bank)?),
        };
        times.take(latency, count, at, bank)
    }
}

impl Times {
    fn new(route: &str, (phase, load): (&PhaseId, u32), bank: &mut Bank) -> Result<Self, Beyond> {
        let sum = bank.series("request_duration_sum", labels(phase, load, &[("route", route)]))?;
        let bounds = BOUNDS.iter().map(|bound| ((bound / 1_000.0).to_string(), *bound));
        let bucket = |(le, bound): (String, f64)| {
            let labels = labels(phase, load, &[("route", route), ("le", &le)]);
            Ok((bound, bank.series("request_duration_bucket", labels)?))
        };
        let buckets = bounds.chain([("+Inf".to_owned(), f64::INFINITY)]).map(bucket).collect::<Result<_, _>>()?;
        Ok(Self { sum, buckets })
    }

    fn take(&self, latency: &Latency, count: u32, at: f64, bank: &mut Bank) -> Result<(), Beyond> {
        let Latency { mean, p50, p90, p95, p99, max, .. } = *latency;
        bank.add(self.sum, (at, mean * f64::from(count) / 1_000.0), Merge::Sum)?;
        let times = Quantiles { p50, p90, p95, p99, max };
        let slot = (at / SLOT).floor() * SLOT;
        for (bound, series) in &self.buckets {
            bank.add(*series, (slot, times.at_most(*bound, count)), Merge::Sum)?;
        }
        Ok(())
    }
}

fn labels(phase: &PhaseId, load: u32, more: &[(&str, &str)]) -> Labels {
    let own = [("phase", phase.as_str()), ("load", &load.to_string())];
    own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

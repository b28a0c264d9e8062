//! Where the windows of loads lie in time, and what series they make.

use std::collections::BTreeMap;

use holdpoint_model::{PhaseId, Timestamp};

use crate::{
    Beyond,
    answers::{Route, Told},
    bank::{Bank, Labels, Place},
    durations::{BOUNDS, SLOT},
    samples::Merge,
    slot::{Durations, Slot},
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
    /// All routes together.
    whole: Option<Lane>,
}

/// Series that slots are added to: of a route, or of all routes of a load together.
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
    /// Only of a route.
    sum: Option<Place>,
    /// In the order of their bounds.
    buckets: Vec<Place>,
}

/// Whose exchanges a lane has. Those of all routes have names of their own, so that nobody counts an exchange twice.
#[derive(Debug, Clone, Copy)]
struct Whose<'a> {
    load: (&'a PhaseId, u32),
    route: Option<&'a str>,
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
            known.count(&window.routes, zero + window.at_ms, (phase, load), bank)?;
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

impl Load {
    /// Takes what a window of this moment tells of its routes.
    fn count(&mut self, routes: &[Route], at: f64, load: (&PhaseId, u32), bank: &mut Bank) -> Result<(), Beyond> {
        if routes.is_empty() {
            return Ok(());
        }
        let mut all = Slot::default();
        for route in routes {
            let whose = Whose { load, route: Some(&route.route) };
            let lane = match self.routes.get_mut(&route.route) {
                Some(lane) => lane,
                None => {
                    let lane = Lane::new(whose, bank)?;
                    self.routes.entry(route.route.clone()).or_insert(lane)
                }
            };
            let slot = Slot::of(route);
            lane.take(&slot, at, whose, bank)?;
            all.add(&slot);
        }
        let whose = Whose { load, route: None };
        let whole = match &mut self.whole {
            Some(whole) => whole,
            none => none.insert(Lane::new(whose, bank)?),
        };
        whole.take(&all, at, whose, bank)
    }
}

impl Whose<'_> {
    /// The series of a name, with some labels beside those that say whose it is.
    fn series(self, name: &str, more: &[(&str, &str)], bank: &mut Bank) -> Result<Place, Beyond> {
        let Self { load: (phase, load), route } = self;
        match route {
            Some(route) => bank.series(name, labels(phase, load, &[&[("route", route)][..], more].concat())),
            None => bank.series(&format!("load_{name}"), labels(phase, load, more)),
        }
    }
}

impl Lane {
    fn new(whose: Whose<'_>, bank: &mut Bank) -> Result<Self, Beyond> {
        let mut series = |name| whose.series(name, &[], bank);
        Ok(Self { requests: series("requests")?, bad: series("requests_bad")?, times: None })
    }

    /// Takes what was counted in a slot.
    fn take(&mut self, slot: &Slot, at: f64, whose: Whose<'_>, bank: &mut Bank) -> Result<(), Beyond> {
        bank.add(self.requests, (at, slot.requests), Merge::Sum)?;
        bank.add(self.bad, (at, slot.bad), Merge::Sum)?;
        let Some(durations) = &slot.durations else { return Ok(()) };
        let times = match &mut self.times {
            Some(times) => times,
            none => none.insert(Times::new(whose, bank)?),
        };
        times.take(durations, at, bank)
    }
}

impl Times {
    fn new(whose: Whose<'_>, bank: &mut Bank) -> Result<Self, Beyond> {
        let sum = whose.route.map(|_| whose.series("request_duration_sum", &[], bank)).transpose()?;
        let bounds = BOUNDS.iter().map(|bound| (bound / 1_000.0).to_string()).chain(["+Inf".to_owned()]);
        let buckets = bounds.map(|le| whose.series("request_duration_bucket", &[("le", &le)], bank));
        Ok(Self { sum, buckets: buckets.collect::<Result<_, _>>()? })
    }

    fn take(&self, durations: &Durations, at: f64, bank: &mut Bank) -> Result<(), Beyond> {
        if let Some(sum) = self.sum {
            bank.add(sum, (at, durations.sum), Merge::Sum)?;
        }
        let slot = (at / SLOT).floor() * SLOT;
        for (series, count) in self.buckets.iter().zip(durations.buckets) {
            bank.add(*series, (slot, count), Merge::Sum)?;
        }
        Ok(())
    }
}

fn labels(phase: &PhaseId, load: u32, more: &[(&str, &str)]) -> Labels {
    let own = [("phase", phase.as_str()), ("load", &load.to_string())];
    own.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests;

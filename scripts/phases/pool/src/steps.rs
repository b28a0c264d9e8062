//! Loads of more and more users, until the pool gives way, and then the first of them again.

use std::fmt;

use holdpoint::load::{End, Stopped};
use holdpoint::prelude::*;

use crate::watch::{Before, Levels, Seen, Watch};

/// The share of a load that may fail for another reason than the pool: of one that mostly failed nobody knows what the pool would have borne.
const MOST_FAILED: f64 = 0.05;

/// How often the first is done again.
const AGAIN: u32 = 2;

/// One load, and what was seen of the pools.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) users: u32,
    pub(crate) load: Stopped,
    pub(crate) seen: Seen,
    /// The least that each pool had in use when the load was over.
    pub(crate) after: Levels,
}

#[derive(Debug)]
pub(crate) struct Steps {
    /// Fewest users first. Only in the last of them the pool gave way.
    pub(crate) climbed: Vec<Step>,
    /// With how many users no load went, and why.
    pub(crate) refused: Option<(u32, CallError)>,
    /// The first of them again.
    pub(crate) again: Result<Vec<Step>, CallError>,
}

impl Steps {
    pub(crate) fn climb(watch: &mut Watch<'_>, before: &Before) -> Self {
        let planned = watch.config.steps();
        let total = u32::try_from(planned.len()).unwrap_or(u32::MAX).saturating_add(AGAIN);
        let (mut climbed, mut refused) = (Vec::new(), None);
        for (number, users) in (0..).zip(&planned) {
            watch.cx.progress(number, total, format_args!("{users} users act"));
            match Step::take(watch, *users, &before.least) {
                Ok(step) => {
                    let gives_way = step.seen.first.is_some();
                    climbed.push(step);
                    if gives_way || watch.mixed.is_some() {
                        break;
                    }
                }
                Err(error) => {
                    refused = Some((*users, error));
                    break;
                }
            }
        }
        let first = climbed.first().filter(|_| watch.mixed.is_none());
        let again = first.map_or(Ok(Vec::new()), |Step { users, .. }| {
            watch.cx.progress(total.saturating_sub(AGAIN), total, format_args!("{users} users act again"));
            (0..AGAIN).map(|_| Step::take(watch, *users, &before.least)).collect()
        });
        Self { climbed, refused, again }
    }

    /// Those that were done.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Step> {
        self.climbed.iter().chain(self.again.iter().flatten())
    }

    /// Where the pool gave way.
    pub(crate) fn knee(&self) -> Option<&Step> {
        self.climbed.iter().find(|step| step.seen.first.is_some())
    }
}

impl Step {
    fn take(watch: &mut Watch<'_>, users: u32, before: &Levels) -> Result<Self, CallError> {
        let (cx, config) = (watch.cx, watch.config);
        let mut seen = Seen::default();
        let load = cx.load().run_beside(&config.load(users), config.every(), || watch.during(&mut seen))?;
        let after = watch.after(&mut seen, before);
        Ok(Self { users, load, seen, after })
    }

    /// Why it shows nothing, if so.
    pub(crate) fn unproven(&self) -> Option<String> {
        let (users, load) = (self.users, &self.load);
        let through = matches!(load.end, End::Completed | End::Bound(_));
        let why = if !load.exercised || load.failed() >= load.exchanges() || !through {
            load.words()
        } else if self.mostly_failed() {
            format!("more than {} % failed: {}", MOST_FAILED * 100.0, load.words())
        } else if load.users < users || load.users_lost > 0 {
            let why = load.first_loss.as_ref().map_or_else(String::new, |why| format!(": {why}"));
            format!("{} came, and {} of them ended before the load did{why}", load.users, load.users_lost)
        } else {
            self.seen.unproven()?
        };
        Some(format!("{users} users: {why}"))
    }

    /// Whether too many failed, but for those whom the pool let give up, which is its knee.
    fn mostly_failed(&self) -> bool {
        let failed = f64::from(self.load.failed()) - self.seen.gave_up;
        failed > f64::from(self.load.exchanges()) * MOST_FAILED
    }

    /// The longest p95 of a route, in milliseconds from when a request was sent.
    pub(crate) fn slowest(&self) -> Option<f64> {
        let times = self.load.routes.iter().filter_map(|route| route.service);
        times.map(|times| times.p95).max_by(f64::total_cmp)
    }
}

impl Evidence for Step {
    fn calls(&self) -> Vec<u32> {
        (&self.load, &self.seen.calls).calls()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, load, seen, .. } = self;
        write!(f, "{users} users: ")?;
        if let Some(pool) = &seen.fullest {
            write!(f, "{} of {} in use at most", pool.in_use, pool.size)?;
            if let Some(idle) = pool.idle {
                write!(f, " and {idle} idle")?;
            }
            write!(f, ", {} waiting, ", seen.waiting)?;
        }
        if seen.is_counted {
            write!(f, "{} gave up, ", seen.gave_up)?;
        }
        if let Some(slowest) = self.slowest() {
            write!(f, "p95 {slowest:.0} ms, ")?;
        }
        write!(f, "{}", load.words())
    }
}

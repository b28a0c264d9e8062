//! Looks at the pools, and what came of those during one load.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use holdpoint::Time;
use holdpoint::metrics::OneProcess;
use holdpoint::prelude::*;

use crate::config::Config;
use crate::gauges::{self, Pool, Pools};

/// How long lies between two looks while nobody acts at least, and how many of them there are.
const PAUSE: Millis = Millis(500);
const MOST: u32 = 40;
/// Looks before the first load.
const BEFORE: u32 = 3;
/// Pools that are known, of all looks.
const MOST_KNOWN: usize = 100;
/// Looks of a load that have to show something, and the share that may not.
const FEWEST: u32 = 3;
const BLIND: f64 = 0.2;

/// Connections in use, by pool.
pub(crate) type Levels = BTreeMap<String, f64>;

/// The pools before anybody acts.
#[derive(Debug)]
pub(crate) struct Before {
    /// As the last look had them.
    pub(crate) pools: Pools,
    /// The least that each had in use.
    pub(crate) least: Levels,
}

/// What gives way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Too much is in use.
    Used,
    /// Too many wait for too long.
    Waiting,
    /// Somebody gave up.
    GaveUp,
}

impl fmt::Display for Sign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Used => "too much in use",
            Self::Waiting => "waiting for too long",
            Self::GaveUp => "giving up",
        })
    }
}

/// The looks during a load.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    looks: u32,
    blind: u32,
    /// Why the first look that showed nothing did not.
    why: Option<String>,
    /// The pool that was used up most, when it was.
    pub(crate) fullest: Option<Pool>,
    pub(crate) waiting: f64,
    pub(crate) gave_up: f64,
    /// Some pool counts who gives up.
    pub(crate) is_counted: bool,
    /// Connections in use at each look, of all pools that it showed.
    in_use: Vec<f64>,
    /// Since when too many wait, by pool.
    since: BTreeMap<String, Time>,
    /// What gave way first.
    pub(crate) first: Option<Sign>,
    /// The looks that showed more than those before.
    pub(crate) calls: Vec<u32>,
}

impl Seen {
    /// Why it says nothing of the load, if so.
    pub(crate) fn unproven(&self) -> Option<String> {
        let Self { looks, blind, why, .. } = self;
        let is_enough = looks - blind >= FEWEST && f64::from(*blind) <= f64::from(*looks) * BLIND;
        let why = why.as_ref().map_or_else(String::new, |why| format!(": {why}"));
        (!is_enough).then(|| format!("{blind} of {looks} looks showed nothing{why}"))
    }

    /// Connections in use at half of the looks, or fewer.
    pub(crate) fn median(&self) -> Option<f64> {
        let mut sorted = self.in_use.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        sorted.get(sorted.len().checked_sub(1)? / 2).copied()
    }
}

/// Who looks.
#[derive(Debug)]
pub(crate) struct Watch<'a> {
    pub(crate) cx: &'a Context,
    pub(crate) config: &'a Config,
    known: BTreeSet<String>,
    process: OneProcess,
    /// Why looks can't be compared, once one was of another process than those before.
    pub(crate) mixed: Option<String>,
    /// How many had given up at the last look, by pool.
    counted: BTreeMap<String, f64>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(cx: &'a Context, config: &'a Config) -> Self {
        let (known, process, counted) = (BTreeSet::new(), OneProcess::default(), BTreeMap::new());
        Self { cx, config, known, process, mixed: None, counted }
    }

    /// Looks a few times while nobody acts.
    pub(crate) fn before(&mut self) -> Result<Before, String> {
        let mut before = Before { pools: Pools::new(), least: Levels::new() };
        for look in 0..BEFORE {
            if look > 0 {
                self.cx.sleep(PAUSE).map_err(|error| error.to_string())?;
            }
            let (pools, _) = self.look()?;
            self.given_up(&pools);
            lower(&mut before.least, &pools);
            before.pools = pools;
        }
        Ok(before)
    }

    /// Looks once while a load goes on.
    pub(crate) fn during(&mut self, seen: &mut Seen) {
        let Some((pools, call)) = self.look_for(seen) else { return };
        let now = self.cx.now();
        seen.in_use.push(pools.values().map(|pool| pool.in_use).sum());
        for (labels, pool) in &pools {
            let share = pool.in_use / pool.size;
            if seen.fullest.is_none_or(|fullest| share > fullest.in_use / fullest.size) || pool.waiting > seen.waiting {
                seen.calls.push(call);
            }
            if seen.fullest.is_none_or(|fullest| share >= fullest.in_use / fullest.size) {
                seen.fullest = Some(*pool);
            }
            seen.waiting = seen.waiting.max(pool.waiting);
            if share >= self.config.at_most {
                seen.first.get_or_insert(Sign::Used);
            }
            if pool.waiting <= f64::from(self.config.waiting_at_most) {
                seen.since.remove(labels);
            } else if now.since(*seen.since.entry(labels.clone()).or_insert(now)) > self.config.waiting_for {
                seen.first.get_or_insert(Sign::Waiting);
            }
        }
        if seen.gave_up > 0.0 {
            seen.first.get_or_insert(Sign::GaveUp);
        }
    }

    /// Looks until no pool has more in use than before, or the time is over; the least that each had.
    pub(crate) fn after(&mut self, seen: &mut Seen, before: &Levels) -> Levels {
        let (start, mut least) = (self.cx.now(), Levels::new());
        let pause = PAUSE.max(Millis(self.config.settles.0 / MOST));
        loop {
            // These looks say nothing of the load itself, but who gave up at its end did so under it.
            let mut late = Seen::default();
            if let Some((pools, call)) = self.look_for(&mut late) {
                lower(&mut least, &pools);
                seen.calls.push(call);
            }
            seen.gave_up += late.gave_up;
            if late.gave_up > 0.0 {
                seen.first.get_or_insert(Sign::GaveUp);
            }
            let is_back = before.iter().all(|(pool, before)| least.get(pool).is_some_and(|level| level <= before));
            if is_back || self.cx.now().since(start) >= self.config.settles || self.cx.sleep(pause).is_err() {
                return least;
            }
        }
    }

    fn look_for(&mut self, seen: &mut Seen) -> Option<(Pools, u32)> {
        seen.looks += 1;
        match self.look() {
            Ok((pools, call)) => {
                seen.is_counted |= pools.values().any(|pool| pool.timeouts.is_some());
                seen.gave_up += self.given_up(&pools);
                Some((pools, call))
            }
            Err(why) => {
                seen.blind += 1;
                seen.why.get_or_insert(why);
                None
            }
        }
    }

    fn look(&mut self) -> Result<(Pools, u32), String> {
        let config = self.config;
        let told = format!("the page {} {}", config.service, config.path);
        let page = self.cx.metrics(&config.service).scrape(&config.path);
        let page = page.map_err(|error| format!("{told}: {error}"))?;
        let pools = gauges::read(&page, &config.gauges).map_err(|why| format!("{told}: {why}"))?;
        if let Err(why) = self.process.take(&page, &[&config.gauges.in_use]) {
            let why = format!("{told}: {why}");
            self.mixed.get_or_insert_with(|| why.clone());
            return Err(why);
        }
        self.known.extend(pools.keys().cloned());
        if self.known.len() > MOST_KNOWN {
            return Err(format!("{told} has named more than {MOST_KNOWN} pools"));
        }
        Ok((pools, page.seq()))
    }

    /// How many gave up since the last look at each pool. Of one that was not seen before nobody knows when they did.
    fn given_up(&mut self, pools: &Pools) -> f64 {
        let mut all = 0.0;
        for (labels, pool) in pools {
            let Some(now) = pool.timeouts else { continue };
            all += match self.counted.insert(labels.clone(), now) {
                // A counter that begins anew counts from zero.
                Some(before) if now < before => now,
                Some(before) => now - before,
                None => 0.0,
            };
        }
        all
    }
}

/// Takes what is less in use than it was so far.
fn lower(least: &mut Levels, pools: &Pools) {
    for (labels, pool) in pools {
        let level = least.entry(labels.clone()).or_insert(pool.in_use);
        *level = level.min(pool.in_use);
    }
}

//! What was asked of a system, slot by slot: how often it went well, how often it did not, and how often nobody saw. Tallies are merged, so
//! that a day is the sum of its seconds.

use alloc::vec::Vec;

use crate::{Bounds, Counts, Error, Span, Time};

/// What a slot is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It was watched: its counts are all there were.
    Observed,
    /// Nobody watched, or what was written down is lost. So many exchanges would have been made by the plan; at least one is supposed.
    Unobserved {
        /// By the plan.
        expected: u32,
    },
    /// Something was broken on purpose. It is counted apart and says nothing.
    Deliberate,
}

/// A short stretch of time with what was seen in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// Its first moment.
    pub at: Time,
    /// What it is worth.
    pub sight: Sight,
    /// Exchanges that went well.
    pub good: u32,
    /// Exchanges that did not: a status from 500 on, no connection, no answer in time.
    pub bad: u32,
    /// How long exchanges took, in one unit for all slots.
    pub times: Counts,
}

/// What was seen over some time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Exchanges that went well.
    pub good: u64,
    /// Exchanges that did not.
    pub bad: u64,
    /// Exchanges that nobody saw.
    pub unobserved: u64,
    /// Exchanges of slots in which something was broken on purpose.
    pub deliberate: u64,
    /// How long exchanges took that were seen.
    pub times: Counts,
}

impl Tally {
    /// Adds a slot.
    ///
    /// # Errors
    /// If the histogram would have too many buckets.
    pub fn add(&mut self, slot: &Slot) -> Result<(), Error> {
        let (good, bad) = (u64::from(slot.good), u64::from(slot.bad));
        match slot.sight {
            Sight::Observed => {
                self.times.merge(&slot.times)?;
                self.good = self.good.saturating_add(good);
                self.bad = self.bad.saturating_add(bad);
            }
            Sight::Unobserved { expected } => {
                self.unobserved = self.unobserved.saturating_add(u64::from(expected.max(1)));
            }
            Sight::Deliberate => self.deliberate = self.deliberate.saturating_add(good + bad),
        }
        Ok(())
    }

    /// Adds what was seen at another time or place.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        self.times.merge(&other.times)?;
        self.good = self.good.saturating_add(other.good);
        self.bad = self.bad.saturating_add(other.bad);
        self.unobserved = self.unobserved.saturating_add(other.unobserved);
        self.deliberate = self.deliberate.saturating_add(other.deliberate);
        Ok(())
    }

    /// Exchanges that were seen and say something.
    pub fn seen(&self) -> u64 {
        self.good.saturating_add(self.bad)
    }

    /// The share that went well: at least as if all that nobody saw had gone wrong, at most as if it had gone well. `None` of nothing.
    ///
    /// Each bound is one quotient of whole numbers, so that it is on the true side of a decimal limit.
    pub fn availability(&self) -> Option<Bounds> {
        let all = self.seen().saturating_add(self.unobserved);
        (all > 0).then(|| Bounds {
            low: self.good as f64 / all as f64,
            high: self.good.saturating_add(self.unobserved) as f64 / all as f64,
        })
    }

    /// The share that went wrong, in the same way.
    pub fn errors(&self) -> Option<Bounds> {
        let all = self.seen().saturating_add(self.unobserved);
        (all > 0).then(|| Bounds {
            low: self.bad as f64 / all as f64,
            high: self.bad.saturating_add(self.unobserved) as f64 / all as f64,
        })
    }

    /// The time within which this share of the exchanges ended. `None` of nothing.
    pub fn quantile(&self, share: f64) -> Option<Bounds> {
        self.times.quantile_bounds(share, self.unobserved)
    }
}

/// Slots as tallies of longer stretches, each with its first moment, in order. A slot belongs to where it begins, counted from 1970.
///
/// # Errors
/// As [`Tally::add`].
pub fn roll_up(slots: &[Slot], step: Span) -> Result<Vec<(Time, Tally)>, Error> {
    let mut tallies: alloc::collections::BTreeMap<Time, Tally> = alloc::collections::BTreeMap::new();
    let step = step.0.max(1);
    for slot in slots {
        let start = Time(slot.at.0.div_euclid(step) * step);
        tallies.entry(start).or_default().add(slot)?;
    }
    Ok(tallies.into_iter().collect())
}

//! Slots of exchanges as they are asked for. Of a load the host has all routes together, which come to the same sums in a fraction of the samples.

use holdpoint::policy::Names;
use holdpoint::policy::prelude::*;
use holdpoint::rules::Series;

/// What the host calls all routes of a load together: exchanges, those that failed, and the buckets of their times.
const OF_LOADS: [&str; 3] = ["load_requests", "load_requests_bad", "load_request_duration_bucket"];

/// Slots from a moment to another.
pub(crate) struct Slots {
    pub(crate) evidence: Evidence,
    selectors: [Selector; 3],
}

impl Slots {
    /// Those that begin from a moment to another, both included.
    pub(crate) fn of(cx: &Context, names: &Names, from: Time, to: Time) -> Result<Self> {
        let own = Names::default();
        let wanted = named(names);
        // Only the host tells series of these names, and where it tells one of a load it tells both.
        if wanted == named(&own) {
            let of_loads = Self::ask(cx, OF_LOADS, from, to)?;
            if of_loads.requests().next().is_some() {
                return Ok(of_loads);
            }
        }
        Self::ask(cx, wanted, from, to)
    }

    fn ask(cx: &Context, names: [&str; 3], from: Time, to: Time) -> Result<Self> {
        let selectors = names.map(Selector::new);
        let asks: Vec<Ask> = selectors.iter().map(|selector| Ask { selector: selector.clone(), from, to }).collect();
        Ok(Self { evidence: cx.evidence(asks)?, selectors })
    }

    /// Exchanges, by whatever they are told apart by.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &Series> {
        self.evidence.select(&self.selectors[0])
    }

    /// Those that failed.
    pub(crate) fn bad(&self) -> impl Iterator<Item = &Series> {
        self.evidence.select(&self.selectors[1])
    }

    /// How long they took.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = &Series> {
        self.evidence.select(&self.selectors[2])
    }
}

fn named(names: &Names) -> [&str; 3] {
    [&names.requests, &names.requests_bad, &names.request_duration]
}

#[cfg(test)]
mod tests;

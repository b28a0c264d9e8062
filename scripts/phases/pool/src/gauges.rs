//! What a page of metrics says of each pool. Pure.

use std::collections::BTreeMap;

use holdpoint::metrics::Page;

use crate::config::Gauges;

/// Pools that are told apart, and bytes of what tells them.
const MOST_POOLS: usize = 100;
const LONGEST_LABELS: usize = 500;

/// One pool at one look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pool {
    pub(crate) in_use: f64,
    /// Who waits for a connection.
    pub(crate) waiting: f64,
    pub(crate) size: f64,
    pub(crate) idle: Option<f64>,
    /// How many gave up so far.
    pub(crate) timeouts: Option<f64>,
    /// Seconds after which one gives up.
    pub(crate) timeout: Option<f64>,
}

/// By the labels of their gauges.
pub(crate) type Pools = BTreeMap<String, Pool>;

/// What a pool is called, for people.
pub(crate) fn named(labels: &str) -> &str {
    if labels.is_empty() { "the pool" } else { labels }
}

/// Reads every pool that the page has in use; an error says what it does not tell.
pub(crate) fn read(page: &Page, gauges: &Gauges) -> Result<Pools, String> {
    let of = |gauge: &str| by_labels(page, gauge);
    let (in_use, waiting, size) = (of(&gauges.in_use)?, of(&gauges.waiting)?, of(&gauges.size)?);
    let (idle, timeouts, timeout) = (of(&gauges.idle)?, of(&gauges.timeouts)?, of(&gauges.timeout)?);
    if in_use.is_empty() {
        return Err(format!("it has no {}", gauges.in_use));
    }
    let mut pools = Pools::new();
    for (labels, in_use) in in_use {
        let needed = |found: &BTreeMap<String, f64>, gauge: &str| {
            found.get(&labels).copied().ok_or_else(|| format!("it has no {gauge}{{{labels}}}"))
        };
        let told = |found: &BTreeMap<String, f64>| found.get(&labels).copied();
        let (waiting, size) = (needed(&waiting, &gauges.waiting)?, needed(&size, &gauges.size)?);
        if size <= 0.0 {
            return Err(format!("{}{{{labels}}} is {size}", gauges.size));
        }
        let (idle, timeouts, timeout) = (told(&idle), told(&timeouts), told(&timeout));
        pools.insert(labels, Pool { in_use, waiting, size, idle, timeouts, timeout });
    }
    Ok(pools)
}

fn by_labels(page: &Page, gauge: &str) -> Result<BTreeMap<String, f64>, String> {
    let mut found = BTreeMap::new();
    for sample in page.samples(gauge) {
        if !sample.value.is_finite() || sample.value < 0.0 {
            return Err(format!("{gauge} is {}", sample.value));
        }
        let labels = sample.labelled();
        if labels.len() > LONGEST_LABELS || found.len() >= MOST_POOLS {
            return Err(format!(
                "{gauge} has more than {MOST_POOLS} series, or labels of more than {LONGEST_LABELS} bytes"
            ));
        }
        found.insert(labels, sample.value);
    }
    Ok(found)
}

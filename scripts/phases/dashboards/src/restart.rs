//! Whether a process began anew between two looks at its page. From what its counters were before to what they are then, nearly any number lies between. Pure.

use std::collections::BTreeMap;

use holdpoint::metrics::{Exposed, MetricKind, Page};

use crate::config::Config;
use crate::page::{MOST_PROCESSES, Process, process};

/// When a process began, as its libraries tell it, in seconds since 1970.
const BEGAN: &str = "process_start_time_seconds";
/// How far that may move for one process: some reckon it from how long they have run.
const NEAR: f64 = 1.0;

/// Numbers by their name and labels.
type Lines = BTreeMap<(String, String), f64>;

/// What every process said when it was looked at last.
#[derive(Debug, Default)]
pub(crate) struct Restarts(BTreeMap<Process, Lines>);

impl Restarts {
    /// Takes the next page. Gives back the processes that have begun anew since they were looked at, each with what shows it.
    pub(crate) fn take(&mut self, page: &Page, config: &Config) -> BTreeMap<Process, String> {
        let mut anew = BTreeMap::new();
        for (process, lines) in told(page, config) {
            let before = self.0.get(&process);
            // Of more of them no panel is judged.
            if before.is_none() && self.0.len() >= MOST_PROCESSES {
                continue;
            }
            if let Some(shows) = before.and_then(|before| shown(before, &lines)) {
                anew.insert(process.clone(), shows);
            }
            self.0.insert(process, lines);
        }
        anew
    }
}

/// What shows that a process began anew: a counter that fell, or when it began.
fn shown(before: &Lines, now: &Lines) -> Option<String> {
    now.iter().find_map(|(line, value)| {
        let (name, was) = (&line.0, *before.get(line)?);
        let is_anew = if name == BEGAN { (value - was).abs() > NEAR } else { *value < was };
        is_anew.then(|| format!("{name} was {was} and is {value}"))
    })
}

/// What each process of a page says that tells a restart.
fn told(page: &Page, config: &Config) -> BTreeMap<Process, Lines> {
    let mut all: BTreeMap<Process, Lines> = BTreeMap::new();
    for family in page.families() {
        for sample in family.samples.iter().filter(|sample| tells(family.kind, sample)) {
            // What has labels that are too long is compared with no panel.
            if let Ok(process) = process(sample, config) {
                all.entry(process).or_default().insert((sample.name.clone(), sample.labelled()), sample.value);
            }
        }
    }
    all
}

/// Where a page does not say what a metric is, its name does.
fn tells(kind: MetricKind, sample: &Exposed) -> bool {
    let is_counter = match kind {
        MetricKind::Counter => true,
        MetricKind::Unknown => sample.name.ends_with("_total"),
        _ => false,
    };
    is_counter || sample.name == BEGAN
}

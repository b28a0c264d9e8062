//! What is seen of a phase that watches a backend: its looks, each a request for metrics.

use std::path::Path;

use holdpoint_journal::{Error, Reader};
use holdpoint_model::{EventKind, Timestamp};

use crate::{Scene, process::until};

/// When each look of the newest run was made, in milliseconds since the first.
#[track_caller]
pub fn looks(scene: &Scene) -> Vec<f64> {
    let journal = scene.journal();
    read(&journal).unwrap_or_else(|e| panic!("{}: {e}", journal.display()))
}

/// Waits until a run that goes on has made so many looks. Its journal is a file before it has its tables.
#[track_caller]
pub fn until_looks(scene: &Scene, at_least: usize) {
    let runs = scene.path().join(".holdpoint/runs");
    until("there are looks", || {
        let has_run = std::fs::read_dir(&runs).is_ok_and(|mut runs| runs.next().is_some());
        has_run && read(&scene.journal()).is_ok_and(|looks| looks.len() >= at_least)
    });
}

fn read(journal: &Path) -> Result<Vec<f64>, Error> {
    let mut looks: Vec<Timestamp> = Vec::new();
    let is_look = |kind: &EventKind| matches!(kind, EventKind::Call(call) if call.summary == "GET backend /metrics");
    let reader = Reader::open(journal)?;
    reader.for_each_event(|event| looks.extend(is_look(&event.kind).then_some(event.at)))?;
    let first = looks.first().copied().unwrap_or(Timestamp(0.0));
    Ok(looks.iter().map(|look| look.since(first)).collect())
}

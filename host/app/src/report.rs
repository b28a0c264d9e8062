//! Reports of stored runs, built from their journals alone.

use std::path::{Path, PathBuf};

use holdpoint_bundle::Verified;
use holdpoint_journal::{Reader, Row};
use holdpoint_model::Event;
use holdpoint_report::{Collector, Report};

use crate::{
    Error, Machine,
    plan::planned,
    record::StoredSources,
    store::{RunRef, Stored},
};

/// A run with its report.
pub struct StoredRun {
    pub report: Report,
    /// Where its journal is.
    pub journal: PathBuf,
}

/// The report of a run, after its chain was followed.
pub fn report_of(reference: &RunRef, machine: &Machine) -> Result<StoredRun, Error> {
    let stored = reference.find(machine)?;
    let report = build(&stored)?;
    Ok(StoredRun { report, journal: stored.journal() })
}

pub(crate) fn build(stored: &Stored) -> Result<Report, Error> {
    let reader = Reader::open(&stored.journal())?;
    reader.verify()?;
    let verified = StoredSources::of(&reader.header()?)?.verify()?;
    of_journal(&stored.journal(), &verified)
}

/// The report of a journal whose bundle is known. Events are taken one by one: there may be more than fit into memory.
pub(crate) fn of_journal(journal: &Path, verified: &Verified) -> Result<Report, Error> {
    let mut collector = Collector::new(&planned(verified));
    Reader::open(journal)?.for_each_event(|event| collector.take(event))?;
    Ok(collector.finish(&verified.checklist))
}

/// The events of a run that somebody wants to see, with their rows. A run that is being written can be looked at.
pub fn event_rows(
    reference: &RunRef,
    machine: &Machine,
    wanted: impl Fn(&Event) -> bool,
) -> Result<Vec<(Event, Row)>, Error> {
    let reader = Reader::open(&reference.find(machine)?.journal())?;
    let mut events = Vec::new();
    reader.for_each_event(|event| {
        if wanted(&event) {
            events.push(event);
        }
    })?;
    let with_row = |event: Event| Ok(reader.row(event.position)?.map(|row| (event, row)));
    events.into_iter().filter_map(|event| with_row(event).transpose()).collect()
}

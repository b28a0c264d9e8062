//! Reports of stored runs, built from their journals alone.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use holdpoint_bundle::Verified;
use holdpoint_journal::{Reader, Row, Writer};
use holdpoint_model::{Event, EventKind, Origin, PhaseId};
use holdpoint_report::{Collector, Report};

use crate::{
    Error, Machine,
    plan::{planned, planned_policies},
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
    let mut collector = collector(verified);
    Reader::open(journal)?.for_each_event(|event| collector.take(event))?;
    Ok(collector.finish(&verified.checklist))
}

/// A collector that knows what the bundle planned.
pub(crate) fn collector(verified: &Verified) -> Collector {
    Collector::new(&planned(verified)).judged_by(&planned_policies(verified)).in_stages(verified.stages.clone())
}

/// The report of a journal as it will be with these rows behind it.
fn of_journal_and(journal: &Path, verified: &Verified, rows: &[Row]) -> Result<Report, Error> {
    let mut collector = collector(verified);
    let reader = Reader::open(journal)?;
    reader.for_each_event(|event| collector.take(event))?;
    let (last, _) = reader.head()?;
    for (position, row) in (last + 1..).zip(rows) {
        collector.take(row.event(position)?);
    }
    Ok(collector.finish(&verified.checklist))
}

/// Appends rows together with the decision that the run comes to with them: after a crash all are there, or none. Everything that
/// was appended before must be committed.
pub(crate) async fn decide(
    writer: &Writer,
    journal: &Path,
    verified: &Verified,
    mut rows: Vec<Row>,
    at: f64,
) -> Result<(), Error> {
    let report = of_journal_and(journal, verified, &rows)?;
    rows.push(Row::run_ended(report.comes_to(), report.next_stage().map(str::to_owned), at));
    Ok(writer.append_whole(rows).await?)
}

/// The phases of a run that were taken over, with the runs that have their calls.
pub fn taken_over(reference: &RunRef, machine: &Machine) -> Result<BTreeMap<PhaseId, Origin>, Error> {
    let mut origins = BTreeMap::new();
    Reader::open(&reference.find(machine)?.journal())?.for_each_event(|event| {
        if let EventKind::PhaseTakenOver { phase, origin } = event.kind {
            origins.insert(phase, origin);
        }
    })?;
    Ok(origins)
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

//! Doing a part of a run again, as a new run: what completed and does not depend on that part is taken over, the rest is executed.

use std::collections::BTreeSet;

use holdpoint_bundle::Verified;
use holdpoint_journal::{Reader, Row, RowKind};
use holdpoint_model::{Digest, Level, Origin, PhaseEnd, PhaseId, Retry, RunId, Timestamp};
use holdpoint_report::Report;

use crate::{
    Error, Live, Machine, Started, backends,
    drive::progress_of,
    permission,
    plan::Progress,
    record::{self, StoredSources},
    report, run,
    store::{RunRef, RunState},
};

/// Which run, and from which phase on.
#[derive(Debug, Clone)]
pub struct RetryChoices {
    pub run: RunRef,
    pub from: PhaseId,
}

/// Begins a run that does a part of another again.
pub async fn retry(choices: &RetryChoices, machine: &Machine, live: Option<Live>) -> Result<Started, Error> {
    let stored = choices.run.find(machine)?;
    let reader = Reader::open(&stored.journal())?;
    let header = StoredSources::of(&reader.header()?)?;
    if stored.state()? == RunState::Running {
        let run = &header.run;
        return Err(Error::Usage(format!(
            "run {run} is being worked on; wait for its end, or `holdpoint cancel {run}`"
        )));
    }
    reader.verify()?;
    let before = report::of_journal(&stored.journal(), &header.verify()?)?;
    let (sources, verified) = permission::today(&header, machine)?;
    backends::probe(&verified)?;
    let progress = progress_of(&stored.journal())?;
    let again = again(&verified, &progress, &choices.from)?;
    let head = reader.head()?.1;
    let taken = taken_over(&reader, &verified, &progress, &again, &Origin { run: header.run.clone(), head })?;
    let retry = earlier(&header.run, head, &choices.from, &before);
    let manner = header.manner;
    run::begin(verified, (manner, 0), machine, live, |run, verified, at| {
        let mut rows = vec![record::header(run, sources, verified, manner, Some(retry), at)];
        rows.extend(taken);
        rows
    })
    .await
}

/// What is done again: the phase, those that need it, and what did not complete. Pure.
fn again(verified: &Verified, progress: &Progress, from: &PhaseId) -> Result<BTreeSet<PhaseId>, Error> {
    let Some(first) = verified.phases.iter().find(|phase| phase.id == *from) else {
        let known = verified.phases.iter().map(|phase| phase.id.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Error::Usage(format!("the run has no phase `{from}`; it has {known}")));
    };
    let mut again = BTreeSet::from([from.clone()]);
    // Each phase stands after those that it needs.
    for phase in &verified.phases {
        let completed = progress.end(&phase.id) == Some(&PhaseEnd::Completed);
        if !completed || phase.needs.iter().any(|need| again.contains(need)) {
            again.insert(phase.id.clone());
        }
    }
    for need in &first.needs {
        let unmet = match progress.unmet(verified, need) {
            None if again.contains(need) => Some(format!("needs `{need}`, which did not complete")),
            unmet => unmet,
        };
        if let Some(why) = unmet {
            return Err(Error::Usage(format!("phase `{from}` {why} in that run; begin earlier: --from {need}")));
        }
    }
    Ok(again)
}

/// The rows of what is taken over. Of a phase that was taken over before, the run that executed it stays the origin.
fn taken_over(
    reader: &Reader,
    verified: &Verified,
    progress: &Progress,
    again: &BTreeSet<PhaseId>,
    origin: &Origin,
) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::new();
    for phase in verified.phases.iter().map(|phase| &phase.id).filter(|phase| !again.contains(*phase)) {
        let started = progress.started(phase).unwrap_or(Timestamp(0.0));
        rows.push(Row::phase_taken_over(phase, progress.origin(phase).unwrap_or(origin), started.0));
        reader.for_each_row_of(phase, |row| {
            if matches!(row.kind, RowKind::Statement | RowKind::PhaseEnded) {
                rows.push(row);
            }
            Ok(())
        })?;
    }
    Ok(rows)
}

/// What the header of the new run keeps of the run before.
fn earlier(run: &RunId, head: Digest, from: &PhaseId, report: &Report) -> Retry {
    let rows = report.rows.iter().filter(|row| row.level != Level::Off);
    let mut before: std::collections::BTreeMap<_, _> = rows.map(|row| (row.id.clone(), row.verdict)).collect();
    before.extend(report.flaky().map(|(row, verdict)| (row.id.clone(), verdict)));
    Retry { run: run.clone(), head, from: from.clone(), before }
}

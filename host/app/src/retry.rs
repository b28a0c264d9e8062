//! Doing a part of a run again, as a new run: what completed and does not depend on that part is taken over, the rest is executed.

use std::collections::BTreeSet;

use holdpoint_bundle::Verified;
use holdpoint_journal::{Reader, Row, RowKind};
use holdpoint_model::{Digest, Level, Origin, PhaseEnd, PhaseId, Retry, RunId, Timestamp};
use holdpoint_report::Report;

use crate::{
    Error, Live, Machine, Started,
    drive::progress_of,
    lacks, permission,
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
    lacks::probe(&verified)?;
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
    if of_rollback(verified).any(|phase| phase == from) {
        return Err(Error::Usage(format!(
            "phase `{from}` is part of the rollback, which runs when something calls for it; to have it now: holdpoint run BUNDLE --only {from}"
        )));
    }
    let mut again = taken_back(verified, progress);
    again.insert(from.clone());
    // Each phase stands after those that it needs.
    for phase in &verified.phases {
        let completed = progress.end(&phase.id) == Some(&PhaseEnd::Completed);
        if !completed || phase.needs.iter().any(|need| again.contains(need)) {
            again.insert(phase.id.clone());
        }
    }
    for need in &first.needs {
        let unmet = match progress.unmet(verified, need) {
            None if again.contains(need) && progress.end(need) == Some(&PhaseEnd::Completed) => {
                Some(format!("needs `{need}`, whose effects were taken back"))
            }
            None if again.contains(need) => Some(format!("needs `{need}`, which did not complete")),
            unmet => unmet,
        };
        if let Some(why) = unmet {
            return Err(Error::Usage(format!("phase `{from}` {why} in that run; begin earlier: --from {need}")));
        }
    }
    Ok(again)
}

/// The phases of the rollback. Whoever asked for phases by name had no rollback beside them.
fn of_rollback(verified: &Verified) -> impl Iterator<Item = &PhaseId> {
    verified.rollback.iter().filter(move |_| verified.only.is_none()).flat_map(|rollback| &rollback.phases)
}

/// A rollback is for what its own run has done, so that of another run counts for nothing; and what it took back, or may have, is not there any more.
fn taken_back(verified: &Verified, progress: &Progress) -> BTreeSet<PhaseId> {
    let mut again: BTreeSet<PhaseId> = of_rollback(verified).cloned().collect();
    if again.iter().any(|phase| progress.started(phase).is_some()) {
        again.extend(verified.rollback.iter().flat_map(|rollback| rollback.undoes.iter().cloned()));
    }
    again
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

#[cfg(test)]
mod tests {
    use holdpoint_bundle::RollbackMode;
    use holdpoint_model::{EventKind, Verdict};

    use super::*;
    use crate::plan::tests::{ended, id, take, with_rollback};

    /// `a` and `d` completed, `b`, which needs `a`, failed its row; `c` took back what `a` did, if it was begun.
    fn before(rolled_back: bool) -> Progress {
        let mut progress = Progress::new();
        for (name, verdict) in [("a", Verdict::Pass), ("d", Verdict::Pass), ("b", Verdict::Fail)] {
            take(&mut progress, EventKind::PhaseStarted { phase: id(name) });
            ended(&mut progress, name, verdict, PhaseEnd::Completed);
        }
        if rolled_back {
            take(&mut progress, EventKind::PhaseStarted { phase: id("c") });
            ended(&mut progress, "c", Verdict::Pass, PhaseEnd::Completed);
        } else {
            let end = PhaseEnd::Skipped("nothing called for it".into());
            take(&mut progress, EventKind::PhaseEnded { phase: id("c"), end });
        }
        progress
    }

    #[test]
    fn a_rollback_is_never_taken_over_and_what_it_took_back_is_done_again() {
        let bundle = with_rollback(RollbackMode::Auto);
        let done = |rolled_back, from: &str| again(&bundle, &before(rolled_back), &id(from));
        assert_eq!(done(false, "b").unwrap(), BTreeSet::from(["b", "c"].map(id)));
        assert_eq!(done(true, "d").unwrap(), BTreeSet::from(["a", "b", "c", "d"].map(id)));
        assert_eq!(done(true, "a").unwrap(), BTreeSet::from(["a", "b", "c"].map(id)));
        let refused = done(true, "b").unwrap_err().to_string();
        assert!(refused.contains("needs `a`, whose effects were taken back"), "{refused}");
        assert!(refused.contains("begin earlier: --from a"), "{refused}");
    }

    #[test]
    fn a_retry_begins_with_no_phase_of_the_rollback() {
        let refused = again(&with_rollback(RollbackMode::Auto), &before(true), &id("c")).unwrap_err().to_string();
        assert!(refused.contains("is part of the rollback") && refused.contains("--only c"), "{refused}");
    }
}

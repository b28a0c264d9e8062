//! What a run's file must be to go on elsewhere: whole, decided, and without anything of what is to come. Whoever takes a file in looks for that, and
//! so does whoever hands a run over: what no machine takes in would be lost.

use std::{collections::BTreeSet, path::Path};

use holdpoint_bundle::Verified;
use holdpoint_journal::{Error as JournalError, Reader, RowKind};
use holdpoint_model::{Digest, Event, EventKind, PhaseId, RunId, Timestamp};

use crate::{
    Error,
    drive::progress_of,
    plan::Progress,
    record::StoredSources,
    store::{RunState, Stored},
};

/// The largest file that is taken in, in bytes.
const LARGEST: u64 = 16 << 30;
/// How often a run may come to a machine in a file.
pub(crate) const MOST: u32 = 64;

/// A run's file that was looked through.
pub(crate) struct Whole {
    pub(crate) header: StoredSources,
    pub(crate) state: RunState,
    pub(crate) handed_over: bool,
    pub(crate) latest: Timestamp,
}

/// Whether a file of this size is taken in.
pub(crate) fn bounded(file: &Path, size: u64) -> Result<(), Error> {
    if size <= LARGEST {
        return Ok(());
    }
    Err(Error::Usage(format!("{} has {size} bytes; a run's file has {LARGEST} at most", file.display())))
}

/// Follows the chain, reads every row and body, and verifies the bundle.
pub(crate) fn whole(file: &Path) -> Result<Whole, Error> {
    let reader = Reader::open(file)?;
    reader.verify()?;
    honest_bodies(&reader)?;
    let row = reader.header()?;
    let header = StoredSources::of(&row)?;
    let progress = progress_of(file)?;
    let EventKind::RunStarted(begun) = row.event(1)?.kind else {
        return Err(damaged(1, "it does not begin with the run's header"));
    };
    let verified = header.verify()?;
    if verified.digest != begun.bundle_digest {
        return Err(damaged(1, "its bundle is not the one that its header names"));
    }
    let state = Stored::File(file.to_owned()).state()?;
    if !matches!(state, RunState::Between { .. } | RunState::Ended(_)) {
        return Err(Error::Usage(format!(
            "run {} has no decision in this file, so nobody can tell what it has just done; resume or cancel it where it was begun, and export it then",
            header.run
        )));
    }
    settled(&header.run, reader.imports()?)?;
    judged_ticks(&reader)?;
    nothing_to_come(&reader, &verified, &progress, &state)?;
    Ok(Whole { header, state, handed_over: reader.is_handed_over()?, latest: progress.latest() })
}

fn damaged(position: u64, what: &str) -> Error {
    Error::Journal(JournalError::Damaged { position, what: what.into() })
}

fn settled(run: &RunId, imports: u32) -> Result<(), Error> {
    if imports < MOST {
        return Ok(());
    }
    Err(Error::Usage(format!("run {run} came to a machine {imports} times, and may {MOST} times at most")))
}

/// Also a body that no row names yet is what it is called: one that was recorded later by that name would not be written again.
fn honest_bodies(reader: &Reader) -> Result<(), Error> {
    let mut wrong = None;
    reader.for_each_body(|digest, bytes| {
        if wrong.is_none() && Digest::of(bytes) != digest {
            wrong = Some(digest);
        }
    })?;
    wrong.map_or(Ok(()), |digest| {
        Err(Error::Journal(JournalError::DamagedBody { digest: digest.to_string(), what: "is not what was recorded" }))
    })
}

/// Policies judge each tick once, so what says that one is judged which is to come would keep its policy from it.
fn judged_ticks(reader: &Reader) -> Result<(), Error> {
    let (mut ticks, mut ahead) = (BTreeSet::new(), None);
    reader.for_each_event(|Event { position, kind, .. }| match kind {
        EventKind::Ticked { .. } => {
            ticks.insert(position);
        }
        EventKind::Found(found) if ahead.is_none() && !ticks.contains(&found.tick) => ahead = Some(position),
        _ => {}
    })?;
    ahead.map_or(Ok(()), |position| Err(damaged(position, "it judges a tick that was not taken before it")))
}

/// Of a phase that has not ended, of a stage that has not begun, and of a rollback that may still come, nothing stands in the file.
fn nothing_to_come(reader: &Reader, verified: &Verified, progress: &Progress, state: &RunState) -> Result<(), Error> {
    let next = match state {
        RunState::Between { next, .. } => Some(next),
        RunState::Running | RunState::Interrupted | RunState::Ended(_) => None,
    };
    let place = next.and_then(|next| verified.stages.iter().position(|stage| stage == next));
    for phase in &verified.phases {
        let later = place.is_some_and(|place| verified.place_of(&phase.stage) >= place);
        let mut rollback = verified.rollback.iter().filter(|_| next.is_some());
        let taken_back = rollback.any(|rollback| rollback.phases.contains(&phase.id));
        let is_to_come = later || taken_back || progress.end(&phase.id).is_none();
        if !is_to_come {
            continue;
        }
        let waited = progress.approval(&phase.id).is_some() || progress.scheduled(&phase.id).is_some();
        if waited || has_rows(reader, &phase.id)? {
            return Err(Error::Usage(format!(
                "phase `{}` is still to come in this file, and something of it stands there already: what nobody here has found, a time, or a person's word",
                phase.id
            )));
        }
    }
    let comes = progress.between(verified).and_then(|place| verified.stages.get(place));
    match next {
        Some(next) if comes != Some(next) => Err(Error::Usage(format!(
            "stage `{next}` is to come by the decision in this file, and not by what stands before it"
        ))),
        _ => Ok(()),
    }
}

/// Whether there is anything of a phase. A policy may be called as it is.
fn has_rows(reader: &Reader, phase: &PhaseId) -> Result<bool, Error> {
    let mut found = false;
    reader.for_each_row_of(phase, |row| {
        found |= row.kind != RowKind::Found;
        Ok(())
    })?;
    Ok(found)
}

#[cfg(test)]
pub(crate) mod tests {
    use holdpoint_journal::{Durability, Row, Writer};
    use holdpoint_model::{
        Body, PolicyId,
        policy::{Found, Judgement},
    };

    use super::*;

    #[test]
    fn a_file_has_a_bound() {
        bounded(Path::new("run.db"), LARGEST).unwrap();
        let refused = bounded(Path::new("run.db"), LARGEST + 1).unwrap_err().to_string();
        assert_eq!(refused, "run.db has 17179869185 bytes; a run's file has 17179869184 at most");
    }

    #[test]
    fn a_run_moves_so_often_and_no_oftener() {
        let run = RunId::parse("R1").unwrap();
        settled(&run, MOST - 1).unwrap();
        let refused = settled(&run, MOST).unwrap_err().to_string();
        assert_eq!(refused, "run R1 came to a machine 64 times, and may 64 times at most");
    }

    /// A journal of these rows.
    pub(crate) async fn journal(folder: &Path, name: &str, rows: Vec<Row>) -> Reader {
        let path = folder.join(name);
        let writer = Writer::create(&path, Durability::Scratch, None).unwrap();
        for row in rows {
            writer.append(row).await.unwrap();
        }
        writer.close().unwrap();
        Reader::open(&path).unwrap()
    }

    #[tokio::test]
    async fn what_has_no_header_is_not_taken() {
        let folder = tempfile::tempdir().unwrap();
        drop(journal(folder.path(), "headless", vec![Row::run_resumed(1.0)]).await);
        let refused = whole(&folder.path().join("headless")).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains("does not begin with the run's header"), "{refused}");
    }

    #[tokio::test]
    async fn no_policy_has_judged_a_tick_that_is_to_come() {
        let folder = tempfile::tempdir().unwrap();
        let judges = |tick: u64| {
            let judgement = Judgement::Findings { findings: Vec::new(), fuel: 0 };
            let found = Found { policy: PolicyId::parse("alerts").unwrap(), tick, judgement };
            vec![Row::tick(false, 1.0), Row::found(&found, 1, Body::default(), 1.0)]
        };
        judged_ticks(&journal(folder.path(), "taken", judges(1)).await).unwrap();
        for tick in [0, 2, 3, u64::MAX] {
            let ahead = journal(folder.path(), &tick.to_string(), judges(tick)).await;
            let refused = judged_ticks(&ahead).unwrap_err().to_string();
            let why = "the journal is damaged at position 2: it judges a tick that was not taken before it";
            assert_eq!(refused, why, "{tick}");
        }
    }
}

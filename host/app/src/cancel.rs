//! Ending a run for good: by asking the host that works on it, or in the place of one that does not any more.

use holdpoint_bundle::Verified;
use holdpoint_cap_secret::RunVault;
use holdpoint_gate::Clock as _;
use holdpoint_journal::{Reader, Row, RunFolder, RunLock, Writer};
use holdpoint_model::{Cancellation, PhaseEnd, RunId};
use holdpoint_report::Report;

use crate::{
    Error, Machine,
    control::{Asked, ask_to_cancel},
    drive::progress_of,
    notify, permission,
    plan::Progress,
    record::StoredSources,
    report,
    store::{RunRef, RunState, Stored},
    user,
};

/// A run that was ended for good.
pub struct Cancelled {
    pub run: RunId,
    pub report: Report,
}

/// Ends a run for good. One that has ended already is refused with what it ended with.
pub async fn cancel(reference: &RunRef, reason: &str, machine: &Machine) -> Result<Cancelled, Error> {
    let stored = reference.find(machine)?;
    let folder = stored.folder_to("cancelled")?;
    let lock = match folder.lock() {
        Ok(lock) => lock,
        Err(locked @ holdpoint_journal::Error::Locked { .. }) => match ask_to_cancel(&folder, reason).await {
            Asked::Done => {
                let lock = wait(&folder).await?;
                let report = report::build(&stored)?;
                if report.cancelled.is_none() && matches!(stored.state()?, RunState::Ended(_)) {
                    return Err(ended(&stored)?);
                }
                if let (Some(header), Some(_), Some(_)) = (&report.header, report.decision, &report.cancelled) {
                    return Ok(Cancelled { run: header.run.clone(), report });
                }
                // It was stopped before it could decide, or rests between two stages.
                lock
            }
            Asked::Refused(why) => {
                return Err(Error::Usage(format!("{locked}\n  it was asked to cancel the run and refuses: {why}")));
            }
            // It may have ended a moment ago; then that is the answer.
            Asked::Nobody => match stored.state()? {
                RunState::Ended(_) => return Err(ended(&stored)?),
                RunState::Running => {
                    return Err(Error::Usage(format!(
                        "{locked}; it takes no requests, so interrupt it and cancel again"
                    )));
                }
                RunState::Interrupted | RunState::Between { .. } => wait(&folder).await?,
            },
        },
        Err(other) => return Err(other.into()),
    };
    abandoned(&stored, &folder, lock, reason, machine).await
}

/// The host is done, or about to be; what is left of that is short.
async fn wait(folder: &RunFolder) -> Result<RunLock, Error> {
    let folder = folder.clone();
    let waited = tokio::task::spawn_blocking(move || folder.lock_when_free()).await;
    let broken = |e: tokio::task::JoinError| Error::Usage(format!("waiting for the run broke off: {e}"));
    Ok(waited.map_err(broken)??)
}

fn ended(stored: &Stored) -> Result<Error, Error> {
    let state = match stored.state()? {
        RunState::Ended(decision) => format!("has ended with `{decision}`"),
        RunState::Running | RunState::Interrupted | RunState::Between { .. } => {
            "is not what it was a moment ago".to_owned()
        }
    };
    let run = StoredSources::of(&Reader::open(&stored.journal())?.header()?)?.run;
    Ok(Error::Usage(format!("run {run} {state}; there is nothing to cancel")))
}

/// Ends a run that nobody works on.
async fn abandoned(
    stored: &Stored,
    folder: &RunFolder,
    lock: RunLock,
    reason: &str,
    machine: &Machine,
) -> Result<Cancelled, Error> {
    if let RunState::Ended(_) = stored.state()? {
        return Err(ended(stored)?);
    }
    let journal = folder.journal();
    let reader = Reader::open(&journal)?;
    reader.verify()?;
    let header = StoredSources::of(&reader.header()?)?;
    let verified = permission::to_act(&header, &reader, machine)?;
    drop(reader);
    let own = user::own().map_err(|e| Error::Usage(format!("can't tell who cancels: {e}")))?;
    let cancellation = Cancellation { by: user::name_of(own), reason: reason.to_owned() };
    let progress = progress_of(&journal)?;
    let now = header.manner.clock(progress.latest()).now().0;
    let rows = rows(&verified, &progress, &cancellation, now);
    let writer = Writer::open(&journal, None)?;
    report::decide(&writer, &journal, &verified, rows, now).await?;
    let verified = std::sync::Arc::new(verified);
    if header.manner.is_for_good() {
        notify::deliver(&verified, &header.run, &journal, &writer).await?;
    }
    writer.close()?;
    // A host that was killed leaves these behind.
    let refused = |e: holdpoint_cap_secret::Error| Error::Usage(e.to_string());
    RunVault::new(&header.run, Vec::new(), Some(folder.sessions()))
        .and_then(|vault| vault.forget())
        .map_err(refused)?;
    folder.forget_loads()?;
    let _ = std::fs::remove_file(folder.control());
    drop(lock);
    Ok(Cancelled { run: header.run.clone(), report: report::of_journal(&journal, &verified)? })
}

/// What a cancelled run says of itself and of every phase that has not ended.
pub(crate) fn rows(verified: &Verified, progress: &Progress, cancellation: &Cancellation, at: f64) -> Vec<Row> {
    let open = verified.phases.iter().map(|phase| &phase.id).filter(|phase| progress.end(phase).is_none());
    let ends = open.map(|phase| {
        let why = cancellation.to_string();
        let end = match progress.started(phase) {
            Some(_) => PhaseEnd::Cancelled(why),
            None => PhaseEnd::Skipped(why),
        };
        Row::phase_ended(phase, &end, at)
    });
    std::iter::once(Row::run_cancelled(cancellation, at)).chain(ends).collect()
}

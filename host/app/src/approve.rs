//! Answering for a phase that waits: the host that works on the run is told, or the journal of a run at rest. The operator's file of
//! today says who may: that of the host while there is one.

use std::sync::Arc;

use holdpoint_bundle::Verified;
use holdpoint_gate::Clock as _;
use holdpoint_journal::{Reader, Row, RunFolder, RunLock, Writer};
use holdpoint_model::{ApprovalAnswer, RunId, Timestamp};

use crate::{
    Error, Machine, approval,
    control::{Asked, tell_answer},
    drive::progress_of,
    notify, permission,
    plan::Progress,
    record::StoredSources,
    store::{RunRef, RunState, Stored},
};

/// A phase that waits, and what is said to it. Name and reason were checked.
#[derive(Debug, Clone, PartialEq)]
pub struct ApproveChoices {
    pub run: RunRef,
    pub answer: ApprovalAnswer,
}

/// What was written down.
#[derive(Debug, Clone, PartialEq)]
pub struct Approved {
    pub run: RunId,
    pub answer: ApprovalAnswer,
    /// No host works on the run: it is to be resumed.
    pub at_rest: bool,
}

/// Approves or denies what a phase waits for.
pub async fn approve(choices: &ApproveChoices, machine: &Machine) -> Result<Approved, Error> {
    let ApproveChoices { run, answer } = choices;
    let stored = run.find(machine)?;
    let folder = stored.folder_to("approved in")?;
    let at_rest = match folder.lock() {
        Ok(lock) => resting(&stored, lock, answer, machine).await.map(|()| true)?,
        Err(locked @ holdpoint_journal::Error::Locked { .. }) => match tell_answer(&folder, answer).await {
            Asked::Done => false,
            Asked::Refused(why) => return Err(Error::Usage(why)),
            // It may have stopped a moment ago; then the journal is asked.
            Asked::Nobody => match folder.lock() {
                Ok(lock) => resting(&stored, lock, answer, machine).await.map(|()| true)?,
                Err(_) => {
                    let what = "it does not say whether it has taken the answer";
                    return Err(Error::Usage(format!("{locked}; {what}: see `holdpoint show`, and try again")));
                }
            },
        },
        Err(other) => return Err(other.into()),
    };
    let run = run_of(&folder)?;
    Ok(Approved { run, answer: answer.clone(), at_rest })
}

fn run_of(folder: &RunFolder) -> Result<RunId, Error> {
    Ok(StoredSources::of(&Reader::open(&folder.journal())?.header()?)?.run)
}

/// Writes the answer into the journal of a run that nobody works on.
async fn resting(stored: &Stored, lock: RunLock, answer: &ApprovalAnswer, machine: &Machine) -> Result<(), Error> {
    let journal = stored.journal();
    let reader = Reader::open(&journal)?;
    reader.verify()?;
    let header = StoredSources::of(&reader.header()?)?;
    if let RunState::Ended(decision) = stored.state()? {
        let run = &header.run;
        return Err(Error::Usage(format!("run {run} has ended with `{decision}`; there is nothing to approve")));
    }
    let (verified, progress) = (permission::to_act(&header, &reader, machine)?, progress_of(&journal)?);
    drop(reader);
    let now = header.manner.clock(progress.latest()).now();
    judge(answer, (&verified, &progress, header.manner.dry_run), machine, now).map_err(Error::Usage)?;
    let writer = Writer::open(&journal, None)?;
    writer.append_durable(Row::approval_answered(answer, now.0)).await?;
    if header.manner.is_for_good() {
        notify::deliver(&Arc::new(verified), &header.run, &journal, &writer).await?;
    }
    writer.close()?;
    drop(lock);
    Ok(())
}

/// Whether an answer counts now, and whoever gives it may. Else why not, and what would change it.
pub(crate) fn judge(
    answer: &ApprovalAnswer,
    (verified, progress, dry_run): (&Verified, &Progress, bool),
    machine: &Machine,
    now: Timestamp,
) -> Result<(), String> {
    approval::judge(answer, verified, progress, now, dry_run)?;
    allowed(answer, machine)
}

/// Asks the operator's file of today.
fn allowed(answer: &ApprovalAnswer, machine: &Machine) -> Result<(), String> {
    let ceiling = permission::operator(machine).map_err(|e| e.to_string())?.approvals;
    let word = if answer.approved { "approved" } else { "denied" };
    let what = format!("phase `{}` is not {word}", answer.phase);
    permission::refusal(&what, ceiling.missing(answer), machine).map_or(Ok(()), Err)
}

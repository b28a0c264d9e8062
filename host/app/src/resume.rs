//! Taking up a run that was interrupted: what is recorded is rolled forward over, the rest is done.

use std::sync::Arc;

use holdpoint_gate::Clock as _;
use holdpoint_journal::{Reader, Row, RunFolder, Writer};
use holdpoint_model::RunId;
use holdpoint_report::Report;

use crate::{
    Cancel, Error, Live, Machine,
    control::Control,
    drive::{Drive, progress_of, watching},
    notify, permission,
    record::StoredSources,
    run::through,
    store::{RunRef, RunState, StoredFolder},
};

/// A run that was taken up.
pub struct Resumed {
    pub run: RunId,
    pub folder: StoredFolder,
    /// It came from another machine: what servers handed out there is not here.
    pub imported: bool,
    drive: Drive,
}

/// Takes up a run, to the end of the stage that it is in, or that comes next, or of the one that is named. One that has ended can't be taken up;
/// neither can one that another process works on.
pub async fn resume(
    reference: &RunRef,
    stage: Option<&str>,
    machine: &Machine,
    live: Option<Live>,
) -> Result<Resumed, Error> {
    let stored = reference.find(machine)?;
    let folder = stored.folder_to("resumed")?;
    let lock = folder.lock()?;
    let journal = folder.journal();
    let reader = Reader::open(&journal)?;
    reader.verify()?;
    let header = StoredSources::of(&reader.header()?)?;
    let state = stored.state()?;
    if let RunState::Ended(decision) = state {
        let told = tell_the_rest(&header, &folder, machine).await?;
        return Err(Error::Usage(format!(
            "run {} has ended with `{decision}`; there is nothing to resume{told}",
            header.run
        )));
    }
    let verified = Arc::new(permission::to_go_on(&header, &reader, machine)?);
    let imported = reader.imports()? > 0;
    let progress = progress_of(&journal)?;
    // A stage that has ended is decided before another one begins.
    let is_undecided = !matches!(state, RunState::Between { .. }) && progress.between(&verified).is_some();
    let through = through(&verified, stage, progress.stage() - usize::from(is_undecided))?;
    drop(reader);
    let (watch, committed) = watching(live);
    let writer = Writer::open(&journal, Some(watch))?;
    let clock = header.manner.clock(progress.latest());
    writer.append_durable(Row::run_resumed(clock.now().0)).await?;
    let run = header.run.clone();
    let drive = Drive {
        run: run.clone(),
        folder: folder.clone(),
        control: Control::open(&folder),
        lock,
        verified,
        writer,
        dry_run: header.manner.dry_run,
        through,
        clock,
        committed,
        progress,
        judges: None,
        courier: None,
    };
    Ok(Resumed { run, folder: StoredFolder(folder), imported, drive })
}

/// Sends what a host that was killed behind the decision has not sent; what there is to say of that.
async fn tell_the_rest(header: &StoredSources, folder: &RunFolder, machine: &Machine) -> Result<String, Error> {
    let (journal, verified) = (folder.journal(), Arc::new(header.verify()?));
    let open = if header.manner.is_for_good() { notify::has_open(&verified, &journal)? } else { 0 };
    if open == 0 {
        return Ok(String::new());
    }
    let verified = Arc::new(permission::to_act(header, &Reader::open(&journal)?, machine)?);
    let writer = Writer::open(&journal, None)?;
    notify::deliver(&verified, &header.run, &journal, &writer).await?;
    writer.close()?;
    Ok(format!(", but what was still to be told: {open} of its notifications were sent or tried now"))
}

impl Resumed {
    /// Drives it to its decision, and reports it.
    pub async fn finish(self, machine: &Machine, cancel: Cancel) -> Result<Report, Error> {
        self.drive.drive(machine, cancel).await
    }
}

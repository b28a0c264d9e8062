//! Taking up a run that was interrupted: what is recorded is rolled forward over, the rest is done.

use std::sync::Arc;

use holdpoint_gate::Clock as _;
use holdpoint_journal::{Reader, Row, Writer};
use holdpoint_model::RunId;
use holdpoint_report::Report;

use crate::{
    Cancel, Error, Live, Machine,
    control::Control,
    drive::{Drive, progress_of, watching},
    record::StoredSources,
    run::through,
    store::{RunRef, RunState, StoredFolder},
};

/// A run that was taken up.
pub struct Resumed {
    pub run: RunId,
    pub folder: StoredFolder,
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
    if let RunState::Ended(decision) = stored.state()? {
        return Err(Error::Usage(format!(
            "run {} has ended with `{decision}`; there is nothing to resume",
            header.run
        )));
    }
    let verified = Arc::new(header.verify()?);
    let progress = progress_of(&journal)?;
    let through = through(&verified, stage, progress.stage())?;
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
    };
    Ok(Resumed { run, folder: StoredFolder(folder), drive })
}

impl Resumed {
    /// Drives it to its decision, and reports it.
    pub async fn finish(self, machine: &Machine, cancel: Cancel) -> Result<Report, Error> {
        self.drive.drive(machine, cancel).await
    }
}

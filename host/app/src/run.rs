//! Checking a bundle and beginning a run of it.

use std::sync::Arc;

use holdpoint_bundle::{Allowed, Late, Verified};
use holdpoint_gate::Clock as _;
use holdpoint_journal::{Durability, Row, RunFolder, Writer};
use holdpoint_model::{RunId, Scale, Timestamp};
use holdpoint_report::Report;

use crate::{
    BundleChoices, Cancel, Error, Live, Machine,
    control::Control,
    drive::{Drive, watching},
    lacks, places,
    plan::Progress,
    record::{self, Manner},
    store::StoredFolder,
};

/// A bundle and how to run it.
#[derive(Debug, Clone, Default)]
pub struct RunChoices {
    pub bundle: BundleChoices,
    /// Refuse every call that is not a read.
    pub dry_run: bool,
    /// Go on to the end of this stage, if those before come to a release; to the end of the first one if none is named.
    pub through: Option<String>,
    /// Have waits pass so many times faster: a rehearsal, which never releases.
    pub scale: Option<Scale>,
}

/// A run that has begun.
pub struct Started {
    pub run: RunId,
    pub folder: StoredFolder,
    drive: Drive,
}

/// Finds every mistake that can be found without acting: texts, modules, imports, grants, what the operator allows.
pub fn check(choices: &BundleChoices, machine: &Machine) -> Result<Allowed, Error> {
    let allowed = choices.allowed(machine)?.1;
    crate::workshop::Workshop::new(allowed.so_far(), machine)?;
    crate::judging::seats(allowed.so_far(), machine)?;
    lacks::probe(allowed.so_far())?;
    Ok(allowed)
}

/// Begins a run: everything is checked, the journal has its header, nothing has been done yet. Cloud Run is asked where services are whose
/// URL nobody has given; `asking` is told before.
pub async fn run(
    choices: &RunChoices,
    machine: &Machine,
    live: Option<Live>,
    asking: impl Fn(&Late),
) -> Result<Started, Error> {
    let (texts, allowed) = choices.bundle.allowed(machine)?;
    // A mistake that can be seen now must not leave a run behind, nor ask anybody anything.
    lacks::probe(allowed.so_far())?;
    let binding = allowed.so_far().gcloud.clone();
    let (sources, verified) = match allowed.placed() {
        Ok(verified) => (texts.sources, verified),
        Err(late) => {
            let found = places::ask(&late, &binding, asking).await?;
            let (sources, verified) = texts.with(found)?;
            lacks::probe(&verified)?;
            (sources, verified)
        }
    };
    let manner = Manner { dry_run: choices.dry_run || verified.dry_run_only, scale: choices.scale };
    let through = through(&verified, choices.through.as_deref(), 0)?;
    begin(verified, (manner, through), machine, live, |run, verified, at| {
        vec![record::header(run, sources, verified, manner, None, at)]
    })
    .await
}

/// The place of the stage that was named, or else this one.
pub(crate) fn through(verified: &Verified, named: Option<&str>, current: usize) -> Result<usize, Error> {
    let Some(named) = named else { return Ok(current) };
    let place = verified.stages.iter().position(|stage| stage == named).ok_or_else(|| {
        let stages = verified.stages.join(", ");
        Error::Usage(format!("the run has no stage `{named}`; it has {stages}"))
    })?;
    if place < current {
        let left = verified.stages.get(current..).unwrap_or_default().join(", ");
        let left = if left.is_empty() { "none is left".to_owned() } else { format!("what is left: {left}") };
        return Err(Error::Usage(format!("stage `{named}` is over; {left}")));
    }
    Ok(place)
}

/// Begins a run with its first rows.
pub(crate) async fn begin(
    verified: Verified,
    (manner, through): (Manner, usize),
    machine: &Machine,
    live: Option<Live>,
    first: impl FnOnce(&RunId, &Verified, f64) -> Vec<Row>,
) -> Result<Started, Error> {
    let clock = manner.clock(Timestamp(0.0));
    let run = new_id();
    let folder = RunFolder::create(&machine.runs, &run)?;
    let lock = folder.lock()?;
    let control = Control::open(&folder);
    let (watch, mut committed) = watching(live);
    let writer = Writer::create(&folder.journal(), Durability::Full, Some(watch))?;
    let mut rows = first(&run, &verified, clock.now().0);
    match rows.pop() {
        // A header alone need not wait for the disk: what must, takes it along.
        Some(header) if rows.is_empty() => writer.append_committed(header).await?,
        last => {
            rows.extend(last);
            writer.append_whole(rows).await?;
        }
    }
    let mut progress = Progress::new();
    while let Ok(event) = committed.try_recv() {
        progress.take(&event);
    }
    let drive = Drive {
        run: run.clone(),
        folder: folder.clone(),
        lock,
        control,
        verified: Arc::new(manner.staged(verified)),
        writer,
        dry_run: manner.dry_run,
        through,
        clock,
        committed,
        progress,
        judges: None,
        courier: None,
    };
    Ok(Started { run, folder: StoredFolder(folder), drive })
}

impl Started {
    /// Drives it to its decision, and reports it.
    pub async fn finish(self, machine: &Machine, cancel: Cancel) -> Result<Report, Error> {
        self.drive.drive(machine, cancel).await
    }
}

/// An id that sorts by time and is never used again.
fn new_id() -> RunId {
    RunId::parse(&ulid::Ulid::new().to_string()).expect("an ULID is 26 upper-case letters and digits")
}

//! What recording costs: a read in a group, an effect with its two waits for the disk, a call that is answered from the journal.

use std::{path::Path, sync::Arc, time::Instant};

use anyhow::{Context as _, Result, ensure};
use holdpoint_cap_clock::SystemClock;
use holdpoint_gate::{Gate, Guest, Limits, Recorder, Rules, Unscrubbed};
use holdpoint_journal::{Durability, LiveRecorder, ReplayRecorder, Writer};
use holdpoint_model::{Digest, PhaseId, Timestamp};
use holdpoint_testkit::{Ask, Echo, EchoBackend, EchoGrants, Mood};

use crate::cpu;

fn guest(recorder: Arc<dyn Recorder>) -> Result<Guest> {
    let rules = Rules { run: "MEASURE".into(), seed: Digest::of(b"measure"), dry_run: false, may_disrupt: false };
    let gate = Gate::new(recorder, Arc::new(Unscrubbed), rules);
    let limits = Limits { calls: u32::MAX, answer_bytes: u64::MAX, ..Limits::default() };
    Ok(Guest::new(gate, PhaseId::parse("measure")?, Timestamp(0.0), limits))
}

fn ask(read: bool) -> Ask {
    if read { Ask::read("GET backend /health") } else { Ask::effect("POST backend /orders") }
}

async fn record(path: &Path, calls: u32, read: bool) -> Result<()> {
    let writer = Writer::create(path, Durability::Full, None)?;
    let recorder = Arc::new(LiveRecorder::new(path, writer.clone(), Arc::new(SystemClock::new()))?);
    let mut guest = guest(recorder)?;
    let backend = Arc::new(EchoBackend::new(Mood::Well));
    // As a health endpoint answers.
    backend.answer_with(vec![b'x'; 500].into());
    for _ in 0..calls {
        let answer = guest.call::<Echo, _>(&backend, &EchoGrants::Everything, ask(read)).await?;
        ensure!(answer.is_ok(), "a call was not answered: {answer:?}");
    }
    writer.close().context("close the journal")
}

/// Processor time of a recorded read, in microseconds, all threads together.
pub(crate) async fn read_cpu(calls: u32) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    record(&folder.path().join("warm.db"), calls / 10, true).await?;
    let before = cpu::seconds()?;
    record(&folder.path().join("run.db"), calls, true).await?;
    Ok((cpu::seconds()? - before) * 1e6 / f64::from(calls))
}

/// Wall time of a recorded effect, in microseconds: it is durable twice.
pub(crate) async fn effect_wall(calls: u32) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let begun = Instant::now();
    record(&folder.path().join("run.db"), calls, false).await?;
    Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(calls))
}

/// Calls answered from a journal in a second, copied into a second journal.
pub(crate) async fn replay_rate(calls: u32) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("run.db");
    record(&path, calls, true).await?;
    let begun = Instant::now();
    let copy = Writer::create(&folder.path().join("copy.db"), Durability::Scratch, None)?;
    let recorder = ReplayRecorder::new(&path, copy.clone(), Arc::new(SystemClock::new()))?;
    let mut guest = guest(Arc::new(recorder))?;
    let backend = Arc::new(EchoBackend::new(Mood::Silent));
    for _ in 0..calls {
        let answer = guest.call::<Echo, _>(&backend, &EchoGrants::Nothing, ask(true)).await?;
        ensure!(answer.is_ok(), "a call was not answered: {answer:?}");
    }
    copy.close()?;
    Ok(f64::from(calls) / begun.elapsed().as_secs_f64())
}

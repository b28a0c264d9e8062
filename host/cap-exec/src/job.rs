//! A job: a tool that runs, and whoever watches over it. Nothing of it outlives this value.

use std::{sync::Arc, time::Duration};

use holdpoint_gate::Scrubber;
use holdpoint_supervise::{CLEARING, Process, Watched};
use tempfile::TempDir;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, timeout},
};

use crate::{Exit, output::Output};

/// How long a tool has that was asked to end.
const GRACE: Duration = Duration::from_secs(2);

/// How a job ended, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) exit: Exit,
    pub(crate) milliseconds: u32,
}

/// A job that was started. Dropping it ends the tool.
pub(crate) struct Job {
    /// The idempotency key of the call that started it.
    pub(crate) key: String,
    pub(crate) confinement: crate::Confinement,
    stdout: Output,
    stderr: Output,
    end: watch::Receiver<Option<End>>,
    stop: Arc<Notify>,
    task: JoinHandle<()>,
    /// Free for another job when this one is forgotten.
    _slot: OwnedSemaphorePermit,
}

impl Drop for Job {
    fn drop(&mut self) {
        // With the task goes the process.
        self.task.abort();
    }
}

/// What a job has written and how it ended.
pub(crate) struct Remains {
    pub(crate) end: End,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) written: (u64, u64),
    pub(crate) truncated: bool,
}

impl Job {
    pub(crate) fn new(
        key: String,
        (mut process, scratch): (Process, TempDir),
        deadline: Duration,
        output: u64,
        slot: OwnedSemaphorePermit,
    ) -> Self {
        let (stdout, stderr) = (Output::new(output), Output::new(output));
        let (sender, end) = watch::channel(None);
        let stop = Arc::new(Notify::new());
        let confinement = process.confinement().clone();
        let supervision = Supervision { deadline, stop: stop.clone(), started: Instant::now() };
        let mut reading = JoinSet::new();
        let (out, err) = process.streams();
        if let Some(from) = out {
            reading.spawn(stdout.clone().read(from));
        }
        if let Some(from) = err {
            reading.spawn(stderr.clone().read(from));
        }
        let task = tokio::spawn(async move {
            let end = supervision.run(process, reading).await;
            sender.send_replace(Some(end));
            // It may hold many files, and nobody waits for that.
            tokio::task::spawn_blocking(move || drop(scratch));
        });
        Self { key, confinement, stdout, stderr, end, stop, task, _slot: slot }
    }

    /// Whether it has ended, after waiting for that at most so long.
    pub(crate) async fn ended(&self, wait: Duration) -> bool {
        let mut end = self.end.clone();
        timeout(wait, end.wait_for(Option::is_some)).await.is_ok()
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.end.borrow().is_some()
    }

    /// Ends it.
    pub(crate) fn stop(&self) {
        self.stop.notify_one();
    }

    /// Bytes of both streams so far.
    pub(crate) fn written(&self) -> (u64, u64) {
        (self.stdout.written(), self.stderr.written())
    }

    /// What is left of it, once it has ended.
    pub(crate) fn remains(&self, scrubber: &dyn Scrubber) -> Option<Remains> {
        let end = self.end.borrow().clone()?;
        let written = self.written();
        let (stdout, stdout_cut) = self.stdout.take(scrubber);
        let (stderr, stderr_cut) = self.stderr.take(scrubber);
        Some(Remains { end, stdout, stderr, written, truncated: stdout_cut || stderr_cut })
    }
}

struct Supervision {
    deadline: Duration,
    stop: Arc<Notify>,
    started: Instant,
}

impl Supervision {
    async fn run(&self, process: Process, mut reading: JoinSet<()>) -> End {
        let over = async {
            tokio::select! {
                () = tokio::time::sleep(self.deadline) => Exit::Deadline,
                () = self.stop.notified() => Exit::Killed("the phase stopped it".into()),
            }
        };
        let exit = exit(process.watch(over, GRACE).await);
        let _ = timeout(CLEARING, async { while reading.join_next().await.is_some() {} }).await;
        let milliseconds = u32::try_from(self.started.elapsed().as_millis()).unwrap_or(u32::MAX);
        End { exit, milliseconds }
    }
}

fn exit(watched: Watched<Exit>) -> Exit {
    use holdpoint_supervise::End::{Code, Crowded, Signal};
    match watched {
        Watched::Ended(Code(code)) => Exit::Code(code),
        Watched::Ended(Signal(signal)) => Exit::Signal(signal),
        Watched::Ended(Crowded) => Exit::Killed("it had more processes than the operator allows".into()),
        Watched::Over(exit) => exit,
        Watched::Lost(why) => Exit::Killed(why),
    }
}

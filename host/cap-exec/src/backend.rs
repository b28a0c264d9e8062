//! Starts tools for one phase and watches over them. They end with it.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use holdpoint_gate::{Backend, BackendError, Doubt, Opened, Permit, Room, Scrubber, Settlement, Unscrubbed};
use holdpoint_model::grant::{FilesGrant, ToolName};
use holdpoint_supervise::{Supervisor, Unstarted};
use tokio::sync::Semaphore;

use crate::{
    Error, Exec, Request, Response, Tool,
    job::{Job, Remains},
    plan::Ground,
};

/// Jobs of a phase at once, with those whose end was not asked for.
const MOST_JOBS: usize = 8;
/// How long a tool may take from its start to its first instruction.
const STARTING: Duration = Duration::from_secs(20);
/// How long the end of a job may take that is stopped.
const STOPPING: Duration = Duration::from_secs(20);

/// What a machine starts tools with.
pub struct Machine {
    pub supervisor: Supervisor,
    /// A folder for what tools write. It exists, and what is left in it after a crash is whoever's who made it.
    pub scratch: PathBuf,
    /// Knows the secrets of the run, for output that is cut.
    pub scrubber: Arc<dyn Scrubber>,
}

/// The tools of one phase and its jobs. Dropping it ends them.
pub struct ExecBackend {
    supervisor: Supervisor,
    ground: Ground,
    tools: BTreeMap<String, Tool>,
    scrubber: Arc<dyn Scrubber>,
    jobs: Mutex<BTreeMap<u32, Arc<Job>>>,
    /// One for each job, taken before it is started.
    slots: Arc<Semaphore>,
}

impl ExecBackend {
    /// Takes the operator's pins and the phase's directories. Nothing is started.
    pub fn new(machine: Machine, tools: BTreeMap<ToolName, Tool>, directories: &[FilesGrant]) -> Result<Self, Error> {
        for (name, tool) in &tools {
            tool.check(name.as_str())?;
        }
        let scratch = std::fs::canonicalize(&machine.scratch).map_err(Error::Scratch)?;
        let directories =
            directories.iter().map(|grant| (grant.directory.clone(), grant.path().to_owned())).rev().collect();
        Ok(Self {
            supervisor: machine.supervisor,
            ground: Ground { scratch, directories },
            tools: tools.into_iter().map(|(name, tool)| (name.to_string(), tool)).collect(),
            scrubber: machine.scrubber,
            jobs: Mutex::default(),
            slots: Arc::new(Semaphore::new(MOST_JOBS)),
        })
    }

    /// Knows no tool, and needs nothing of the machine: for a replay and for scripts, where it is never asked.
    pub fn without_tools() -> Self {
        Self {
            supervisor: Supervisor::default(),
            ground: Ground { scratch: PathBuf::new(), directories: BTreeMap::new() },
            tools: BTreeMap::new(),
            scrubber: Arc::new(Unscrubbed),
            jobs: Mutex::default(),
            slots: Arc::new(Semaphore::new(MOST_JOBS)),
        }
    }

    /// Whether a job goes on.
    pub fn is_under_way(&self) -> bool {
        self.jobs().values().any(|job| !job.has_ended())
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn job(&self, id: u32) -> Result<Arc<Job>, BackendError> {
        self.jobs().get(&id).cloned().ok_or_else(|| {
            let why = "there is no such job; call the number that `start` gave, and keep an end that was given";
            BackendError::NotSent(format!("job {id}: {why}"))
        })
    }

    async fn start(&self, permit: &Permit<Exec>) -> Result<Response, BackendError> {
        let Request::Start { tool: name, args, stdin } = permit.request() else {
            return Err(BackendError::NotSent("it is no start".into()));
        };
        let Some(tool) = self.tools.get(name) else {
            let why = format!(
                "tool `{name}` is not pinned on this machine; pin it under [tools.{name}] in the operator's file"
            );
            return Err(BackendError::NotSent(why));
        };
        let slot = self.slots.clone().try_acquire_owned().map_err(|_| {
            let why = "poll one to its end or stop it before another is started";
            BackendError::NotSent(format!("the phase has {MOST_JOBS} jobs; {why}"))
        })?;
        let (program, scratch) = self.ground.plan(name, tool, args).map_err(BackendError::NotSent)?;
        let started = tokio::time::timeout(STARTING, self.supervisor.start(&program, stdin.bytes())).await;
        let Ok(started) = started else {
            return Err(BackendError::Unknown(format!("{name} did not start in time, and was ended")));
        };
        let process = started.map_err(|unstarted| match unstarted {
            Unstarted::Refused(why) => BackendError::NotSent(format!("{name} was not started: {why}")),
            Unstarted::Lost(why) => BackendError::Unknown(format!("{name} was started and is gone: {why}")),
        })?;
        let job = Arc::new(Job::new(permit.key(), (process, scratch), tool.deadline, tool.output, slot));
        let confinement = job.confinement.clone();
        let id = permit.seq().0;
        self.jobs().insert(id, job);
        Ok(Response::Started { job: id, confinement })
    }

    async fn poll(&self, id: u32, wait: Duration, room: &Room) -> Result<Response, BackendError> {
        let job = self.job(id)?;
        if job.ended(wait).await {
            return self.give(id, room);
        }
        let (stdout, stderr) = job.written();
        Ok(Response::Running { stdout_bytes: stdout as f64, stderr_bytes: stderr as f64 })
    }

    async fn stop(&self, id: u32, room: &Room) -> Result<Response, BackendError> {
        let job = self.job(id)?;
        job.stop();
        if job.ended(STOPPING).await {
            return self.give(id, room);
        }
        self.jobs().remove(&id);
        Err(BackendError::Unknown(format!("job {id} did not end when it was told to")))
    }

    /// Gives the end of a job, once.
    fn give(&self, id: u32, room: &Room) -> Result<Response, BackendError> {
        let gone = || BackendError::NotSent(format!("job {id} has ended, and its end was given"));
        let job = self.jobs().remove(&id).ok_or_else(gone)?;
        let Remains { end, stdout, stderr, written, truncated } = job.remains(&*self.scrubber).ok_or_else(gone)?;
        room.take(stdout.len() + stderr.len()).map_err(|full| BackendError::Exhausted(full.to_string()))?;
        Ok(Response::Ended {
            exit: end.exit,
            stdout: stdout.into(),
            stderr: stderr.into(),
            stdout_bytes: written.0 as f64,
            stderr_bytes: written.1 as f64,
            truncated,
            milliseconds: end.milliseconds,
        })
    }
}

impl Backend<Exec> for ExecBackend {
    async fn act(&self, permit: Permit<Exec>) -> Result<Response, BackendError> {
        match permit.request() {
            Request::Start { .. } => self.start(&permit).await,
            Request::Poll { job, wait_ms } => {
                self.poll(*job, Duration::from_millis(u64::from(*wait_ms)), permit.room()).await
            }
            Request::Stop { job } => self.stop(*job, permit.room()).await,
        }
    }

    async fn settle(&self, doubt: Doubt<Exec>) -> Settlement<Response> {
        let jobs = self.jobs();
        match jobs.iter().find(|(_, job)| job.key == doubt.key()) {
            Some((id, job)) => {
                Settlement::Happened(Response::Started { job: *id, confinement: job.confinement.clone() })
            }
            None => Settlement::Unknown(
                "whether the tool had started, and what it had done, is not known; it does not run any more".into(),
            ),
        }
    }

    async fn restore(&self, opened: Opened<Exec>) -> Result<(), String> {
        Err(format!("job {} ended with the host that had started it", opened.seq()))
    }
}

//! Starts loads for one phase, and tells how far they are. They end with it.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use holdpoint_cap_http::HttpBackend;
use holdpoint_gate::{Backend, BackendError, Doubt, Opened, Permit, Settlement};
use holdpoint_model::{PhaseId, Seq, grant::Grants};

use crate::{
    Crews, Load, Plan, Ready, RepeatedUsers, Request, Response, Started, Summary, Wanted, Work,
    ledger::{Kept, Ledger},
    plan::{self, Checked},
    running::{Bounds, Running},
};

/// Loads of a phase that go on at once, and that it can ask about.
const MOST_RUNNING: usize = 8;
const MOST_KNOWN: usize = 64;

/// The loads of one phase. Dropping it ends them.
pub struct LoadBackend {
    http: Arc<HttpBackend>,
    grants: Grants,
    /// Where counts are kept for the host after this one; none for a replay.
    folder: Option<PathBuf>,
    /// Where users of the bundle come from; none where no load is ever started.
    crews: Option<Arc<dyn Crews>>,
    loads: Mutex<BTreeMap<u32, Known>>,
}

/// A load that was started.
#[derive(Clone)]
enum Known {
    Running(Arc<Running>),
    /// It had ended before this host began.
    Ended(Arc<Summary>),
}

impl LoadBackend {
    /// Requests of loads are sent by this backend of http, under these grants.
    pub fn new(http: Arc<HttpBackend>, grants: Grants, folder: Option<PathBuf>) -> Self {
        Self { http, grants, folder, crews: None, loads: Mutex::default() }
    }

    /// Lets loads be made of users of the bundle.
    pub fn with_crews(self, crews: Arc<dyn Crews>) -> Self {
        Self { crews: Some(crews), ..self }
    }

    /// Whether a load goes on.
    pub fn is_under_way(&self) -> bool {
        self.loads().values().any(|known| matches!(known, Known::Running(running) if !running.has_ended()))
    }

    fn loads(&self) -> MutexGuard<'_, BTreeMap<u32, Known>> {
        // Every change is whole before anything can panic.
        self.loads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self, load: u32) -> Result<Known, BackendError> {
        self.loads().get(&load).cloned().ok_or_else(|| {
            BackendError::NotSent(format!("load {load}: there is no such load; it never started, or was stopped"))
        })
    }

    /// What a load is called, as no other of the run is.
    fn name(&self, seq: Seq) -> String {
        format!("{}-{seq}", self.grants.phase)
    }

    fn ledger(&self, seq: Seq) -> Option<Ledger> {
        self.folder.as_deref().map(|folder| Ledger::of(folder, &self.name(seq)))
    }

    async fn start(&self, seq: Seq, guest: &PhaseId, plan: &Plan) -> Result<Response, BackendError> {
        let refused = |why: String| BackendError::NotSent(why);
        let checked = plan::check(plan).map_err(|why| refused(why.reason))?;
        let kept = match self.ledger(seq).map(|ledger| ledger.read()) {
            // A host before this one had started it, and was gone before that was written down.
            Some(kept) => kept.map_err(|error| refused(format!("what was kept of load {seq}: {error}")))?,
            None => None,
        };
        self.go_on(seq, guest, plan, checked, kept).await?;
        Ok(Response::Started)
    }

    async fn go_on(
        &self,
        seq: Seq,
        guest: &PhaseId,
        plan: &Plan,
        checked: Checked,
        kept: Option<Kept>,
    ) -> Result<(), BackendError> {
        if let Some(summary) = kept.as_ref().and_then(|kept| kept.summary.clone()) {
            self.loads().insert(seq.0, Known::Ended(Arc::new(summary)));
            return Ok(());
        }
        self.has_room()?;
        let bounds = self.grants.load(&checked.ask).map_err(BackendError::Denied)?;
        let bounds = Bounds { max_rate: bounds.max_rate, max_requests: bounds.max_requests };
        let hosts = kept.as_ref().map_or(0, |kept| kept.incarnations.len());
        let users = checked.ask.users;
        let ready = Ready { checked, bounds, ledger: self.ledger(seq), kept };
        let Started(running) = match &plan.work {
            Work::Request { request, expected } => {
                let (request, expected) = (request.clone(), expected.clone());
                ready.start(RepeatedUsers::of(self.http.clone(), request, expected, guest.clone()).await?)?
            }
            Work::User { id, config } => {
                let incarnation = u32::try_from(hosts + 1).unwrap_or(u32::MAX);
                let disturbance = plan.disturbance.as_ref();
                let wanted = Wanted { id, config, load: &self.name(seq), users, disturbance, incarnation };
                let crews = self.crews.as_ref();
                let crews = crews.ok_or_else(|| BackendError::NotSent("this host has no users of a bundle".into()))?;
                crews.start(wanted, ready).await?
            }
        };
        self.loads().insert(seq.0, Known::Running(Arc::new(running)));
        Ok(())
    }

    fn has_room(&self) -> Result<(), BackendError> {
        let loads = self.loads();
        let running = loads.values().filter(|load| matches!(load, Known::Running(load) if !load.has_ended())).count();
        if running >= MOST_RUNNING {
            let text = format!("the phase has {MOST_RUNNING} loads that go on; wait for one, or stop it");
            return Err(BackendError::NotSent(text));
        }
        if loads.len() >= MOST_KNOWN {
            let text = format!("the phase has {MOST_KNOWN} loads that it has not stopped; stop those that have ended");
            return Err(BackendError::NotSent(text));
        }
        Ok(())
    }
}

impl Backend<Load> for LoadBackend {
    async fn act(&self, permit: Permit<Load>) -> Result<Response, BackendError> {
        match permit.request() {
            Request::Start(plan) => self.start(permit.seq(), permit.guest(), plan).await,
            Request::Poll { load, wait_ms } => match self.known(*load)? {
                Known::Running(running) => Ok(running.poll(Duration::from_millis(u64::from(*wait_ms))).await),
                Known::Ended(summary) => Ok(Response::Ended(Box::new(Summary::clone(&summary)))),
            },
            Request::Stop { load } => {
                let summary = match self.known(*load)? {
                    Known::Running(running) => running.stop().await,
                    Known::Ended(summary) => Some(Summary::clone(&summary)),
                };
                self.loads().remove(load);
                let summary = summary.ok_or_else(|| BackendError::Unknown(format!("load {load} broke off")))?;
                Ok(Response::Ended(Box::new(summary)))
            }
        }
    }

    /// A load ends with its host, so the next attempt goes on where this one was counted last.
    async fn settle(&self, _: Doubt<Load>) -> Settlement<Response> {
        Settlement::NotHappened
    }

    async fn restore(&self, opened: Opened<Load>) -> Result<(), String> {
        let seq = opened.seq();
        let Request::Start(plan) = opened.request() else { return Err("it is no load".into()) };
        let checked = plan::check(plan).map_err(|why| why.reason)?;
        let kept = self.ledger(seq).ok_or("nothing was kept of it")?.read().map_err(|error| error.to_string())?;
        // Without its counts it would be a load of its own, and be counted twice.
        let kept = kept.ok_or_else(|| format!("what was kept of load {seq} is gone"))?;
        let phase = self.grants.phase.clone();
        self.go_on(seq, &phase, plan, checked, Some(kept)).await.map_err(|error| error.to_string())
    }
}

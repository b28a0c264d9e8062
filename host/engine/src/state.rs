//! What one phase's store holds: its place at the gate, its grants, and the backends of all capabilities together.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use holdpoint_cap_clock::SleepBackend;
use holdpoint_cap_data::DataBackend;
use holdpoint_cap_exec::ExecBackend;
use holdpoint_cap_files::FilesBackend;
use holdpoint_cap_gcloud::GcloudBackend;
use holdpoint_cap_http::HttpBackend;
use holdpoint_cap_load::LoadBackend;
use holdpoint_cap_metrics::MetricsBackend;
use holdpoint_cap_secret::RunVault;
use holdpoint_cap_websocket::WebsocketBackend;
use holdpoint_gate::{Gate, Guest, Halt};
use holdpoint_model::{Answer, PhaseId, RequirementId, ServiceName, Statement, Timestamp, grant::Grants};
use url::Url;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::{host::SeriesOfPhase, limits::Limits, wasi::Output};

/// Facts of a phase that are fixed before it starts.
#[derive(Debug, Clone)]
pub struct Setup {
    pub id: PhaseId,
    /// As JSON.
    pub config: String,
    /// The ids that it may claim, and the row that each speaks for.
    pub requirements: Vec<(RequirementId, RequirementId)>,
    /// The services that its grants cover, in the order of the bundle.
    pub services: Vec<ServiceName>,
    /// Where services are.
    pub bases: BTreeMap<ServiceName, Url>,
    pub environment: String,
    pub grants: Grants,
    /// When it was started first.
    pub start: Timestamp,
}

/// Who acts for the phase. Backends are made for one phase and shared with no other.
#[derive(Clone)]
pub struct Backends {
    pub http: Arc<HttpBackend>,
    pub files: Arc<FilesBackend>,
    pub secrets: Arc<RunVault>,
    pub gcloud: Arc<GcloudBackend>,
    pub exec: Arc<ExecBackend>,
    pub websocket: Arc<WebsocketBackend>,
    pub load: Arc<LoadBackend>,
    pub metrics: Arc<MetricsBackend>,
    pub data: Arc<DataBackend>,
    pub clock: Arc<SleepBackend>,
}

/// The state of one store.
pub(crate) struct PhaseState {
    pub(crate) guest: Guest,
    pub(crate) setup: Arc<Setup>,
    pub(crate) backends: Backends,
    pub(crate) limits: Limits,
    pub(crate) table: ResourceTable,
    /// When each timer of the guest runs out, in its own time, by the index of its pollable.
    pub(crate) timers: HashMap<u32, Timestamp>,
    /// What it has stated samples of.
    pub(crate) series: SeriesOfPhase,
    output: Output,
    wasi: WasiCtx,
}

impl PhaseState {
    pub(crate) fn new(gate: Arc<Gate>, setup: Arc<Setup>, backends: Backends) -> Self {
        let bounds = setup.grants.limits;
        let defaults = holdpoint_gate::Limits::default();
        let limits = holdpoint_gate::Limits { calls: bounds.max_calls, statement_bytes: bounds.output, ..defaults };
        let output = Output::default();
        let mut table = ResourceTable::new();
        table.set_max_capacity(1_000);
        Self {
            guest: Guest::new(gate, setup.id.clone(), setup.start, limits),
            limits: Limits::new(bounds.memory),
            wasi: output.context(),
            output,
            setup,
            backends,
            table,
            timers: HashMap::new(),
            series: SeriesOfPhase::default(),
        }
    }

    /// States something for the guest, after what it has printed before.
    pub(crate) async fn state(&mut self, statement: Statement) -> wasmtime::Result<Answer<()>> {
        self.flush(false).await?;
        self.guest.state(statement).await.map_err(halted)
    }

    /// Turns printed lines into statements. They are cut where the guest calls the host, which is the same place at every execution.
    pub(crate) async fn flush(&mut self, whole: bool) -> wasmtime::Result<()> {
        for (level, message) in self.output.lines(whole) {
            // A guest that prints beyond its budget is not told: print has no answer.
            let _ = self.guest.state(Statement::Log { level, message }).await.map_err(halted)?;
        }
        Ok(())
    }

    /// Notes a refusal that has no call of its own. It is recorded with what the guest prints.
    pub(crate) fn note(&self, message: &str) {
        self.output.warn(message);
    }
}

impl WasiView for PhaseState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// A halt travels through the guest as a trap.
pub(crate) fn halted(halt: Halt) -> wasmtime::Error {
    wasmtime::Error::new(halt)
}

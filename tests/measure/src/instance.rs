//! What it costs to make the store and the instance of a compiled phase.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Instant};

use anyhow::{Context as _, Result};
use holdpoint_cap_clock::{RunClock, SleepBackend};
use holdpoint_cap_data::{DataBackend, DataConfig};
use holdpoint_cap_exec::ExecBackend;
use holdpoint_cap_files::FilesBackend;
use holdpoint_cap_gcloud::{GcloudBackend, GcloudConfig};
use holdpoint_cap_http::{HttpBackend, HttpConfig, NoIdTokens, UpgradeConfig};
use holdpoint_cap_load::LoadBackend;
use holdpoint_cap_metrics::MetricsBackend;
use holdpoint_cap_secret::RunVault;
use holdpoint_cap_websocket::WebsocketBackend;
use holdpoint_engine::{Backends, PhaseEngine, Setup};
use holdpoint_gate::{Gate, Rules, Unscrubbed};
use holdpoint_journal::{Durability, LiveRecorder, Writer};
use holdpoint_model::{Digest, PhaseId, RunId, Timestamp, grant::Grants};

const WARM_UP: u32 = 1_000;

/// Microseconds for the store, the state and the instance of the shipped phase `health`, from start to drop.
pub(crate) async fn time(instances: u32) -> Result<f64> {
    let folder = tempfile::tempdir()?;
    let bytes =
        std::fs::read(guests().join("health.wasm")).context("read health.wasm; `cargo xtask guests` builds it")?;
    let clock = RunClock::real();
    let path = folder.path().join("run.db");
    let writer = Writer::create(&path, Durability::Scratch, None)?;
    let recorder = Arc::new(LiveRecorder::new(&path, writer, clock.clone())?);
    let rules = Rules { run: "MEASURE".into(), seed: Digest::of(b"measure"), dry_run: false, may_disrupt: false };
    let gate = Gate::new(recorder, Arc::new(Unscrubbed), rules);
    let grants = Grants::none(PhaseId::parse("health")?);
    let vault = Arc::new(RunVault::new(&RunId::parse("MEASURE")?, vec![], None)?);
    let config = HttpConfig {
        services: BTreeMap::new(),
        connect_to: BTreeMap::new(),
        ca_file: None,
        grants: grants.clone(),
        vault: vault.clone(),
        id_tokens: Arc::new(NoIdTokens),
    };
    let upgrades =
        UpgradeConfig { services: BTreeMap::new(), connect_to: BTreeMap::new(), ca_file: None, vault: vault.clone() };
    let http = Arc::new(HttpBackend::new(config)?);
    let data = DataBackend::new(DataConfig {
        phase: grants.phase.clone(),
        stores: BTreeMap::new(),
        connect_to: BTreeMap::new(),
        ca_file: None,
        vault: vault.clone(),
    })?;
    let backends = Backends {
        load: Arc::new(LoadBackend::new(http.clone(), grants.clone(), None)),
        metrics: Arc::new(MetricsBackend::new(http.clone(), clock.clone(), Box::new(|_| None))),
        data: Arc::new(data),
        http,
        files: Arc::new(FilesBackend::new(&grants)?),
        gcloud: Arc::new(GcloudBackend::new(GcloudConfig::default(), grants.clone(), vault.clone(), clock.clone())),
        secrets: vault,
        exec: Arc::new(ExecBackend::without_tools()),
        websocket: Arc::new(WebsocketBackend::new(upgrades)?),
        clock: Arc::new(SleepBackend::new(clock)),
    };
    let setup = Arc::new(Setup {
        id: grants.phase.clone(),
        config: "{}".into(),
        requirements: vec![],
        services: vec![],
        bases: BTreeMap::new(),
        environment: "test".into(),
        start: Timestamp(0.0),
        grants,
    });
    let engine = PhaseEngine::new(setup.grants.limits.memory, 1, None)?;
    let module = engine.load(Digest::of(&bytes), &bytes)?;
    let mut begun = Instant::now();
    for made in 0..WARM_UP + instances {
        if made == WARM_UP {
            begun = Instant::now();
        }
        engine.instantiate(&module, gate.clone(), setup.clone(), backends.clone()).await?;
    }
    Ok(begun.elapsed().as_secs_f64() * 1e6 / f64::from(instances))
}

fn guests() -> PathBuf {
    std::env::var_os("HOLDPOINT_GUESTS").map_or_else(|| PathBuf::from("target/guests"), PathBuf::from)
}

//! One fixture: a fresh store, a gate over its answers, and what came of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
    time::Duration,
};

use holdpoint_cap_clock::{RunClock, SleepBackend};
use holdpoint_cap_exec::ExecBackend;
use holdpoint_cap_files::FilesBackend;
use holdpoint_cap_gcloud::{GcloudBackend, GcloudConfig};
use holdpoint_cap_http::{HttpBackend, HttpConfig, NoIdTokens, UpgradeConfig};
use holdpoint_cap_load::LoadBackend;
use holdpoint_cap_metrics::MetricsBackend;
use holdpoint_cap_secret::RunVault;
use holdpoint_cap_websocket::WebsocketBackend;
use holdpoint_engine::{Backends, Fault, PhaseEngine, PhaseModule, Setup};
use holdpoint_fixture::{Expectation, Fixture, Keeping, Mistake, START, Script, ScriptRecorder, Source};
use holdpoint_gate::{Gate, Recorder};
use holdpoint_model::{
    PhaseEnd, PhaseId, RequirementId, RunId, ServiceName, Timestamp,
    grant::{Grants, format_duration},
};
use url::Url;

use super::{Came, recorded};
use crate::{Error, backends::placeholders, data_stores, workshop::gate};

/// What fixtures of one module share.
pub(super) struct Bench {
    pub(super) engine: PhaseEngine,
    pub(super) module: PhaseModule,
    /// What a phase may claim whose fixture does not say.
    pub(super) claims: Vec<RequirementId>,
    pub(super) deadline: Duration,
}

/// The rows that any of the fixtures speaks of. A contract has no word for "all of them", so these are what may be claimed.
pub(super) fn claims<'f>(fixtures: impl Iterator<Item = &'f Fixture>) -> Vec<RequirementId> {
    let mut all = BTreeSet::new();
    for fixture in fixtures {
        all.extend(fixture.expect.rows.keys().cloned());
        if let Source::Script(script) = &fixture.source {
            all.extend(script.claims().unwrap_or_default().iter().cloned());
        }
    }
    all.into_iter().collect()
}

/// The id of a test, where runs have theirs. The random numbers of a guest follow from it, so they are always the same.
fn test_id() -> RunId {
    RunId::parse("TEST").expect("it is made of capital letters")
}

impl Bench {
    /// Tries a fixture. An error is the host's; a mistake is the fixture's.
    pub(super) async fn try_fixture(&self, fixture: Fixture, path: &Path) -> Result<Result<Came, Mistake>, Error> {
        match fixture.source {
            Source::Script(script) => self.scripted(*script, &fixture.expect).await.map(Ok),
            Source::Recorded { journal, phase } => {
                let journal = path.parent().unwrap_or(Path::new("")).join(journal);
                match recorded::Recording::open(&journal, &phase) {
                    Ok(recording) => recording.play(self, &fixture.expect).await.map(Ok),
                    Err(error) => Ok(Err(Mistake { line: 1, column: 1, what: error.to_string() })),
                }
            }
        }
    }

    async fn scripted(&self, script: Script, expect: &Expectation) -> Result<Came, Error> {
        let id = PhaseId::parse("fixture").expect("it is made of small letters");
        let grants = script.grants(&id);
        let bases: BTreeMap<ServiceName, Url> =
            script.services().iter().filter_map(|name| Some((name.clone(), base(name)?))).collect();
        let claims = script.claims().unwrap_or(&self.claims);
        let setup = Setup {
            id,
            config: script.config().to_owned(),
            requirements: claims.iter().map(|id| (id.clone(), id.clone())).collect(),
            services: script.services().to_vec(),
            bases: bases.clone(),
            environment: "test".to_owned(),
            grants: grants.clone(),
            start: Timestamp(START),
        };
        let run = test_id();
        let vault = Arc::new(RunVault::new(&run, Vec::new(), None).map_err(|e| Error::Usage(e.to_string()))?);
        let backends = backends(bases, grants, &vault)?;
        self.run(ScriptRecorder::new(script), &run, setup, backends, vault, expect).await
    }

    /// Runs the module over a recorder, and compares what came of it.
    pub(super) async fn run<R: Recorder>(
        &self,
        recorder: R,
        run: &RunId,
        setup: Setup,
        backends: Backends,
        vault: Arc<RunVault>,
        expect: &Expectation,
    ) -> Result<Came, Error> {
        let recorder = Arc::new(Keeping::new(recorder));
        let gate: Arc<Gate> = gate(run, recorder.clone(), vault, (false, true));
        let running = self.engine.run(&self.module, gate, Arc::new(setup), backends);
        let end = match tokio::time::timeout(self.deadline, running).await {
            Ok(ended) => ended.map_err(|Fault(reason)| Error::Usage(reason))?,
            Err(_) => PhaseEnd::Deadline(format!(
                "it was still running after {}, with every answer given at once; see --deadline",
                format_duration(self.deadline)
            )),
        };
        let kept = recorder.kept();
        let differences = expect.differences(&end, &kept);
        Ok(Came { end, kept, differences })
    }
}

/// Where a service of a script is. `.test` is nobody's.
fn base(name: &ServiceName) -> Option<Url> {
    Url::parse(&format!("https://{name}.test")).ok()
}

/// Backends that are never asked: the recorder answers before them. They open no directory and know no address.
fn backends(services: BTreeMap<ServiceName, Url>, grants: Grants, vault: &Arc<RunVault>) -> Result<Backends, Error> {
    let refused = |reason: String| Error::Backend { phase: "fixture".to_owned(), reason };
    let clock = RunClock::real();
    let gcloud = GcloudBackend::new(GcloudConfig::default(), grants.clone(), vault.clone(), clock.clone());
    let files = FilesBackend::new(&Grants { files: Vec::new(), ..grants.clone() });
    let websocket = WebsocketBackend::new(UpgradeConfig {
        services: services.clone(),
        connect_to: BTreeMap::new(),
        ca_file: None,
        vault: vault.clone(),
    });
    let http = HttpBackend::new(HttpConfig {
        services,
        connect_to: BTreeMap::new(),
        ca_file: None,
        grants: grants.clone(),
        vault: vault.clone(),
        id_tokens: Arc::new(NoIdTokens),
    });
    let http = Arc::new(http.map_err(|e| refused(e.to_string()))?);
    let data = data_stores::nowhere(&grants, vault.clone()).map_err(refused)?;
    Ok(Backends {
        load: Arc::new(LoadBackend::new(http.clone(), grants, None)),
        metrics: Arc::new(MetricsBackend::new(http.clone(), clock.clone(), placeholders(vault))),
        data: Arc::new(data),
        http,
        files: Arc::new(files.map_err(|e| refused(e.to_string()))?),
        secrets: vault.clone(),
        gcloud: Arc::new(gcloud),
        exec: Arc::new(ExecBackend::without_tools()),
        websocket: Arc::new(websocket.map_err(|e| refused(e.to_string()))?),
        clock: Arc::new(SleepBackend::new(clock)),
    })
}

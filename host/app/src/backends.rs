//! The backends of one phase: made for it alone, and shared with no other.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc};

use holdpoint_bundle::Verified;
use holdpoint_cap_clock::{RunClock, SleepBackend};
use holdpoint_cap_exec::ExecBackend;
use holdpoint_cap_files::FilesBackend;
use holdpoint_cap_gcloud::GcloudBackend;
use holdpoint_cap_http::{HttpBackend, HttpConfig, IdTokens, NoIdTokens, UpgradeConfig};
use holdpoint_cap_load::{Crews, LoadBackend};
use holdpoint_cap_metrics::{MetricsBackend, Placeholders};
use holdpoint_cap_secret::RunVault;
use holdpoint_cap_websocket::WebsocketBackend;
use holdpoint_engine::Backends;
use holdpoint_model::{
    PhaseId, ServiceName,
    grant::{Grants, HostPort},
};
use url::Url;

use crate::{Error, data_stores, gcloud, tokens::Tokens, tools};

/// How this machine reaches the services of a run.
pub(crate) struct Network {
    pub(crate) connect_to: BTreeMap<HostPort, SocketAddr>,
    pub(crate) ca_file: Option<Vec<u8>>,
    id_tokens: Arc<dyn IdTokens>,
}

impl Network {
    /// As the operator's file says.
    pub(crate) fn of(verified: &Verified) -> Result<Self, Error> {
        let (ca_file, id_tokens) = (ca_file(verified)?, Arc::new(Tokens::of(verified)?));
        Ok(Self { connect_to: verified.connect_to.clone(), ca_file, id_tokens })
    }

    /// One that leads nowhere.
    fn none() -> Self {
        Self { connect_to: BTreeMap::new(), ca_file: None, id_tokens: Arc::new(NoIdTokens) }
    }
}

/// The certificates that the operator trusts besides; none if the file names none.
pub(crate) fn ca_file(verified: &Verified) -> Result<Option<Vec<u8>>, Error> {
    let Some(path) = &verified.ca_file else { return Ok(None) };
    std::fs::read(path).map(Some).map_err(|source| Error::ReadCa { path: path.clone(), source })
}

/// Where the services of a bundle are.
pub(crate) fn bases(verified: &Verified) -> BTreeMap<ServiceName, Url> {
    verified.services.iter().map(|service| (service.name.clone(), service.base.clone())).collect()
}

/// What loads of a run have in common.
pub(crate) struct Loads {
    /// Where what they have counted is kept.
    pub(crate) folder: PathBuf,
    /// Who makes users of the bundle.
    pub(crate) crews: Arc<dyn Crews>,
}

/// Backends that act.
pub(crate) fn live(
    verified: &Verified,
    phase: &PhaseId,
    (network, loads): (&Network, &Loads),
    vault: &Arc<RunVault>,
    clock: &Arc<RunClock>,
) -> Result<Backends, Error> {
    let grants = grants_of(verified, phase)?;
    let tools = tools::backend(verified, &grants, vault).map_err(|e| refused(phase, &e))?;
    make(verified, phase, &grants, (network, Some(loads)), (vault, tools), clock)
}

/// Backends for a replay, where nothing is ever asked of them. They open no directory and know no address.
pub(crate) fn replayed(
    verified: &Verified,
    phase: &PhaseId,
    vault: &Arc<RunVault>,
    clock: &Arc<RunClock>,
) -> Result<Backends, Error> {
    let grants = Grants { files: Vec::new(), ..grants_of(verified, phase)? };
    make(verified, phase, &grants, (&Network::none(), None), (vault, ExecBackend::without_tools()), clock)
}

fn grants_of(verified: &Verified, phase: &PhaseId) -> Result<Grants, Error> {
    let found = verified.phases.iter().find(|p| p.id == *phase);
    found.map(|phase| phase.grants.clone()).ok_or_else(|| refused(phase, &"the bundle has no such phase"))
}

fn make(
    verified: &Verified,
    phase: &PhaseId,
    grants: &Grants,
    (network, loads): (&Network, Option<&Loads>),
    (vault, tools): (&Arc<RunVault>, ExecBackend),
    clock: &Arc<RunClock>,
) -> Result<Backends, Error> {
    let http = HttpBackend::new(HttpConfig {
        services: bases(verified),
        connect_to: network.connect_to.clone(),
        ca_file: network.ca_file.clone(),
        grants: grants.clone(),
        vault: vault.clone(),
        id_tokens: network.id_tokens.clone(),
    });
    let websocket = WebsocketBackend::new(UpgradeConfig {
        services: bases(verified),
        connect_to: network.connect_to.clone(),
        ca_file: network.ca_file.clone(),
        vault: vault.clone(),
    });
    let http = Arc::new(http.map_err(|e| refused(phase, &e))?);
    let load = LoadBackend::new(http.clone(), grants.clone(), loads.map(|loads| loads.folder.clone()));
    let load = Arc::new(match loads {
        Some(loads) => load.with_crews(loads.crews.clone()),
        None => load,
    });
    let data = match loads {
        Some(_) => {
            let reach = (&network.connect_to, network.ca_file.as_deref());
            data_stores::backend(verified, grants, reach, vault.clone())
        }
        // A replay asks nobody, and this machine may have no password.
        None => data_stores::nowhere(grants, vault.clone()),
    };
    let exec = Arc::new(tools);
    let busy = {
        let (load, exec) = (load.clone(), exec.clone());
        move || load.is_under_way() || exec.is_under_way()
    };
    Ok(Backends {
        load,
        // How old data is, is told by the time of those who have it.
        metrics: Arc::new(MetricsBackend::new(http.clone(), clock.machine(), placeholders(vault))),
        data: Arc::new(data.map_err(|e| refused(phase, &e))?),
        http,
        files: Arc::new(FilesBackend::new(grants).map_err(|e| refused(phase, &e))?),
        secrets: vault.clone(),
        gcloud: Arc::new(GcloudBackend::new(
            gcloud::config(&verified.gcloud),
            grants.clone(),
            vault.clone(),
            // What ends tokens outside is the machine's time.
            clock.machine(),
        )),
        exec,
        websocket: Arc::new(websocket.map_err(|e| refused(phase, &e))?),
        clock: Arc::new(SleepBackend::new(clock.clone()).busy_while(busy)),
    })
}

/// What stands for secrets of the run.
pub(crate) fn placeholders(vault: &Arc<RunVault>) -> Box<Placeholders> {
    let vault = vault.clone();
    Box::new(move |name| vault.placeholder(name))
}

/// Why a phase can't be started.
pub(crate) fn refused(phase: &PhaseId, reason: &dyn std::fmt::Display) -> Error {
    Error::Backend { phase: phase.to_string(), reason: reason.to_string() }
}

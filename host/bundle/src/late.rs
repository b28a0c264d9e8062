//! Services whose URL Cloud Run assigns: a run that begins asks where they are. Here is whom it asks for, and which answer it takes; nothing
//! is asked here.

use std::collections::BTreeSet;

use holdpoint_model::ServiceName;
use holdpoint_model::grant::{ProjectId, Region, UrlPattern};
use url::Url;

use crate::diagnostic::Diagnostic;
use crate::refused::Refused;
use crate::resolved::{Resolved, Service};
use crate::sources::Sources;
use crate::verified::{Verified, whole};

/// What Cloud Run is asked when a run begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Late {
    /// Those of the environment.
    pub project: ProjectId,
    pub region: Option<Region>,
    /// In the order of the bundle; never empty.
    pub services: Vec<LateService>,
}

/// A service that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateService {
    pub name: ServiceName,
    /// What the platform calls it.
    pub title: String,
    /// Where it may be.
    pub within: Vec<UrlPattern>,
    /// Where it is not deployed, the run goes on without it.
    pub optional: bool,
}

impl LateService {
    /// The first of its URLs that is where the bundle says.
    pub fn choose<'u>(&self, urls: &'u [String]) -> Option<&'u str> {
        let fits =
            |text: &&String| Url::parse(text).is_ok_and(|url| self.within.iter().any(|pattern| pattern.covers(&url)));
        urls.iter().find(fits).map(String::as_str)
    }
}

impl Late {
    /// What a run has to ask; nothing where every URL is known. An optional service is asked for along with others and never alone:
    /// whoever gives all others by hand has said where this run takes place.
    pub(crate) fn of(resolved: &Resolved) -> Result<Option<Self>, Vec<Diagnostic>> {
        let granted = |service: &&Service| {
            let grants = resolved.askers().map(|phase| &phase.grants);
            let http = grants.clone().flat_map(|grants| &grants.http).map(|grant| &grant.services);
            let websocket = grants.clone().flat_map(|grants| &grants.websocket).map(|grant| &grant.services);
            let metrics = grants.flat_map(|grants| &grants.metrics).map(|grant| &grant.services);
            http.chain(websocket).chain(metrics).any(|services| services.contains(&service.name))
        };
        let wanted: BTreeSet<&ServiceName> =
            resolved.services.iter().filter(granted).filter_map(|service| service.asked_for.as_ref()).collect();
        let late = resolved.services.iter().filter(|service| wanted.contains(&service.name));
        let services: Vec<LateService> = late
            .map(|service| LateService {
                name: service.name.clone(),
                title: service.title.clone(),
                within: service.within.clone(),
                optional: service.left_out,
            })
            .collect();
        if services.iter().all(|service| service.optional) {
            return Ok(None);
        }
        let (project, region) = asked_where(resolved).map_err(|(why, help)| {
            let needed = services.iter().filter(|service| !service.optional);
            needed
                .map(|service| {
                    let message = format!("the URL of service `{}` is not known: {why}", service.name);
                    whole(&resolved.label, &message, Some(format!("{help}, or pass --service {}=URL", service.name)))
                })
                .collect::<Vec<_>>()
        })?;
        Ok(Some(Self { project, region, services }))
    }
}

/// The project and the region of the environment, or why Cloud Run can't be asked there, and what would help.
fn asked_where(resolved: &Resolved) -> Result<(ProjectId, Option<Region>), (String, String)> {
    let environment = &resolved.environment;
    let table = format!("[environments.{}]", environment.name);
    let Some(project) = &environment.project else {
        let why = "Cloud Run is asked in the project of the environment, which has none".to_owned();
        return Err((why, format!("add to {table}: project = \"…\"")));
    };
    let help = format!("mend {table}");
    let project = ProjectId::parse(project).map_err(|error| (error.to_string(), help.clone()))?;
    let region = environment.region.as_deref().map(Region::parse).transpose();
    Ok((project, region.map_err(|error| (error.to_string(), help))?))
}

/// A bundle whose every ask is allowed, and whose services have a place, but for those that Cloud Run is asked for. It can be looked at,
/// and not be run.
#[derive(Debug, Clone)]
pub struct Allowed {
    so_far: Verified,
    late: Option<Late>,
}

impl Allowed {
    /// Compares a resolved bundle with what the operator allows.
    pub fn new(resolved: Resolved, sources: &Sources) -> Result<Self, Refused> {
        let (late, missing) = match Late::of(&resolved) {
            Ok(late) => (late, Vec::new()),
            Err(missing) => (None, missing),
        };
        Ok(Self { so_far: Verified::lacking(resolved, sources, None, missing)?, late })
    }

    /// What is to be asked before it is run.
    pub fn late(&self) -> Option<&Late> {
        self.late.as_ref()
    }

    /// It without the services that are asked for, to look at.
    pub fn so_far(&self) -> &Verified {
        &self.so_far
    }

    /// It as it is run, or what is to be asked first.
    pub fn placed(self) -> Result<Verified, Late> {
        match self.late {
            None => Ok(self.so_far),
            Some(late) => Err(late),
        }
    }
}

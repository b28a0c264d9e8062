//! A new bundle for what runs in a project of Google Cloud, as the operator's gcloud tells.

use std::collections::BTreeSet;

use holdpoint_bundle::GcloudBinding;
use holdpoint_cap_clock::SystemClock;
use holdpoint_gate::Clock as _;
use holdpoint_model::grant::{ProjectId, Region};
use holdpoint_scaffold::{Choices, Deployed, Draft, deployed};

use holdpoint_cap_gcloud::Unlisted;

use crate::{Error, Machine, gcloud, permission};

/// Where to look.
#[derive(Debug, Clone, Default)]
pub struct CloudPlace {
    /// Without one, the project that gcloud is set to.
    pub project: Option<String>,
    /// Without one, the region that all services are in.
    pub region: Option<String>,
}

/// Works out a bundle with an environment for the services that are found there, and a phase that asks for their health.
pub async fn bundle_from_gcloud(choices: &Choices, place: &CloudPlace, machine: &Machine) -> Result<Draft, Error> {
    let usage = |why: String| Error::Usage(format!("{why}\n  nothing was written"));
    let project = place.project.as_deref().map(ProjectId::parse).transpose().map_err(|e| usage(e.to_string()))?;
    let region = place.region.as_deref().map(Region::parse).transpose().map_err(|e| usage(e.to_string()))?;
    let config = gcloud::config(&binding(machine)?);
    let clock = SystemClock::default();
    let found =
        holdpoint_cap_gcloud::services(&config, project, region, clock.now()).await.map_err(
            |unlisted| match unlisted {
                Unlisted::Refused(why) => usage(why),
                Unlisted::Failed(why) => Error::Cloud(format!("{why}\n  nothing was written")),
            },
        )?;
    let regions: BTreeSet<&str> = found.services.iter().filter_map(|service| service.region.as_deref()).collect();
    if regions.len() > 1 {
        let all = regions.into_iter().collect::<Vec<_>>().join(", ");
        return Err(usage(format!("the services of {} are in {all}; choose one with --region", found.project)));
    }
    let region = regions.into_iter().next().map(str::to_owned).or_else(|| place.region.clone());
    if found.services.is_empty() {
        let place = region.map_or(String::new(), |region| format!(" in {region}"));
        return Err(usage(format!("there is no service of Cloud Run in project {}{place}", found.project)));
    }
    let module = machine.builtin.names().find(|name| *name == "health").map(|_| "builtin:health".to_owned());
    let deployment = Deployed {
        project: found.project.to_string(),
        region,
        services: found.services.into_iter().map(|service| (service.name, service.urls.into_iter().next())).collect(),
        module,
    };
    Ok(deployed(choices, &deployment)?)
}

/// What the operator says of gcloud; nothing where there is no operator's file yet.
fn binding(machine: &Machine) -> Result<GcloudBinding, Error> {
    Ok(permission::operator(machine)?.gcloud)
}

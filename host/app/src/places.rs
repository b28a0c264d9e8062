//! Where services are whose URL Cloud Run assigns: asked once, with the operator's gcloud, when a run begins. What was found counts as if it
//! had been given by `--service`, so that the run's header holds it and nobody asks again.

use std::collections::BTreeMap;

use holdpoint_bundle::{GcloudBinding, Late, LateService};
use holdpoint_cap_clock::SystemClock;
use holdpoint_cap_gcloud::{DeployedService, Unlisted};
use holdpoint_gate::Clock as _;

use crate::{Error, gcloud};

/// Why this machine can't ask Cloud Run, as far as that is seen without asking.
pub fn why_not(binding: &GcloudBinding) -> Option<String> {
    gcloud::probe(binding).err()
}

/// The URL of each service that is there, by its name in the bundle. One that has to be there and is not is a mistake.
pub(crate) async fn ask(
    late: &Late,
    binding: &GcloudBinding,
    asking: impl Fn(&Late),
) -> Result<BTreeMap<String, String>, Error> {
    let unasked = |why: &str| {
        let needed = late.services.iter().filter(|service| !service.optional);
        let given: Vec<String> = needed.map(|service| format!("--service {}=URL", service.name)).collect();
        format!(
            "where services are is asked of Cloud Run, and that failed: {why}\n    or pass {}\n  nothing was run",
            given.join(" ")
        )
    };
    gcloud::probe(binding).map_err(|why| Error::Usage(unasked(&why)))?;
    asking(late);
    let config = gcloud::config(binding);
    let (project, region) = (Some(late.project.clone()), late.region.clone());
    let listed = holdpoint_cap_gcloud::services(&config, project, region, SystemClock::default().now()).await;
    let listed = listed.map_err(|unlisted| match unlisted {
        Unlisted::Refused(why) => Error::Usage(unasked(&why)),
        Unlisted::Failed(why) => Error::Cloud(unasked(&why)),
    })?;
    found(late, &listed.services).map_err(|wrong| Error::Usage(format!("{}\n  nothing was run", wrong.join("\n"))))
}

/// The URLs of a list, or everything that is wrong with it. Pure.
fn found(late: &Late, listed: &[DeployedService]) -> Result<BTreeMap<String, String>, Vec<String>> {
    let (mut found, mut wrong) = (BTreeMap::new(), Vec::new());
    for service in &late.services {
        match place(late, service, listed) {
            Ok(Some(url)) => drop(found.insert(service.name.to_string(), url.to_owned())),
            Ok(None) => {}
            Err((why, help)) => wrong
                .push(format!("service `{}` {why}\n    {help}, or pass --service {}=URL", service.name, service.name)),
        }
    }
    if wrong.is_empty() { Ok(found) } else { Err(wrong) }
}

/// Where one service is; nowhere if it may be missing. Else why not, and what would help.
fn place<'l>(
    late: &Late,
    service: &LateService,
    listed: &'l [DeployedService],
) -> Result<Option<&'l str>, (String, String)> {
    let there = |one: &&DeployedService| {
        let elsewhere = late.region.as_ref().zip(one.region.as_ref()).is_some_and(|(ours, its)| ours.as_str() != its);
        one.name == service.title && !elsewhere
    };
    let deployed: Vec<&DeployedService> = listed.iter().filter(there).collect();
    let (title, region) = (&service.title, late.region.as_ref().map_or(String::new(), |region| format!(", {region}")));
    let project = format!("project {}{region}", late.project);
    let [deployed] = deployed.as_slice() else {
        if deployed.is_empty() {
            let why = format!("is not deployed: there is no {title} in {project}");
            return if service.optional { Ok(None) } else { Err((why, "deploy it".to_owned())) };
        }
        let regions: Vec<&str> = deployed.iter().filter_map(|one| one.region.as_deref()).collect();
        let why = format!("is deployed more than once: {title} is in {} of {project}", regions.join(", "));
        return Err((why, "say which by `region` in the environment of the bundle".to_owned()));
    };
    if deployed.urls.is_empty() {
        let why = format!("has no URL yet: {title} in {project} has never been ready");
        return if service.optional { Ok(None) } else { Err((why, "see to it".to_owned())) };
    }
    service.choose(&deployed.urls).map(Some).ok_or_else(|| {
        let within: Vec<String> = service.within.iter().map(ToString::to_string).collect();
        let why = format!("is at {}, which is not within {}", deployed.urls.join(" and "), within.join(", "));
        (why, "if that is right, add it to `within` and allow the bundle again".to_owned())
    })
}

#[cfg(test)]
mod tests {
    use holdpoint_model::ServiceName;
    use holdpoint_model::grant::{ProjectId, Region, UrlPattern};

    use super::*;

    fn late(region: Option<&str>, optional: bool) -> Late {
        let service = LateService {
            name: ServiceName::parse("backend").unwrap(),
            title: "netra-backend".to_owned(),
            within: vec![UrlPattern::parse("https://netra-backend-*.us-central1.run.app").unwrap()],
            optional,
        };
        Late {
            project: ProjectId::parse("netra-staging").unwrap(),
            region: region.map(|region| Region::parse(region).unwrap()),
            services: vec![service],
        }
    }

    fn deployed(region: &str, urls: &[&str]) -> DeployedService {
        let urls = urls.iter().map(|url| (*url).to_owned()).collect();
        DeployedService { name: "netra-backend".to_owned(), region: Some(region.to_owned()), urls }
    }

    const OLD: &str = "https://netra-backend-x7-uc.a.run.app";
    const NEW: &str = "https://netra-backend-1.us-central1.run.app";

    fn wrong(late: &Late, listed: &[DeployedService]) -> String {
        found(late, listed).unwrap_err().concat()
    }

    #[test]
    fn the_form_of_a_url_that_the_bundle_states_is_taken() {
        let listed = [deployed("us-central1", &[OLD, NEW])];
        assert_eq!(found(&late(Some("us-central1"), false), &listed).unwrap()["backend"], NEW);
        let outside = wrong(&late(None, false), &[deployed("us-central1", &[OLD])]);
        assert!(outside.contains(OLD) && outside.contains("not within https://netra-backend-*.us-central1.run.app"));
        assert!(outside.contains("--service backend=URL"), "{outside}");
    }

    #[test]
    fn only_the_region_of_the_environment_counts_and_without_one_there_is_one_service() {
        let two = [deployed("europe-west1", &[OLD]), deployed("us-central1", &[NEW])];
        assert_eq!(found(&late(Some("us-central1"), false), &two).unwrap()["backend"], NEW);
        assert!(wrong(&late(Some("asia-east1"), false), &two).contains("there is no netra-backend in project"));
        assert!(wrong(&late(None, false), &two).contains("in europe-west1, us-central1"));
    }

    #[test]
    fn one_that_may_be_missing_is_left_out_and_never_taken_from_elsewhere() {
        let region = Some("us-central1");
        assert!(found(&late(region, true), &[]).unwrap().is_empty());
        assert!(found(&late(region, true), &[deployed("us-central1", &[])]).unwrap().is_empty());
        assert!(wrong(&late(region, true), &[deployed("us-central1", &[OLD])]).contains("not within"));
        assert!(wrong(&late(region, false), &[deployed("us-central1", &[])]).contains("has never been ready"));
    }
}

//! Which call asks for what of Cloud Run. Two shapes of paths lead to the same services: those of Kubernetes, under
//! `/apis/…/namespaces/PROJECT`, and those of Google, under `/v1/projects/PROJECT/locations/REGION`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::state::{Run, missing};
use crate::cloud::{Around, not_emulated};
use crate::exchange::{Answer, Call, page};

const HOST: &str = "run.googleapis.com";
/// Every region, as a path says it.
const ANY: &str = "-";
const PERMISSIONS: &str = "permissions";

/// The region that a host of Cloud Run serves; the global one serves any.
pub(crate) fn region_of(host: &str) -> Option<&str> {
    if host == HOST { Some(ANY) } else { host.strip_suffix(HOST)?.strip_suffix('-') }
}

impl Run {
    pub(crate) fn answer(
        &mut self,
        call: &Call,
        region: &str,
        around: &mut Around<'_>,
        images: Option<&BTreeSet<String>>,
    ) -> Result<Answer, Answer> {
        let parts: Vec<&str> = call.path.trim_start_matches('/').split('/').collect();
        let (project, region, rest) = match parts.as_slice() {
            ["apis", "serving.knative.dev", "v1", "namespaces", project, rest @ ..] => (*project, region, rest),
            ["v1", "projects", project, "locations", region, rest @ ..] => (*project, *region, rest),
            ["v1", "projects", project, "locations"] => (*project, region, [].as_slice()),
            _ => return Err(not_emulated(call)),
        };
        around.project.expect(project)?;
        match (call.method.as_str(), rest) {
            ("GET", []) => Ok(self.locations(around)),
            ("GET", ["services"]) => self.list_services(call, region, around),
            ("POST", ["services"]) => {
                let region = some_region(region)?;
                let service = self.create(around, region, &call.json()?, images)?;
                let view = service.view(around.project, around.behaviour);
                Ok(Answer::json(&view).with_effect(around.effect()))
            }
            ("GET", ["revisions"]) => self.list_revisions(call, region, around),
            (_, ["services", name]) => match name.split_once(':') {
                Some((name, verb)) => self.answer_policy(call, (region, name, verb), around),
                None => self.answer_service(call, (region, name), around, images),
            },
            (_, ["revisions", name]) => self.answer_revision(call, (region, name), around),
            _ => Err(not_emulated(call)),
        }
    }

    fn answer_service(
        &mut self,
        call: &Call,
        (region, name): (&str, &str),
        around: &mut Around<'_>,
        images: Option<&BTreeSet<String>>,
    ) -> Result<Answer, Answer> {
        match call.method.as_str() {
            "GET" => {
                let service = self.service_mut(around.project, region, name)?;
                service.poll(around);
                Ok(Answer::json(&service.view(around.project, around.behaviour)))
            }
            "PUT" => {
                let service = self.replace(around, (region, name), &call.json()?, images)?;
                let view = service.view(around.project, around.behaviour);
                Ok(Answer::json(&view).with_effect(around.effect()))
            }
            "DELETE" => {
                self.service_mut(around.project, region, name)?;
                self.services.remove(&(region.to_owned(), name.to_owned()));
                Ok(deleted(name, "services").with_effect(around.effect()))
            }
            _ => Err(not_emulated(call)),
        }
    }

    fn answer_revision(
        &mut self,
        call: &Call,
        (region, name): (&str, &str),
        around: &mut Around<'_>,
    ) -> Result<Answer, Answer> {
        let absent = || missing(around.project, "REVISION", region, name);
        let found = self.revisions().find(|(service, revision)| service.region == region && revision.name == name);
        let (service, revision) = found.ok_or_else(absent)?;
        match call.method.as_str() {
            "GET" => {
                let serving = service.serves(name);
                Ok(Answer::json(&revision.view(around.project, &service.name, region, serving)))
            }
            "DELETE" => {
                let owner = service.name.clone();
                self.service_mut(around.project, region, &owner)?.delete_revision(name)?;
                Ok(deleted(name, "revisions").with_effect(around.effect()))
            }
            _ => Err(not_emulated(call)),
        }
    }

    fn answer_policy(
        &mut self,
        call: &Call,
        (region, name, verb): (&str, &str, &str),
        around: &mut Around<'_>,
    ) -> Result<Answer, Answer> {
        if (call.method.as_str(), verb) == ("POST", "testIamPermissions") {
            // Also asked about services that are not there yet: may they be made?
            let asked = call.json()?.get(PERMISSIONS).cloned().unwrap_or_else(|| json!([]));
            return Ok(Answer::json(&json!({PERMISSIONS: asked})));
        }
        let service = self.service_mut(around.project, region, name)?;
        match (call.method.as_str(), verb) {
            ("GET", "getIamPolicy") => Ok(Answer::json(&service.policy.view())),
            ("POST", "setIamPolicy") => {
                service.policy.replace(&call.json()?)?;
                Ok(Answer::json(&service.policy.view()).with_effect(around.effect()))
            }
            _ => Err(not_emulated(call)),
        }
    }

    /// Whoever lists services looks at each.
    fn list_services(&mut self, call: &Call, region: &str, around: &Around<'_>) -> Result<Answer, Answer> {
        self.services.values_mut().for_each(|service| service.poll(around));
        let here = self.services.values().filter(|service| region == ANY || service.region == region);
        list(call, "ServiceList", here.map(|service| service.view(around.project, around.behaviour)).collect())
    }

    fn list_revisions(&self, call: &Call, region: &str, around: &Around<'_>) -> Result<Answer, Answer> {
        let wanted = call.parameter("labelSelector").map(selector).transpose()?.unwrap_or_default();
        let chosen = self.revisions().filter(|(service, revision)| {
            let labels = revision.labels(&service.name, &service.region);
            let fits = |(key, value): &(String, String)| labels.get(key).and_then(Value::as_str) == Some(value);
            (region == ANY || service.region == region) && wanted.iter().all(fits)
        });
        let view = |(service, revision): (&super::service::Service, &super::revision::Revision)| {
            revision.view(around.project, &service.name, &service.region, service.serves(&revision.name))
        };
        list(call, "RevisionList", chosen.map(view).collect())
    }

    fn locations(&self, around: &Around<'_>) -> Answer {
        let mut regions: BTreeSet<&str> = self.services.values().map(|service| service.region.as_str()).collect();
        regions.insert(&around.project.region);
        let one = |region: &str| {
            let name = format!("projects/{}/locations/{region}", around.project.id);
            json!({"name": name, "locationId": region, "displayName": region})
        };
        let locations: Vec<Value> = regions.into_iter().map(one).collect();
        Answer::json(&json!({"locations": locations}))
    }
}

fn some_region(region: &str) -> Result<&str, Answer> {
    if region == ANY {
        Err(Answer::refuse(400, "a service is made in a region; the host names none"))
    } else {
        Ok(region)
    }
}

/// `a = b, c = d`. Refuses what is more than equality.
fn selector(text: &str) -> Result<Vec<(String, String)>, Answer> {
    let one = |part: &str| {
        let (key, value) = part.split_once('=')?;
        Some((key.trim().to_owned(), value.trim_start_matches('=').trim().to_owned()))
    };
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    let read: Option<Vec<_>> = parts.map(one).collect();
    read.ok_or_else(|| Answer::refuse(400, &format!("labelSelector: '{text}' is not understood.")))
}

fn list(call: &Call, kind: &str, items: Vec<Value>) -> Result<Answer, Answer> {
    let (items, more) = page(items, call.parameter("limit"), call.parameter("continue"))?;
    let metadata = more.map_or_else(|| json!({}), |more| json!({"continue": more}));
    Ok(Answer::json(&json!({
        "apiVersion": "serving.knative.dev/v1",
        "kind": kind,
        "metadata": metadata,
        "items": items,
        "unreachable": [],
    })))
}

fn deleted(name: &str, kind: &str) -> Answer {
    let details = json!({"name": name, "group": "serving.knative.dev", "kind": kind});
    Answer::json(&json!({"apiVersion": "v1", "kind": "Status", "status": "Success", "details": details}))
}

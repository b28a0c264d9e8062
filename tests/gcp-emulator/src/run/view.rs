//! A service as the API shows it.

use serde_json::{Value, json};

use super::service::{Phase, Service};
use super::traffic;
use crate::cloud::{Behaviour, Project};

impl Service {
    pub(super) fn view(&self, project: &Project, behaviour: Behaviour) -> Value {
        let host = self.host(project);
        let link = format!("/apis/serving.knative.dev/v1/namespaces/{}/services/{}", project.number, self.name);
        let mut labels = self.labels.clone();
        labels.insert("cloud.googleapis.com/location".to_owned(), json!(self.region));
        let mut annotations = self.annotations.clone();
        for (key, value) in [
            ("serving.knative.dev/creator", &self.creator),
            ("serving.knative.dev/lastModifier", &self.modifier),
            (
                "run.googleapis.com/urls",
                &json!([format!("https://{}", self.stable_host(project)), format!("https://{host}")]).to_string(),
            ),
            ("run.googleapis.com/ingress-status", &"all".to_owned()),
        ] {
            annotations.insert(key.to_owned(), json!(value));
        }
        annotations.entry("run.googleapis.com/ingress").or_insert_with(|| json!("all"));
        let observed = self.generation.saturating_sub(u64::from(behaviour.stale_generation));
        let mut status = json!({
            "observedGeneration": observed,
            "conditions": self.conditions(),
            "traffic": self.traffic(project),
            "url": format!("https://{host}"),
            "address": {"url": format!("https://{host}")},
        });
        if let Some(fields) = status.as_object_mut() {
            if let Some(latest) = &self.latest_ready {
                fields.insert("latestReadyRevisionName".to_owned(), json!(latest));
            }
            if let Some(latest) = self.revisions.last() {
                fields.insert("latestCreatedRevisionName".to_owned(), json!(latest.name));
            }
        }
        json!({
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": {
                "name": self.name,
                "namespace": project.number.to_string(),
                "selfLink": link,
                "uid": project.seed.uuid(&format!("service {} {}", self.region, self.name)),
                "resourceVersion": self.version.to_string(),
                "generation": self.generation,
                "creationTimestamp": self.created,
                "labels": labels,
                "annotations": annotations,
            },
            "spec": {"template": self.template, "traffic": traffic::spec(&self.wanted)},
            "status": status,
        })
    }

    /// What holds now, with the URLs of tags.
    fn traffic(&self, project: &Project) -> Value {
        let host = self.host(project);
        let url = |tag: &str| format!("https://{tag}---{host}");
        let parts = self.serving.iter().flat_map(|(revision, target)| {
            let status = traffic::status(std::slice::from_ref(target), revision, url);
            status.as_array().cloned().unwrap_or_default()
        });
        parts.collect()
    }

    fn conditions(&self) -> Value {
        let (state, reason) = match &self.phase {
            Phase::Settling(_) => ("Unknown", Some(("Deploying", "Deploying Revision."))),
            Phase::Ready => ("True", None),
            Phase::Failed { reason, message } => ("False", Some((*reason, message.as_str()))),
        };
        let condition = |kind: &str| {
            let mut condition = json!({"type": kind, "status": state, "lastTransitionTime": self.changed});
            if let (Some((reason, message)), Some(fields)) = (reason, condition.as_object_mut()) {
                fields.insert("reason".to_owned(), json!(reason));
                fields.insert("message".to_owned(), json!(message));
            }
            condition
        };
        json!([condition("Ready"), condition("ConfigurationsReady"), condition("RoutesReady")])
    }

    /// `S-HASH-uc.a.run.app`.
    pub(super) fn host(&self, project: &Project) -> String {
        if let Some(suffix) = &project.host_suffix {
            return format!("{}-{suffix}.a.run.app", self.name);
        }
        let hash = project.seed.letters(&format!("project {} {}", project.number, self.region), 10);
        format!("{}-{hash}-{}.a.run.app", self.name, short(&self.region))
    }

    /// `S-NUMBER.REGION.run.app`, which leads to the same service.
    pub(super) fn stable_host(&self, project: &Project) -> String {
        format!("{}-{}.{}.run.app", self.name, project.number, self.region)
    }
}

/// `us-central1` is `uc`, as in the real names.
fn short(region: &str) -> String {
    region.split('-').filter_map(|part| part.chars().next()).collect()
}

/// How requests to a host are shared: the parts with traffic, or the one revision of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) service: String,
    pub(crate) region: String,
    /// Whether everybody may call it.
    pub(crate) open: bool,
    /// Revision, image and percent.
    pub(crate) parts: Vec<(String, String, u64)>,
}

impl Service {
    /// The share of a host, if it is one of this service.
    pub(super) fn share(&self, project: &Project, host: &str) -> Option<Share> {
        let (tag, host) = match host.split_once("---") {
            Some((tag, host)) => (Some(tag), host),
            None => (None, host),
        };
        if host != self.host(project) && host != self.stable_host(project) {
            return None;
        }
        let image = |name: &str| {
            let revision = self.revisions.iter().find(|revision| revision.name == name);
            revision.map(|revision| revision.image().to_owned()).unwrap_or_default()
        };
        let parts = self.serving.iter().filter_map(|(revision, target)| match tag {
            None => (target.percent > 0).then(|| (revision.clone(), image(revision), target.percent)),
            Some(_) => (target.tag.as_deref() == tag).then(|| (revision.clone(), image(revision), 100)),
        });
        let parts: Vec<_> = parts.collect();
        // A tag that is not there is no host of the service.
        (tag.is_none() || !parts.is_empty()).then(|| Share {
            service: self.name.clone(),
            region: self.region.clone(),
            open: self.policy.is_open(),
            parts,
        })
    }
}

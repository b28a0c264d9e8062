//! A revision: what a service ran, or runs. It never changes; it is only made, found ready, and deleted.

use serde_json::{Map, Value, json};

use crate::cloud::{Around, Project};

/// How far a revision has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Health {
    Starting,
    Ready,
    /// It will not become ready, for this reason.
    Failed(String),
}

#[derive(Debug, Clone)]
pub(super) struct Revision {
    pub(super) name: String,
    pub(super) number: u64,
    pub(super) template: Value,
    pub(super) created: String,
    pub(super) creator: String,
    pub(super) health: Health,
}

impl Revision {
    pub(super) fn image(&self) -> &str {
        image(&self.template)
    }

    /// Labels of the template and those that the platform adds.
    pub(super) fn labels(&self, service: &str, region: &str) -> Map<String, Value> {
        let mut labels = object(self.template.pointer("/metadata/labels"));
        for (key, value) in [
            ("serving.knative.dev/service", service),
            ("serving.knative.dev/configuration", service),
            ("serving.knative.dev/route", service),
            ("cloud.googleapis.com/location", region),
        ] {
            labels.insert(key.to_owned(), json!(value));
        }
        labels.insert("serving.knative.dev/configurationGeneration".to_owned(), json!(self.number.to_string()));
        labels
    }

    /// As the API shows it.
    pub(super) fn view(&self, project: &Project, service: &str, region: &str, serving: bool) -> Value {
        let mut annotations = object(self.template.pointer("/metadata/annotations"));
        annotations.insert("serving.knative.dev/creator".to_owned(), json!(self.creator));
        let mut spec = self.template.get("spec").cloned().unwrap_or_else(|| json!({}));
        fill(&mut spec, "containerConcurrency", &json!(80));
        fill(&mut spec, "timeoutSeconds", &json!(300));
        let (state, reason) = match &self.health {
            Health::Starting => ("Unknown", Some(("Deploying", "Deploying Revision."))),
            Health::Ready => ("True", None),
            Health::Failed(why) => ("False", Some(("HealthCheckContainerError", why.as_str()))),
        };
        let condition = |kind: &str| {
            let mut condition = json!({"type": kind, "status": state, "lastTransitionTime": self.created});
            if let (Some((reason, message)), Some(fields)) = (reason, condition.as_object_mut()) {
                fields.insert("reason".to_owned(), json!(reason));
                fields.insert("message".to_owned(), json!(message));
            }
            condition
        };
        let link = format!("/apis/serving.knative.dev/v1/namespaces/{}/revisions/{}", project.number, self.name);
        let active = json!({
            "type": "Active",
            "status": if serving { "True" } else { "False" },
            "lastTransitionTime": self.created,
            "severity": "Info",
        });
        json!({
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Revision",
            "metadata": {
                "name": self.name,
                "namespace": project.number.to_string(),
                "selfLink": link,
                "uid": project.seed.uuid(&format!("revision {region} {}", self.name)),
                "resourceVersion": format!("R{}", self.number),
                "generation": 1,
                "creationTimestamp": self.created,
                "labels": self.labels(service, region),
                "annotations": annotations,
                "ownerReferences": [{
                    "kind": "Configuration",
                    "name": service,
                    "apiVersion": "serving.knative.dev/v1",
                    "controller": true,
                    "blockOwnerDeletion": true,
                }],
            },
            "spec": spec,
            "status": {
                "observedGeneration": 1,
                "conditions": [
                    condition("Ready"),
                    active,
                    condition("ContainerHealthy"),
                    condition("ResourcesAvailable"),
                ],
                "logUrl": format!("https://console.cloud.google.com/logs/viewer?project={}", project.id),
                "imageDigest": self.digest(project),
            },
        })
    }

    /// The image by its digest. A tag has one that follows from its text.
    pub(super) fn digest(&self, project: &Project) -> String {
        let image = self.image();
        if image.contains('@') {
            return image.to_owned();
        }
        let (repository, tag) = image.rsplit_once('/').unwrap_or(("", image));
        let name = tag.split_once(':').map_or(tag, |(name, _)| name);
        let slash = if repository.is_empty() { "" } else { "/" };
        format!("{repository}{slash}{name}@sha256:{}", project.seed.digits(&format!("image {image}"), 64))
    }
}

/// A new name, as the platform makes them.
pub(super) fn name(around: &Around<'_>, region: &str, service: &str, number: u64) -> String {
    let end = around.project.seed.letters(&format!("revision {region} {service} {number}"), 3);
    format!("{service}-{number:05}-{end}")
}

pub(super) fn image(template: &Value) -> &str {
    template.pointer("/spec/containers/0/image").and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn object(value: Option<&Value>) -> Map<String, Value> {
    value.and_then(Value::as_object).cloned().unwrap_or_default()
}

fn fill(value: &mut Value, key: &str, default: &Value) {
    if let Some(fields) = value.as_object_mut() {
        fields.entry(key).or_insert_with(|| default.clone());
    }
}

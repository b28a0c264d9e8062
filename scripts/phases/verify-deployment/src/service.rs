//! A service of Cloud Run as `gcloud run services list --format=json` prints it, as far as it is judged.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Service {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    /// Absent in lists that are old.
    generation: Option<u64>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct Spec {
    #[serde(default)]
    template: Template,
}

#[derive(Deserialize, Default)]
struct Template {
    #[serde(default)]
    metadata: TemplateMetadata,
}

#[derive(Deserialize, Default)]
struct TemplateMetadata {
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Status {
    url: Option<String>,
    observed_generation: Option<u64>,
    latest_ready_revision_name: Option<String>,
    latest_created_revision_name: Option<String>,
    #[serde(default)]
    traffic: Vec<Traffic>,
    #[serde(default)]
    conditions: Vec<Condition>,
}

/// A part of the traffic, or a tag without any.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Traffic {
    pub(crate) revision_name: Option<String>,
    #[serde(default)]
    pub(crate) percent: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Condition {
    #[serde(rename = "type")]
    kind: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) last_transition_time: Option<String>,
}

const LAST_MODIFIER: &str = "serving.knative.dev/lastModifier";
const MIN_SCALE: &str = "autoscaling.knative.dev/minScale";

impl Service {
    pub(crate) fn name(&self) -> &str {
        &self.metadata.name
    }

    pub(crate) fn url(&self) -> Option<&str> {
        self.status.url.as_deref().filter(|url| url.starts_with("https://"))
    }

    /// The condition that sums up the others.
    pub(crate) fn ready(&self) -> Option<&Condition> {
        self.status.conditions.iter().find(|condition| condition.kind == "Ready")
    }

    /// What was asked for last, and what of it the platform has looked at.
    pub(crate) fn generations(&self) -> Option<(u64, u64)> {
        self.metadata.generation.zip(self.status.observed_generation)
    }

    /// The revision that was made last, if it is known.
    pub(crate) fn latest(&self) -> Option<&str> {
        let status = &self.status;
        status.latest_created_revision_name.as_deref().or(status.latest_ready_revision_name.as_deref())
    }

    /// The parts of the traffic, without tags.
    pub(crate) fn serving(&self) -> impl Iterator<Item = &Traffic> {
        self.status.traffic.iter().filter(|part| part.percent > 0)
    }

    pub(crate) fn last_modifier(&self) -> Option<&str> {
        self.metadata.annotations.get(LAST_MODIFIER).map(String::as_str)
    }

    /// How many instances stay warm; none where nothing is said.
    pub(crate) fn min_instances(&self) -> u32 {
        let said = self.spec.template.metadata.annotations.get(MIN_SCALE);
        said.and_then(|text| text.parse().ok()).unwrap_or_default()
    }
}

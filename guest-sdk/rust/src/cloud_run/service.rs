//! A service of Cloud Run as `gcloud run services list --format=json` prints it, as far as it is judged.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::TrafficMap;

/// A service.
#[derive(Clone, Debug, Deserialize)]
pub struct Service {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Metadata {
    pub(super) name: String,
    /// Absent in lists that are old.
    generation: Option<u64>,
    #[serde(default)]
    pub(super) annotations: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Spec {
    #[serde(default)]
    template: Template,
    #[serde(default)]
    traffic: Vec<Target>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Template {
    #[serde(default)]
    metadata: TemplateMetadata,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct TemplateMetadata {
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    url: Option<String>,
    observed_generation: Option<u64>,
    latest_ready_revision_name: Option<String>,
    latest_created_revision_name: Option<String>,
    #[serde(default)]
    traffic: Vec<Target>,
    #[serde(default)]
    conditions: Vec<Condition>,
}

/// A part of the traffic, a tag, or both.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// Where it leads.
    pub revision_name: Option<String>,
    /// Its share of the service's traffic; 0 for a tag alone.
    #[serde(default)]
    pub percent: u32,
    /// The tag by which it is reached at a URL of its own.
    pub tag: Option<String>,
}

/// What the platform says of one side of a service.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// One word.
    pub reason: Option<String>,
    /// A sentence.
    pub message: Option<String>,
    /// Since when it is so.
    pub last_transition_time: Option<String>,
}

impl Condition {
    /// The one that sums up the others.
    pub(super) fn ready(conditions: &[Self]) -> Option<&Self> {
        conditions.iter().find(|condition| condition.kind == "Ready")
    }

    /// Why it is as it is, in the platform's words.
    pub fn why(&self) -> String {
        let words: Vec<&str> = [&self.reason, &self.message].into_iter().flatten().map(String::as_str).collect();
        if words.is_empty() { "it does not say why".to_owned() } else { words.join(": ") }
    }
}

const LAST_MODIFIER: &str = "serving.knative.dev/lastModifier";
const MIN_SCALE: &str = "autoscaling.knative.dev/minScale";

/// How many instances stay warm; none where nothing is said.
pub(super) fn min_scale(annotations: &BTreeMap<String, String>) -> u32 {
    annotations.get(MIN_SCALE).and_then(|text| text.parse().ok()).unwrap_or_default()
}

impl Service {
    /// Its name on the platform.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Where it is reached, if that is by https.
    pub fn url(&self) -> Option<&str> {
        self.status.url.as_deref().filter(|url| url.starts_with("https://"))
    }

    /// The condition that sums up the others.
    pub fn ready(&self) -> Option<&Condition> {
        Condition::ready(&self.status.conditions)
    }

    /// What was asked for last, and what of it the platform has looked at.
    pub fn generations(&self) -> Option<(u64, u64)> {
        self.metadata.generation.zip(self.status.observed_generation)
    }

    /// Whether the platform has come to an end with what was asked for last.
    pub fn is_settled(&self) -> bool {
        let looked = self.generations().is_none_or(|(asked, seen)| asked == seen);
        looked && self.ready().is_some_and(|condition| condition.status != "Unknown")
    }

    /// The revision that was made last, if it is known.
    pub fn latest(&self) -> Option<&str> {
        let status = &self.status;
        status.latest_created_revision_name.as_deref().or(status.latest_ready_revision_name.as_deref())
    }

    /// Shares of the traffic and tags, as they stand.
    pub fn targets(&self) -> &[Target] {
        &self.status.traffic
    }

    /// Shares and tags as they were asked for last.
    pub(crate) fn asked(&self) -> &[Target] {
        &self.spec.traffic
    }

    /// What serves.
    pub fn traffic(&self) -> TrafficMap {
        let serving = self.targets().iter().filter(|target| target.percent > 0);
        serving
            .map(|target| {
                let revision = target.revision_name.clone();
                (revision.unwrap_or_else(|| "a revision without a name".to_owned()), target.percent)
            })
            .collect()
    }

    /// The revision that a tag leads to, or was asked to lead to: a revision that never got ready is in no share of the traffic.
    pub fn tagged(&self, tag: &str) -> Option<&str> {
        let mut targets = self.targets().iter().chain(self.asked());
        let target = targets.find(|target| target.tag.as_deref() == Some(tag) && target.revision_name.is_some());
        target.and_then(|target| target.revision_name.as_deref())
    }

    /// Who changed it last.
    pub fn last_modifier(&self) -> Option<&str> {
        self.metadata.annotations.get(LAST_MODIFIER).map(String::as_str)
    }

    /// How many instances stay warm; none where nothing is said.
    pub fn min_instances(&self) -> u32 {
        min_scale(&self.spec.template.metadata.annotations)
    }
}

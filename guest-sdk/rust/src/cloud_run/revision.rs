//! A revision as `gcloud run revisions describe --format=json` prints it, as far as it is judged.

use serde::Deserialize;

use super::Condition;
use super::service::{Metadata, min_scale};

/// A revision.
#[derive(Clone, Debug, Deserialize)]
pub struct Revision {
    metadata: Metadata,
    #[serde(default)]
    spec: Spec,
    #[serde(default)]
    status: Status,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Spec {
    #[serde(default)]
    containers: Vec<Container>,
}

#[derive(Clone, Debug, Deserialize)]
struct Container {
    image: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    image_digest: Option<String>,
    #[serde(default)]
    conditions: Vec<Condition>,
}

impl Revision {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// The image by its digest: what it was found to be when the revision was made, or how it was asked for.
    pub fn image(&self) -> Option<&str> {
        let asked = self.spec.containers.first().and_then(|container| container.image.as_deref());
        let found = self.status.image_digest.as_deref();
        found.or(asked).filter(|image| image.contains("@sha256:"))
    }

    /// The condition that sums up the others.
    pub fn ready(&self) -> Option<&Condition> {
        Condition::ready(&self.status.conditions)
    }

    /// How many instances stay warm; none where nothing is said.
    pub fn min_instances(&self) -> u32 {
        min_scale(&self.metadata.annotations)
    }
}

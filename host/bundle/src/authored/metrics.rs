//! Metrics as they are granted, in `[phase.grants]` and in the entry of a bundle in the operator's file.

use holdpoint_model::ServiceName;
use holdpoint_model::grant::{MetricsGrant, PathPrefix, ProjectId};
use toml_span::value::Value;

use crate::authored::grants::Fill;
use crate::diagnostic::Problems;
use crate::reading::{Fields, Located};

/// One entry of `metrics`.
#[derive(Debug)]
pub(crate) struct AuthoredMetrics {
    pub(crate) services: Vec<Located<String>>,
    queries: bool,
    scrape: Vec<Located<String>>,
    projects: Vec<Located<String>>,
}

impl AuthoredMetrics {
    pub(crate) fn read(value: &Value<'_>, problems: &mut Problems<'_>) -> Option<Self> {
        let mut fields = Fields::open(value, "a grant of metrics", problems)?;
        let grants_nothing = fields.absent(&["queries", "scrape", "projects"]).len() == 3;
        let services = fields.strings("services", problems);
        if services.is_none() {
            problems.at(fields.at, "a grant of metrics lacks `services`, e.g. services = [\"prometheus\"]");
        }
        let queries = fields.boolean("queries", problems);
        let (scrape, projects) = (fields.strings("scrape", problems), fields.strings("projects", problems));
        if grants_nothing {
            problems.at(fields.at, "a grant of metrics lacks `queries`, `scrape` or `projects`, e.g. queries = true");
        }
        fields.close(problems);
        Some(Self {
            services: services.unwrap_or_default(),
            queries: queries.unwrap_or(false),
            scrape: scrape.unwrap_or_default(),
            projects: projects.unwrap_or_default(),
        })
    }

    /// The grant, with every string filled. Mistaken parts are reported and left out.
    pub(crate) fn resolve(&self, fill: &mut Fill<'_, '_>) -> MetricsGrant {
        MetricsGrant {
            services: fill.all(&self.services, ServiceName::parse),
            queries: self.queries,
            scrape: fill.all(&self.scrape, PathPrefix::parse),
            projects: fill.all(&self.projects, ProjectId::parse),
        }
    }

    /// Those of the entry of a bundle; an operator's file has no variables.
    pub(crate) fn read_granted(fields: &mut Fields<'_, '_>, problems: &mut Problems<'_>) -> Vec<MetricsGrant> {
        let list = fields.list("metrics", problems).unwrap_or_default();
        let authored: Vec<Self> = list.iter().filter_map(|item| Self::read(item, problems)).collect();
        let filler = |text: &Located<String>, _: &mut Problems<'_>| Some(text.value.clone());
        let mut fill = Fill { filler: &filler, problems };
        authored.iter().map(|metrics| metrics.resolve(&mut fill)).collect()
    }
}

//! The services of a project, asked for by the operator before there is a bundle. Nothing else is asked, and nothing is changed.

use std::time::Duration;

use holdpoint_model::grant::{GcloudTerms, ProjectId, Region};
use holdpoint_model::{Class, Timestamp};
use serde::Deserialize;

use crate::backend::{furnished, last_line, replace};
use crate::config::GcloudConfig;
use crate::process::{self, Lost};
use crate::{Failure, Invocation, argv, identity};

/// How long the list may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What runs in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    pub project: ProjectId,
    /// In the order of the list.
    pub services: Vec<DeployedService>,
}

/// A service of Cloud Run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployedService {
    pub name: String,
    pub region: Option<String>,
    /// Absent: it has never been ready.
    pub url: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    metadata: Metadata,
    #[serde(default)]
    status: Status,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    labels: std::collections::BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct Status {
    url: Option<String>,
}

/// Lists the services of a project, or of one region of it. Without a project it is the one that the operator's gcloud is set to. The
/// error says what would help.
pub async fn services(
    config: &GcloudConfig,
    project: Option<ProjectId>,
    region: Option<Region>,
    now: Timestamp,
) -> Result<Deployed, String> {
    let token = identity::token(config, now).await?;
    let project = match (project, &token.project) {
        (Some(project), _) => project,
        (None, Some(text)) => ProjectId::parse(text).map_err(|error| error.to_string())?,
        (None, None) => return Err("no project is named, and gcloud is set to none; pass --project PROJECT".to_owned()),
    };
    let terms = GcloudTerms { project, region, class: Class::Read };
    let folder = furnished().map_err(|error| error.to_string())?;
    replace(&folder.path().join("token"), &token.text).map_err(|error| format!("can't prepare a folder: {error}"))?;
    let environment = argv::environment(&terms, folder.path(), config.ca_file.as_deref(), &config.added);
    let ask = Invocation::new("run services list").ask().map_err(|error| error.to_string())?;
    let ended = process::run(&config.program, &argv::arguments(&ask, None), &environment, &[], LIMIT).await;
    let ended = ended.map_err(|lost| match lost {
        Lost::NotStarted(why) => {
            format!("{why}; install gcloud, or name its program in [gcloud] of the operator's file")
        }
        lost => format!("gcloud was asked for the services of {}, and {lost}", terms.project),
    })?;
    if Failure::of(ended.exit, &ended.stderr).is_some() {
        let said = ended.stderr.lines().find(|line| line.starts_with("ERROR:"));
        let said: String = said.unwrap_or_else(|| last_line(&ended.stderr)).chars().take(300).collect();
        return Err(format!("gcloud does not list the services of {}: {said}", terms.project));
    }
    if ended.truncated {
        return Err(format!("the list of the services of {} is longer than is read", terms.project));
    }
    let listed: Vec<Listed> = serde_json::from_slice(&ended.stdout)
        .map_err(|error| format!("what gcloud says of the services of {} can't be read: {error}", terms.project))?;
    Ok(Deployed { project: terms.project, services: listed.into_iter().map(DeployedService::from).collect() })
}

impl From<Listed> for DeployedService {
    fn from(Listed { mut metadata, status }: Listed) -> Self {
        let region = metadata.labels.remove("cloud.googleapis.com/location");
        Self { name: metadata.name, region, url: status.url.filter(|url| url.starts_with("https://")) }
    }
}

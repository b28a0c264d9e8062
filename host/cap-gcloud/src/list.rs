//! The services of a project, asked for by the operator before there is a bundle or a run. Nothing else is asked, and nothing is changed.

use std::collections::BTreeMap;
use std::time::Duration;

use holdpoint_model::grant::{GcloudTerms, ProjectId, Region};
use holdpoint_model::{Class, Timestamp};
use serde::Deserialize;

use crate::backend::last_line;
use crate::config::GcloudConfig;
use crate::folder::{self, Folder};
use crate::identity::{self, Fresh, Token};
use crate::process::{self, Ended, Lost};
use crate::{Failure, Invocation, argv};

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
    /// All that lead to it, the one first that the platform gives first. None: it has never been ready.
    pub urls: Vec<String>,
}

/// Why there is no list. It says what would help.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unlisted {
    /// Somebody can mend it: a log-in, a right, a name.
    #[error("{0}")]
    Refused(String),
    /// The machine or the platform did not do its part.
    #[error("{0}")]
    Failed(String),
}

/// Where the platform keeps the other URLs of a service, as JSON.
const URLS: &str = "run.googleapis.com/urls";

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
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize, Default)]
struct Status {
    url: Option<String>,
}

/// Lists the services of a project, or of one region of it. Without a project it is the one that the operator's gcloud is set to.
pub async fn services(
    config: &GcloudConfig,
    project: Option<ProjectId>,
    region: Option<Region>,
    now: Timestamp,
) -> Result<Deployed, Unlisted> {
    let token = identity::token(config, now, Fresh::Lasting).await.map_err(Unlisted::Refused)?;
    let project = match (project, &token.project) {
        (Some(project), _) => project,
        (None, Some(text)) => ProjectId::parse(text).map_err(|error| Unlisted::Refused(error.to_string()))?,
        (None, None) => {
            let why = "no project is named, and gcloud is set to none; pass --project PROJECT";
            return Err(Unlisted::Refused(why.to_owned()));
        }
    };
    let terms = GcloudTerms { project, region, class: Class::Read };
    let mut ended = list(config, &terms, &token).await?;
    if Failure::of(ended.exit, &ended.stderr) == Some(Failure::Unauthenticated) {
        // A token may end before its time, and a clock may be wrong.
        let renewed = identity::token(config, now, Fresh::New).await.map_err(Unlisted::Refused)?;
        if renewed.text != token.text {
            ended = list(config, &terms, &renewed).await?;
        }
    }
    read(config, terms.project, &ended)
}

async fn list(config: &GcloudConfig, terms: &GcloudTerms, token: &Token) -> Result<Ended, Unlisted> {
    let folder = Folder::furnished().map_err(|error| Unlisted::Failed(format!("can't prepare a folder: {error}")))?;
    folder::replace(&folder.path().join("token"), &token.text)
        .map_err(|error| Unlisted::Failed(format!("can't prepare a folder: {error}")))?;
    let environment = argv::environment(terms, folder.path(), config.ca_file.as_deref(), &config.added);
    let ask = Invocation::new("run services list").ask().map_err(|error| Unlisted::Failed(error.to_string()))?;
    let ended = process::run(config, &argv::arguments(&ask, None), &environment, &[], LIMIT).await;
    ended.map_err(|lost| match lost {
        Lost::NotStarted(why) => {
            Unlisted::Refused(format!("{why}; install gcloud, or name its program in [gcloud] of the operator's file"))
        }
        lost => Unlisted::Failed(format!("gcloud was asked for the services of {}, and {lost}", terms.project)),
    })
}

/// What a list says. Pure.
fn read(config: &GcloudConfig, project: ProjectId, ended: &Ended) -> Result<Deployed, Unlisted> {
    if let Some(failure) = Failure::of(ended.exit, &ended.stderr) {
        let said = ended.stderr.lines().find(|line| line.starts_with("ERROR:"));
        let said: String = said.unwrap_or_else(|| last_line(&ended.stderr)).chars().take(300).collect();
        let why = format!("gcloud does not list the services of {project}: {said}");
        return Err(match failure {
            Failure::Unauthenticated => Unlisted::Refused(format!("{why}\n    {}", identity::not_taken(config))),
            Failure::Unavailable | Failure::ResourceExhausted | Failure::Other => Unlisted::Failed(why),
            _ => Unlisted::Refused(why),
        });
    }
    if ended.truncated {
        return Err(Unlisted::Failed(format!("the list of the services of {project} is longer than is read")));
    }
    let listed: Vec<Listed> = serde_json::from_slice(&ended.stdout).map_err(|error| {
        Unlisted::Failed(format!("what gcloud says of the services of {project} can't be read: {error}"))
    })?;
    Ok(Deployed { project, services: listed.into_iter().map(DeployedService::from).collect() })
}

impl From<Listed> for DeployedService {
    fn from(Listed { mut metadata, status }: Listed) -> Self {
        let region = metadata.labels.remove("cloud.googleapis.com/location");
        let others = metadata.annotations.get(URLS).and_then(|text| serde_json::from_str::<Vec<String>>(text).ok());
        let mut urls: Vec<String> = Vec::new();
        for url in status.url.into_iter().chain(others.unwrap_or_default()) {
            if url.starts_with("https://") && !urls.contains(&url) {
                urls.push(url);
            }
        }
        Self { name: metadata.name, region, urls }
    }
}

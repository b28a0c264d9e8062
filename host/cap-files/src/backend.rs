//! Reads for guests. The machine's rights are used once, to open the granted directories; after that only what lies below them exists.

use std::{collections::BTreeMap, sync::Arc};

use cap_std::{ambient_authority, fs::Dir};
use globset::GlobBuilder;
use holdpoint_gate::{Backend, BackendError, Capability as _, Permit};
use holdpoint_model::{Denial, grant::Grants};

use crate::{
    Error, Files, Request, Response,
    directory::{Directory, Refusal},
    path::FilesPath,
};

/// The open directories of one phase.
pub struct FilesBackend {
    directories: BTreeMap<String, Arc<Directory>>,
}

impl FilesBackend {
    /// Opens every granted directory.
    pub fn new(grants: &Grants) -> Result<Self, Error> {
        let mut directories = BTreeMap::new();
        for grant in &grants.files {
            let root = Dir::open_ambient_dir(grant.path(), ambient_authority()).map_err(|source| Error::Open {
                name: grant.directory.clone(),
                path: grant.path().to_owned(),
                source,
            })?;
            let name = grant.directory.to_string();
            // The first grant of a name is the one that is judged.
            directories.entry(name.clone()).or_insert_with(|| Arc::new(Directory { name, root }));
        }
        Ok(Self { directories })
    }
}

impl Backend<Files> for FilesBackend {
    async fn act(&self, permit: Permit<Files>) -> Result<Response, BackendError> {
        let request = permit.request().clone();
        let path = FilesPath::parse(request.path()).map_err(BackendError::NotSent)?;
        let directory = self.directories.get(path.directory).cloned();
        let directory =
            directory.ok_or_else(|| BackendError::NotSent(format!("directory `{}` is not open", path.directory)))?;
        let summary = Files::summary(&request);
        let read = tokio::task::spawn_blocking(move || read(&directory, &request)).await;
        let refusal = match read {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(refusal)) => refusal,
            Err(_) => Refusal::Failed("reading was broken off".into()),
        };
        Err(match refusal {
            Refusal::TooLarge(why) => BackendError::Exhausted(format!("{summary}: {why}")),
            Refusal::Failed(why) => BackendError::NotSent(format!("{summary}: {why}")),
            Refusal::Left => BackendError::Denied(Denial {
                wanted: format!("files {summary}"),
                reason: "a symbolic link on the way leads out of the granted directory".into(),
                remedy: "grant the directory that the link leads to, or put the file in the place of the link".into(),
            }),
        })
    }
}

fn read(directory: &Directory, request: &Request) -> Result<Response, Refusal> {
    let below = FilesPath::parse(request.path()).map_err(Refusal::Failed)?.below;
    let entries = match request {
        Request::Read { .. } => return Ok(Response::Content { content: directory.read(below)?.into() }),
        Request::List { .. } => directory.list(below)?,
        Request::Walk { .. } => directory.walk(below, None)?,
        Request::Glob { pattern, .. } => {
            let glob = GlobBuilder::new(pattern).literal_separator(true).build();
            let glob = glob.map_err(|error| Refusal::Failed(format!("the pattern can't be read: {}", error.kind())))?;
            directory.walk(below, Some(&glob.compile_matcher()))?
        }
    };
    Ok(Response::Entries { entries })
}

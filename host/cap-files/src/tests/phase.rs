//! A phase with one granted directory, in front of a gate that remembers nothing.

use std::{fs, path::PathBuf, sync::Arc};

use holdpoint_gate::{Guest, Limits};
use holdpoint_model::{
    Answer, PhaseId, Timestamp,
    grant::{self, DirectoryName, FilesGrant},
};
use holdpoint_testkit::Forgetful;
use tempfile::TempDir;

use crate::{Entry, Files, FilesBackend, Request, Response};

/// A folder whose `granted` part a phase may read under the name `config`.
pub(super) struct Phase {
    folder: TempDir,
}

impl Phase {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("granted")).unwrap();
        Self { folder }
    }

    /// A path beside the granted directory.
    pub(super) fn outside(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// A path in the granted directory.
    pub(super) fn inside(&self, path: &str) -> PathBuf {
        self.folder.path().join("granted").join(path)
    }

    pub(super) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.inside(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(super) fn ask(&self, request: Request) -> Answer<Response> {
        let id = PhaseId::parse("config").unwrap();
        let grants = grant::Grants {
            files: vec![FilesGrant::new(DirectoryName::parse("config").unwrap(), &self.inside("")).unwrap()],
            ..grant::Grants::none(id.clone())
        };
        let backend = Arc::new(FilesBackend::new(&grants).unwrap());
        let mut guest = Guest::new(Forgetful::acting().gate(), id, Timestamp(0.0), Limits::default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(guest.call::<Files, _>(&backend, &grants, request)).unwrap()
    }

    pub(super) fn read(&self, path: &str) -> Answer<Vec<u8>> {
        self.ask(Request::Read { path: path.into() }).map(|response| match response {
            Response::Content { content } => content.bytes().to_vec(),
            Response::Entries { .. } => panic!("reading gives a content"),
        })
    }

    pub(super) fn entries(&self, request: Request) -> Answer<Vec<Entry>> {
        self.ask(request).map(|response| match response {
            Response::Entries { entries } => entries,
            Response::Content { .. } => panic!("listing gives entries"),
        })
    }

    pub(super) fn paths(&self, request: Request) -> Vec<String> {
        self.entries(request).unwrap().into_iter().map(|entry| entry.path).collect()
    }
}

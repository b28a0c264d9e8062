//! `holdpoint:files`.

use holdpoint_cap_files::{Files, Kind, Request, Response};

use crate::{
    bindings::holdpoint::{
        files::files::{self, Entry},
        types::types::CallError,
    },
    state::{PhaseState, halted},
};

type Entries = wasmtime::Result<Result<Vec<Entry>, CallError>>;

impl PhaseState {
    async fn ask_files(&mut self, request: Request) -> wasmtime::Result<Result<Response, CallError>> {
        self.flush(false).await?;
        let backend = self.backends.files.clone();
        let answer = self.guest.call::<Files, _>(&backend, &self.setup.grants, request).await.map_err(halted)?;
        Ok(answer.map_err(CallError::from))
    }

    async fn entries(&mut self, request: Request) -> Entries {
        Ok(self.ask_files(request).await?.map(|response| match response {
            Response::Entries { entries } => entries.into_iter().map(Entry::from).collect(),
            Response::Content { .. } => Vec::new(),
        }))
    }
}

impl From<holdpoint_cap_files::Entry> for Entry {
    fn from(entry: holdpoint_cap_files::Entry) -> Self {
        let kind = match entry.kind {
            Kind::File => files::Kind::File,
            Kind::Directory => files::Kind::Directory,
            Kind::Other => files::Kind::Other,
        };
        Self { path: entry.path, kind, size: entry.size }
    }
}

impl files::Host for PhaseState {
    async fn read(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, CallError>> {
        Ok(self.ask_files(Request::Read { path }).await?.map(|response| match response {
            Response::Content { content } => content.bytes().to_vec(),
            Response::Entries { .. } => Vec::new(),
        }))
    }

    async fn list(&mut self, path: String) -> Entries {
        self.entries(Request::List { path }).await
    }

    async fn glob(&mut self, path: String, pattern: String) -> Entries {
        self.entries(Request::Glob { path, pattern }).await
    }

    async fn walk(&mut self, path: String) -> Entries {
        self.entries(Request::Walk { path }).await
    }
}

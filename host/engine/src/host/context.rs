//! `holdpoint:context`: facts that were fixed before the phase started. They are no calls.

use crate::{bindings::holdpoint::context::context, state::PhaseState};

impl context::Host for PhaseState {
    async fn services(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.setup.services.iter().map(ToString::to_string).collect())
    }

    async fn requirements(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.setup.requirements.iter().map(|(claim, _)| claim.to_string()).collect())
    }

    async fn directories(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(self.setup.grants.files.iter().map(|grant| grant.directory.to_string()).collect())
    }

    async fn environment(&mut self) -> wasmtime::Result<String> {
        Ok(self.setup.environment.clone())
    }

    async fn calls(&mut self) -> wasmtime::Result<u32> {
        Ok(self.guest.calls())
    }
}

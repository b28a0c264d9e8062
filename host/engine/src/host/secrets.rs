//! `holdpoint:secrets`.

use holdpoint_cap_secret::{Request, Response, Secrets};

use crate::{
    bindings::holdpoint::{
        secrets::secrets::{self, Facts},
        types::types::CallError,
    },
    state::{PhaseState, halted},
};

impl PhaseState {
    async fn ask_secrets(&mut self, request: Request) -> wasmtime::Result<Result<Response, CallError>> {
        self.flush(false).await?;
        let backend = self.backends.secrets.clone();
        let answer = self.guest.call::<Secrets, _>(&backend, &self.setup.grants, request).await.map_err(halted)?;
        Ok(answer.map_err(CallError::from))
    }
}

/// A backend that answers another question than it was asked is a mistake of ours; the guest is told so.
fn mismatched<T>() -> Result<T, CallError> {
    Err(CallError::Failed("the answer is to another question".into()))
}

impl secrets::Host for PhaseState {
    async fn available(&mut self, name: String) -> wasmtime::Result<Result<Facts, CallError>> {
        Ok(match self.ask_secrets(Request::Available { name }).await? {
            Ok(Response::Facts { present, stand_in, length }) => Ok(Facts { present, stand_in, length }),
            Ok(Response::Reference { .. }) => mismatched(),
            Err(error) => Err(error),
        })
    }

    async fn reference(&mut self, name: String) -> wasmtime::Result<Result<String, CallError>> {
        Ok(match self.ask_secrets(Request::Reference { name }).await? {
            Ok(Response::Reference { placeholder }) => Ok(placeholder),
            Ok(Response::Facts { .. }) => mismatched(),
            Err(error) => Err(error),
        })
    }
}

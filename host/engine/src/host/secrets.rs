//! `holdpoint:secrets`.

use holdpoint_cap_secret::{self as cap, Request, Response, Secrets};

use crate::{
    bindings::holdpoint::{
        secrets::secrets::{self, Counterpart, Facts},
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
            Ok(Response::Reference { .. } | Response::Elsewhere { .. }) => mismatched(),
            Err(error) => Err(error),
        })
    }

    async fn reference(&mut self, name: String) -> wasmtime::Result<Result<String, CallError>> {
        Ok(match self.ask_secrets(Request::Reference { name }).await? {
            Ok(Response::Reference { placeholder }) => Ok(placeholder),
            Ok(Response::Facts { .. } | Response::Elsewhere { .. }) => mismatched(),
            Err(error) => Err(error),
        })
    }

    async fn elsewhere(&mut self, name: String) -> wasmtime::Result<Result<Vec<Counterpart>, CallError>> {
        Ok(match self.ask_secrets(Request::Elsewhere { name }).await? {
            Ok(Response::Elsewhere { secrets }) => {
                let one = |one: cap::Counterpart| Counterpart {
                    environment: one.environment,
                    name: one.name,
                    alike: one.alike,
                };
                Ok(secrets.into_iter().map(one).collect())
            }
            Ok(Response::Facts { .. } | Response::Reference { .. }) => mismatched(),
            Err(error) => Err(error),
        })
    }
}

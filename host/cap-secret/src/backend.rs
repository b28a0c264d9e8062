//! Answers questions about secrets from the vault.

use holdpoint_gate::{Backend, BackendError, Permit};

use crate::{Request, Response, RunVault, Secrets};

impl Backend<Secrets> for RunVault {
    async fn act(&self, permit: Permit<Secrets>) -> Result<Response, BackendError> {
        match permit.request() {
            Request::Available { name } => {
                let value = self.binding(name).and_then(|binding| binding.value.as_ref());
                Ok(Response::Facts {
                    present: value.is_some(),
                    stand_in: value.is_some_and(|value| value.is_stand_in()),
                    length: value.map_or(0, |value| u32::try_from(value.as_str().len()).unwrap_or(u32::MAX)),
                })
            }
            Request::Reference { name } => match self.placeholder(name) {
                Some(placeholder) => Ok(Response::Reference { placeholder }),
                None => Err(BackendError::NotSent(format!(
                    "this machine has no value for secret {name}; give it one under [secrets.{name}] in the operator's file"
                ))),
            },
            Request::Elsewhere { name } => Ok(Response::Elsewhere { secrets: self.elsewhere(name) }),
        }
    }
}

//! `holdpoint:gcloud`.

use holdpoint_cap_gcloud::{Completed, Failure, Flag, Gcloud, Identity, IdentityKind, Invocation};

use crate::{
    bindings::holdpoint::{gcloud::gcloud, types::types::CallError},
    state::{PhaseState, halted},
};

type Done = Result<gcloud::Completed, CallError>;

/// Bounds of a batch. Each command is a process of its own, of some 90 MiB.
const COMMANDS: usize = 64;
const CONCURRENCY: u32 = 8;
const MINUTE: u32 = 60_000;

impl From<gcloud::Invocation> for Invocation {
    fn from(invocation: gcloud::Invocation) -> Self {
        Self {
            command: invocation.command,
            arguments: invocation.arguments,
            flags: invocation.flags.into_iter().map(|flag| Flag { name: flag.name, value: flag.value }).collect(),
            stdin: invocation.stdin.into(),
            timeout_ms: invocation.timeout.unwrap_or(MINUTE).clamp(1, MINUTE),
        }
    }
}

/// A command that has ended, in the words of the contract.
fn completed(call: u32, completed: Completed) -> gcloud::Completed {
    let Completed { exit, failure, stdout, stderr, truncated, milliseconds } = completed;
    gcloud::Completed {
        call,
        exit,
        failure: failure.map(gcloud::Failure::from),
        stdout: stdout.bytes().to_vec(),
        stderr,
        truncated,
        milliseconds,
    }
}

impl From<Failure> for gcloud::Failure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unauthenticated => Self::Unauthenticated,
            Failure::PermissionDenied => Self::PermissionDenied,
            Failure::ApiDisabled => Self::ApiDisabled,
            Failure::NotFound => Self::NotFound,
            Failure::AlreadyExists => Self::AlreadyExists,
            Failure::Conflict => Self::Conflict,
            Failure::ResourceExhausted => Self::ResourceExhausted,
            Failure::InvalidArgument => Self::InvalidArgument,
            Failure::Unavailable => Self::Unavailable,
            Failure::Usage => Self::Usage,
            Failure::Other => Self::Other,
        }
    }
}

/// An answer to `identity`, in the words of the contract.
fn identity(call: u32, completed: &Completed) -> Result<gcloud::Actor, CallError> {
    let Identity { principal, kind, ends, project, region, own_project } =
        Identity::read(completed).map_err(CallError::Failed)?;
    Ok(gcloud::Actor { call, principal, kind: kind.into(), ends, project, region, own_project })
}

impl From<IdentityKind> for gcloud::IdentityKind {
    fn from(kind: IdentityKind) -> Self {
        match kind {
            IdentityKind::User => Self::User,
            IdentityKind::ServiceAccount => Self::ServiceAccount,
            IdentityKind::WorkloadIdentity => Self::WorkloadIdentity,
            IdentityKind::Metadata => Self::Metadata,
            IdentityKind::Token => Self::Token,
            IdentityKind::Other => Self::Other,
        }
    }
}

impl gcloud::Host for PhaseState {
    async fn identity(&mut self) -> wasmtime::Result<Result<gcloud::Actor, CallError>> {
        self.flush(false).await?;
        let (backend, call) = (self.backends.gcloud.clone(), self.guest.calls());
        let answer = self.guest.call::<Gcloud, _>(&backend, &self.setup.grants, Identity::asked()).await;
        Ok(answer.map_err(halted)?.map_err(CallError::from).and_then(|told| identity(call, &told)))
    }

    async fn invoke(&mut self, invocation: gcloud::Invocation) -> wasmtime::Result<Done> {
        self.flush(false).await?;
        let (backend, call) = (self.backends.gcloud.clone(), self.guest.calls());
        let answer = self.guest.call::<Gcloud, _>(&backend, &self.setup.grants, invocation.into()).await;
        Ok(answer.map_err(halted)?.map(|done| completed(call, done)).map_err(CallError::from))
    }

    async fn invoke_all(
        &mut self,
        invocations: Vec<gcloud::Invocation>,
        concurrency: u32,
    ) -> wasmtime::Result<Vec<Done>> {
        self.flush(false).await?;
        if invocations.len() > COMMANDS {
            let exhausted = format!("a batch takes {COMMANDS} commands, and {} were given", invocations.len());
            self.note(&exhausted);
            return Ok(invocations.iter().map(|_| Err(CallError::Exhausted(exhausted.clone()))).collect());
        }
        let (backend, first) = (self.backends.gcloud.clone(), self.guest.calls());
        let invocations: Vec<Invocation> = invocations.into_iter().map(Invocation::from).collect();
        let concurrency = concurrency.clamp(1, CONCURRENCY) as usize;
        let answers = self.guest.call_all::<Gcloud, _>(&backend, &self.setup.grants, invocations, concurrency).await;
        let done = (first..).zip(answers.map_err(halted)?);
        Ok(done.map(|(call, answer)| answer.map(|done| completed(call, done)).map_err(CallError::from)).collect())
    }
}

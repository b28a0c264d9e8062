//! `holdpoint:exec`.

use holdpoint_cap_exec::{
    Confinement, Exec, Exit, Request, Response,
    parse::{self, Format, Outcome, TestCase},
};
use holdpoint_gate::Halt;
use holdpoint_model::Answer;

use crate::{
    bindings::holdpoint::{exec::exec, types::types::CallError},
    state::{PhaseState, halted},
};

impl PhaseState {
    async fn exec(&mut self, request: Request) -> wasmtime::Result<Answer<Response>> {
        self.flush(false).await?;
        let backend = self.backends.exec.clone();
        self.guest.call::<Exec, _>(&backend, &self.setup.grants, request).await.map_err(halted)
    }
}

impl exec::Host for PhaseState {
    async fn start(
        &mut self,
        tool: String,
        args: Vec<String>,
        stdin: Vec<u8>,
    ) -> wasmtime::Result<Result<exec::Started, CallError>> {
        match self.exec(Request::Start { tool, args, stdin: stdin.into() }).await? {
            Ok(Response::Started { job, confinement }) => {
                Ok(Ok(exec::Started { job, confinement: confinement.into() }))
            }
            Ok(_) => Err(confused("a start")),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn poll(&mut self, job: u32, wait_ms: u32) -> wasmtime::Result<Result<exec::Progress, CallError>> {
        match self.exec(Request::Poll { job, wait_ms }).await? {
            Ok(Response::Running { stdout_bytes, stderr_bytes }) => {
                Ok(Ok(exec::Progress::Running(exec::Running { stdout_bytes, stderr_bytes })))
            }
            Ok(Response::Started { .. }) => Err(confused("a poll")),
            Ok(response) => Ok(Ok(exec::Progress::Ended(ended(response)?))),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn stop(&mut self, job: u32) -> wasmtime::Result<Result<exec::Ended, CallError>> {
        match self.exec(Request::Stop { job }).await? {
            Ok(response) => Ok(Ok(ended(response)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn parse_report(
        &mut self,
        format: exec::ReportFormat,
        report: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<exec::TestCase>, String>> {
        let format = match format {
            exec::ReportFormat::Junit => Format::Junit,
            exec::ReportFormat::Tap => Format::Tap,
            exec::ReportFormat::Json => Format::Json,
        };
        let read = parse::parse(format, &report).map_err(|error| error.to_string());
        Ok(read.map(|report| report.cases.into_iter().map(exec::TestCase::from).collect()))
    }
}

fn ended(response: Response) -> wasmtime::Result<exec::Ended> {
    let Response::Ended { exit, stdout, stderr, stdout_bytes, stderr_bytes, truncated, milliseconds } = response else {
        return Err(confused("the end of a job"));
    };
    Ok(exec::Ended {
        exit: match exit {
            Exit::Code(code) => exec::Exit::Code(code),
            Exit::Signal(signal) => exec::Exit::Signal(signal),
            Exit::Deadline => exec::Exit::Deadline,
            Exit::Killed(reason) => exec::Exit::Killed(reason),
        },
        stdout: stdout.bytes().to_vec(),
        stderr: stderr.bytes().to_vec(),
        stdout_bytes,
        stderr_bytes,
        truncated,
        milliseconds,
    })
}

/// A journal that was edited can hold the answer to another question.
fn confused(to: &str) -> wasmtime::Error {
    halted(Halt::Journal(format!("the answer to {to} of a tool is one to something else")))
}

impl From<Confinement> for exec::Confinement {
    fn from(confinement: Confinement) -> Self {
        Self {
            applied: confinement.applied.iter().map(|layer| layer.word().to_owned()).collect(),
            lacking: confinement.lacking,
        }
    }
}

impl From<TestCase> for exec::TestCase {
    fn from(case: TestCase) -> Self {
        Self {
            suite: case.suite,
            name: case.name,
            outcome: match case.outcome {
                Outcome::Pass => exec::Outcome::Pass,
                Outcome::Skipped => exec::Outcome::Skipped,
                Outcome::Fail => exec::Outcome::Fail,
                Outcome::Error => exec::Outcome::Error,
            },
            seconds: case.seconds,
            message: case.message,
        }
    }
}

//! Requests and responses, version 1 of the records.

use holdpoint_gate::{Message, Scrubber};
use holdpoint_model::Body;
use serde::{Deserialize, Serialize};

use crate::Confinement;

/// What a guest asks. A job is the number of the call that started it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    /// Starts a tool that the operator has pinned. The arguments follow those of the pin, one by one, and no shell reads them.
    Start {
        tool: String,
        args: Vec<String>,
        #[serde(skip)]
        stdin: Body,
    },
    /// Waits for the end of a job, at most so many milliseconds.
    Poll { job: u32, wait_ms: u32 },
    /// Ends a job.
    Stop { job: u32 },
}

/// What it gets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Response {
    Started {
        job: u32,
        confinement: Confinement,
    },
    /// It has not ended. Bytes that it has written so far, with those that are not kept.
    Running {
        stdout_bytes: f64,
        stderr_bytes: f64,
    },
    /// It has ended, and so have all processes that it had started. Given once.
    Ended {
        exit: Exit,
        #[serde(skip)]
        stdout: Body,
        #[serde(skip)]
        stderr: Body,
        /// Bytes that it has written, with those that are not kept.
        stdout_bytes: f64,
        stderr_bytes: f64,
        /// One of the two is not whole: its beginning is kept.
        truncated: bool,
        /// From the start to the end of the last process.
        milliseconds: u32,
    },
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Exit {
    /// The tool returned this.
    Code(i32),
    /// A signal ended it that the host had not sent.
    Signal(i32),
    /// It ran for longer than the operator allows.
    Deadline,
    /// The host ended it; the reason.
    Killed(String),
}

impl Message for Request {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        if let Self::Start { stdin, .. } = self {
            visit(stdin);
        }
    }
}

impl Message for Response {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        if let Self::Ended { stdout, stderr, .. } = self {
            visit(stdout);
            visit(stderr);
        }
    }

    fn scrub(&mut self, scrubber: &dyn Scrubber) {
        let Self::Ended { stdout, stderr, .. } = self else { return };
        for body in [stdout, stderr] {
            if let Some(scrubbed) = scrubber.scrub(body.bytes()) {
                *body = scrubbed.bytes.into();
            }
        }
    }
}

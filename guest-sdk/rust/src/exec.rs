//! The team's own tools, started by the names that the operator's file has for them. No shell reads the arguments, and what a tool
//! reaches is the operator's.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;

use crate::{CallError, Cause, Context, Error, Evidence, Millis, Result, host};

/// A tool and what it is to do: `Tool::new("pytest").argument("-q")`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tool {
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) stdin: Vec<u8>,
}

impl Tool {
    /// A tool by its name in the operator's file.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// With one more argument, behind those of the operator's file.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With more arguments.
    #[must_use]
    pub fn arguments<I>(mut self, arguments: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// What it reads from standard input, at most 4 MiB.
    #[must_use]
    pub fn stdin(mut self, content: impl Into<Vec<u8>>) -> Self {
        self.stdin = content.into();
        self
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {argument}"))
    }
}

/// What a tool is confined by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confinement {
    /// `processes`, `network`, `landlock`, `seccomp`, `limits`, `count`.
    pub applied: Vec<String>,
    /// What the kernel of this machine lacks, in words.
    pub lacking: Vec<String>,
}

/// How a tool ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It returned this.
    Code(i32),
    /// A signal ended it that the host had not sent.
    Signal(i32),
    /// It ran for longer than the operator allows.
    Deadline,
    /// The host ended it; the reason.
    Killed(String),
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "ended by signal {signal}"),
            Self::Deadline => f.write_str("ended at its deadline"),
            Self::Killed(reason) => write!(f, "ended by the host: {reason}"),
        }
    }
}

/// What one poll finds.
pub(crate) enum Progress {
    Running,
    Ended(Ended),
}

/// The end of a job as the host gives it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ended {
    pub(crate) exit: Exit,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) written: (f64, f64),
    pub(crate) truncated: bool,
    pub(crate) milliseconds: u32,
}

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// XML as nearly every runner can write it.
    Junit,
    /// The Test Anything Protocol.
    Tap,
    /// Lines of `go test -json`, or of libtest's `--format json`.
    Json,
}

/// How a case of a report ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TestOutcome {
    /// It was executed and found nothing wrong.
    Pass,
    /// It was not executed.
    Skipped,
    /// It was executed and found something wrong.
    Fail,
    /// It could not be executed, or not to its end.
    Error,
}

/// A case of a report.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestCase {
    /// What it belongs to: a class, a package; empty if the report does not say.
    #[serde(default)]
    pub suite: String,
    /// Its name.
    pub name: String,
    /// How it ended.
    pub outcome: TestOutcome,
    /// How long it took, if the report says.
    pub seconds: Option<f64>,
    /// Why it did not pass, if the report says; at most 2 KiB.
    pub message: Option<String>,
}

impl fmt::Display for TestCase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.suite.as_str() {
            "" => f.write_str(&self.name),
            suite => write!(f, "{suite}::{}", self.name),
        }
    }
}

/// A tool that has ended, well or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    calls: Vec<u32>,
    confinement: Confinement,
    ended: Ended,
}

impl Finished {
    /// How it ended.
    pub fn exit(&self) -> &Exit {
        &self.ended.exit
    }

    /// It returned 0.
    pub fn is_success(&self) -> bool {
        self.ended.exit == Exit::Code(0)
    }

    /// What it wrote to its standard output, as far as that is kept.
    pub fn stdout(&self) -> &[u8] {
        &self.ended.stdout
    }

    /// The same as text; what is no text is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.ended.stdout).into_owned()
    }

    /// What it says to people, as far as that is kept.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.ended.stderr).into_owned()
    }

    /// The last line that it says to people; where it says nothing, of its output.
    pub fn last_line(&self) -> String {
        let last = |text: &str| text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned);
        last(&self.stderr()).or_else(|| last(&self.text())).unwrap_or_else(|| "it says nothing".to_owned())
    }

    /// Bytes that it has written to each stream, with those that are not kept.
    pub fn written(&self) -> (f64, f64) {
        self.ended.written
    }

    /// One of its streams is not whole: its beginning is kept.
    pub fn is_truncated(&self) -> bool {
        self.ended.truncated
    }

    /// From its start to the end of its last process.
    pub fn took(&self) -> Millis {
        Millis(self.ended.milliseconds)
    }

    /// What confined it.
    pub fn confinement(&self) -> &Confinement {
        &self.confinement
    }

    /// The cases of the report that is its standard output. One that is not whole is an error; none at all is a report without cases.
    pub fn report(&self, format: ReportFormat) -> Result<Vec<TestCase>> {
        if self.ended.truncated {
            return Err(Error::new("the report is not whole: more was written than is kept"));
        }
        host::parse_report(format, &self.ended.stdout).map_err(Error::new)
    }
}

impl Evidence for Finished {
    fn calls(&self) -> Vec<u32> {
        self.calls.clone()
    }
}

/// Milliseconds of one wait, the most that the host takes.
const WAIT: Millis = Millis(50_000);

/// Tools of a phase.
#[derive(Clone, Copy, Debug)]
pub struct Exec<'a> {
    of: PhantomData<&'a Context>,
}

impl<'a> Exec<'a> {
    pub(crate) fn new(_of: &'a Context) -> Self {
        Self { of: PhantomData }
    }

    /// Starts a tool and waits for its end, which the operator bounds.
    pub fn run(&self, tool: &Tool) -> Result<Finished, CallError> {
        let started = self.start(tool)?;
        let mut calls = vec![started.job];
        loop {
            let seq = host::calls();
            // The start and the last wait show what came of it; those between show that it ran.
            match host::poll_tool(started.job, WAIT)
                .map_err(|cause| CallError { cause, calls: vec![started.job, seq] })?
            {
                Progress::Running => {}
                Progress::Ended(ended) => {
                    calls.push(seq);
                    return Ok(Finished { calls, confinement: started.confinement, ended });
                }
            }
        }
    }

    /// Starts a tool, waits so long at most, and ends it if it has not ended then: for what runs until it is told to stop.
    pub fn run_for(&self, tool: &Tool, duration: Millis) -> Result<Finished, CallError> {
        let Started { job, confinement } = self.start(tool)?;
        let mut left = duration.0;
        loop {
            let wait = left.min(WAIT.0);
            let seq = host::calls();
            let failed = |cause| CallError { cause, calls: vec![job, seq] };
            let ended = match host::poll_tool(job, Millis(wait)).map_err(failed)? {
                Progress::Ended(ended) => ended,
                Progress::Running if left > wait => {
                    left -= wait;
                    continue;
                }
                Progress::Running => {
                    let seq = host::calls();
                    host::stop_tool(job).map_err(|cause| CallError { cause, calls: vec![job, seq] })?
                }
            };
            return Ok(Finished { calls: vec![job, seq], confinement, ended });
        }
    }

    fn start(&self, tool: &Tool) -> Result<Started, CallError> {
        let seq = host::calls();
        host::start_tool(tool).map_err(|cause: Cause| CallError::new(cause, seq))
    }
}

/// A tool that was started. Its job is the number of the call that started it.
pub(crate) struct Started {
    pub(crate) job: u32,
    pub(crate) confinement: Confinement,
}

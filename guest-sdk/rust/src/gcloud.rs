//! Commands of gcloud. The host makes the argument list, and chooses project, region, account and output format.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::{CallError, Cause, Context, Error, Evidence, Identity, Millis, Result, host};

/// A command: `Command::new("run services describe").argument("backend")`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Command {
    pub(crate) words: Vec<String>,
    pub(crate) arguments: Vec<String>,
    pub(crate) flags: Vec<(String, Option<String>)>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) timeout: Option<Millis>,
}

impl Command {
    /// A command by its words with spaces between them, without `gcloud`.
    pub fn new(words: &str) -> Self {
        Self::of(words.split_whitespace().map(str::to_owned).collect())
    }

    /// A command by its words one by one.
    pub fn of(words: Vec<String>) -> Self {
        Self { words, ..Self::default() }
    }

    /// With one more argument behind its words.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// With one more flag, named without its dashes.
    #[must_use]
    pub fn flag(mut self, name: &str, value: impl Into<String>) -> Self {
        self.flags.push((name.to_owned(), Some(value.into())));
        self
    }

    /// With one more flag that has no value.
    #[must_use]
    pub fn switch(mut self, name: &str) -> Self {
        self.flags.push((name.to_owned(), None));
        self
    }

    /// What it reads from standard input, which is the only file: `.flag("config-from-file", "-")`.
    #[must_use]
    pub fn stdin(mut self, content: impl Into<Vec<u8>>) -> Self {
        self.stdin = content.into();
        self
    }

    /// How long it may take; a minute without it, which is also the most.
    #[must_use]
    pub fn timeout(mut self, limit: Millis) -> Self {
        self.timeout = Some(limit);
        self
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("gcloud")?;
        self.words.iter().chain(&self.arguments).try_for_each(|word| write!(f, " {word}"))?;
        self.flags.iter().try_for_each(|(name, value)| match value {
            Some(value) => write!(f, " --{name}={value}"),
            None => write!(f, " --{name}"),
        })
    }
}

/// Why a command failed, as far as its exit code and its words tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// No account, or one whose token is not taken.
    Unauthenticated,
    /// 403.
    PermissionDenied,
    /// The API is not enabled in the project.
    ApiDisabled,
    /// 404.
    NotFound,
    /// There is one already.
    AlreadyExists,
    /// 409: another change came first.
    Conflict,
    /// 429.
    ResourceExhausted,
    /// 400.
    InvalidArgument,
    /// 500 and above.
    Unavailable,
    /// gcloud did not understand the command.
    Usage,
    /// Nothing that is known.
    Other,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission denied",
            Self::ApiDisabled => "the API is disabled",
            Self::NotFound => "not found",
            Self::AlreadyExists => "already exists",
            Self::Conflict => "conflict",
            Self::ResourceExhausted => "resource exhausted",
            Self::InvalidArgument => "invalid argument",
            Self::Unavailable => "unavailable",
            Self::Usage => "usage",
            Self::Other => "failed",
        })
    }
}

/// A command that has ended, well or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Completed {
    pub(crate) seq: u32,
    pub(crate) exit: i32,
    pub(crate) failure: Option<Failure>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
    pub(crate) truncated: bool,
    pub(crate) milliseconds: f64,
}

impl Completed {
    /// The exit code.
    pub fn exit(&self) -> i32 {
        self.exit
    }

    /// Why it failed; none if it ended well.
    pub fn failure(&self) -> Option<Failure> {
        self.failure
    }

    /// What it says to people.
    pub fn stderr(&self) -> &str {
        &self.stderr
    }

    /// The last line of that, which says why it failed.
    pub fn last_line(&self) -> &str {
        self.stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing")
    }

    /// Standard output was longer than is kept.
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// How long it took.
    pub fn milliseconds(&self) -> f64 {
        self.milliseconds
    }

    /// Its answer. A command that failed has none, and the error says why.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        if let Some(failure) = self.failure {
            return Err(Error::new(format!("{failure}: {}", self.last_line())));
        }
        serde_json::from_slice(&self.stdout).map_err(|error| Error::new(format!("its answer can't be read: {error}")))
    }
}

impl Evidence for Completed {
    fn calls(&self) -> Vec<u32> {
        vec![self.seq]
    }
}

/// gcloud of a phase.
#[derive(Clone, Copy, Debug)]
pub struct Gcloud<'a> {
    of: PhantomData<&'a Context>,
}

/// How many commands run side by side.
const CONCURRENCY: u32 = 8;
/// How many commands one batch takes.
const BATCH: usize = 64;

impl<'a> Gcloud<'a> {
    pub(crate) fn new(_of: &'a Context) -> Self {
        Self { of: PhantomData }
    }

    /// Whom commands act as. It needs a grant of its own: `{ command = "identity" }`.
    pub fn identity(&self) -> Result<Identity, CallError> {
        let seq = host::calls();
        host::identity().map_err(|cause| CallError::new(cause, seq))
    }

    /// Gives a command.
    pub fn run(&self, command: &Command) -> Result<Completed, CallError> {
        let seq = host::calls();
        host::invoke(command).map_err(|cause| CallError::new(cause, seq))
    }

    /// Gives commands that only read, side by side. The answers are in the order of the commands.
    pub fn run_all(&self, commands: impl IntoIterator<Item = Command>) -> Vec<(Command, Result<Completed, CallError>)> {
        let commands: Vec<Command> = commands.into_iter().collect();
        let mut answers: Vec<Result<Completed, CallError>> = Vec::with_capacity(commands.len());
        for batch in commands.chunks(BATCH) {
            let first = host::calls();
            let done: Vec<Result<Completed, Cause>> = host::invoke_all(batch, CONCURRENCY);
            answers.extend((first..).zip(done).map(|(seq, answer)| answer.map_err(|cause| CallError::new(cause, seq))));
        }
        commands.into_iter().zip(answers).collect()
    }
}

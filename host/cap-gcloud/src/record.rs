//! Requests and responses, version 1 of the records.

use holdpoint_gate::{Message, Scrubber};
use holdpoint_model::Body;
use holdpoint_model::grant::{GcloudAsk, GrantError};
use serde::{Deserialize, Serialize};

use crate::Failure;

/// A command that a guest gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Invocation {
    /// Its words, one by one, without `gcloud`.
    pub command: Vec<String>,
    pub arguments: Vec<String>,
    pub flags: Vec<Flag>,
    /// What it reads from standard input.
    #[serde(skip)]
    pub stdin: Body,
    /// Milliseconds, 1 to 60,000.
    pub timeout_ms: u32,
}

/// A flag without its dashes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flag {
    pub name: String,
    /// None: it is a switch.
    pub value: Option<String>,
}

/// How long a command may take if nothing is said.
pub(crate) const DEFAULT_TIMEOUT_MS: u32 = 60_000;

impl Invocation {
    /// A command by its words with spaces between them.
    pub fn new(command: &str) -> Self {
        Self {
            command: command.split(' ').map(str::to_owned).collect(),
            arguments: vec![],
            flags: vec![],
            stdin: Body::default(),
            timeout_ms: DEFAULT_TIMEOUT_MS,
        }
    }

    /// With one more argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With one more flag that has a value.
    #[must_use]
    pub fn flag(mut self, name: &str, value: &str) -> Self {
        self.flags.push(Flag { name: name.to_owned(), value: Some(value.to_owned()) });
        self
    }

    /// With one more switch.
    #[must_use]
    pub fn switch(mut self, name: &str) -> Self {
        self.flags.push(Flag { name: name.to_owned(), value: None });
        self
    }

    /// What it asks for, if that has a form at all.
    pub(crate) fn ask(&self) -> Result<GcloudAsk, GrantError> {
        let flags: Vec<_> = self.flags.iter().map(|flag| (flag.name.clone(), flag.value.clone())).collect();
        GcloudAsk::parse(&self.command, &self.arguments, &flags)
    }
}

impl Message for Invocation {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        visit(&mut self.stdin);
    }
}

/// A command that has ended, well or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Completed {
    /// The exit code of gcloud.
    pub exit: i32,
    /// Why it failed, by its exit code and words.
    pub failure: Option<Failure>,
    /// JSON, as every command is told to print.
    #[serde(skip)]
    pub stdout: Body,
    /// What it says to people; its last 64 KiB.
    pub stderr: String,
    /// Standard output was longer than 4 MiB, and the rest is not here.
    pub truncated: bool,
    pub milliseconds: f64,
}

impl Message for Completed {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        visit(&mut self.stdout);
    }

    fn scrub(&mut self, scrubber: &dyn Scrubber) {
        if let Some(scrubbed) = scrubber.scrub(self.stdout.bytes()) {
            self.stdout = scrubbed.bytes.into();
        }
        scrubber.scrub_text(&mut self.stderr);
    }
}

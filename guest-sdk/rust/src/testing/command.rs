//! What a script answers to a command of gcloud.

use serde_json::Value;

use super::answer::denial;
use crate::{Cause, Command, Completed, Failure, Millis};

/// How a command ends in a script.
#[derive(Clone, Debug)]
pub struct Ends {
    exit: i32,
    failure: Option<Failure>,
    stdout: Vec<u8>,
    stderr: String,
    cause: Option<Cause>,
}

/// It ends well and prints JSON.
pub fn prints(answer: &Value) -> Ends {
    Ends { exit: 0, failure: None, stdout: answer.to_string().into_bytes(), stderr: String::new(), cause: None }
}

/// It ends with exit code 1, for this reason and with these words.
pub fn fails(failure: Failure, stderr: &str) -> Ends {
    Ends { exit: 1, failure: Some(failure), stdout: Vec::new(), stderr: stderr.to_owned(), cause: None }
}

/// No grant covers it.
pub fn denied_command() -> Ends {
    Ends { cause: Some(Cause::Denied(denial("gcloud"))), ..prints(&Value::Null) }
}

/// It did not end within its limit.
pub fn late_command() -> Ends {
    Ends { cause: Some(Cause::Timeout(Millis(60_000))), ..prints(&Value::Null) }
}

impl Ends {
    pub(super) fn play(&self, call: u32) -> Result<Completed, Cause> {
        match &self.cause {
            Some(cause) => Err(cause.clone()),
            None => Ok(Completed {
                seq: call,
                exit: self.exit,
                failure: self.failure,
                stdout: self.stdout.clone(),
                stderr: self.stderr.clone(),
                truncated: false,
                milliseconds: 700.0,
            }),
        }
    }
}

/// Whether a script is about this command: the same words, arguments and flags, in whatever order the flags are.
pub(super) fn is_about(scripted: &Command, asked: &Command) -> bool {
    let flags = |command: &Command| {
        let mut flags = command.flags.clone();
        flags.sort();
        flags
    };
    scripted.words == asked.words && scripted.arguments == asked.arguments && flags(scripted) == flags(asked)
}

//! A command of gcloud as a guest asks for it, judged by its form alone. What is refused here no grant can allow.

use std::fmt;

use super::GrantError;
use crate::Class;

const MOST_WORDS: usize = 8;
const MOST_ARGUMENTS: usize = 32;
const MOST_FLAGS: usize = 32;
const LONGEST_VALUE: usize = 4_096;

/// The groups that commands may be of. Others log in, configure, start programs, or copy files.
const GROUPS: [&str; 14] = [
    "artifacts",
    "builds",
    "deploy",
    "dns",
    "iam",
    "logging",
    "monitoring",
    "projects",
    "redis",
    "run",
    "scheduler",
    "secrets",
    "services",
    "sql",
];

/// Commands of these groups that print credentials, write or send files of this machine, or stay open.
const REFUSED: [&str; 16] = [
    "artifacts docker",
    "artifacts files download",
    "artifacts files upload",
    "artifacts generic",
    "artifacts print-settings",
    "deploy releases create",
    "iam service-accounts keys",
    "iam service-accounts sign-blob",
    "iam service-accounts sign-jwt",
    "iam workload-identity-pools create-cred-config",
    "logging tail",
    "run compose",
    "run services logs tail",
    "run services proxy",
    "secrets versions access",
    "sql connect",
];

/// Flags that are the host's to set, or that lead credentials, files or requests where nobody granted them to.
const RESERVED: [&str; 37] = [
    "access-token-file",
    "account",
    "async",
    "authority-selector",
    "authorization-token-file",
    "billing-project",
    "capture-session-file",
    "cluster",
    "cluster-location",
    "command",
    "config",
    "configuration",
    "context",
    "cred-file",
    "credential-file-override",
    "env-vars-file",
    "flags-file",
    "format",
    "help",
    "http-timeout",
    "impersonate-service-account",
    "key-file",
    "kubeconfig",
    "log-http",
    "login-config-file",
    "out-file",
    "output-file",
    "platform",
    "project",
    "quiet",
    "region",
    "revision-suffix",
    "source",
    "trace-token",
    "universe-domain",
    "user-output-enabled",
    "verbosity",
];

/// What gives a build to Cloud Build, in one form: its definition comes from standard input, which the host says, and its source from a
/// repository of git, or there is none. Others would send files of this machine.
const SUBMIT: &str = "builds submit";
/// The flags of that form.
const FLAGS_OF_SUBMIT: [&str; 3] = ["git-source-dir", "git-source-revision", WITHOUT_SOURCE];
/// A build that is sent nothing. `source` itself names files of this machine.
const WITHOUT_SOURCE: &str = "no-source";

/// No command of gcloud's: the host tells whom gcloud acts as. It takes nothing.
const IDENTITY: &str = "identity";

/// The last words of commands that only read.
const READS: [&str; 7] = [IDENTITY, "describe", "list", "read", "get-iam-policy", "list-tags", "list-revisions"];
/// The last words of commands that may be given again: they say what is to be, not what is to change.
const REPEATABLE: [&str; 3] = ["add-iam-policy-binding", "remove-iam-policy-binding", "set-iam-policy"];

/// The words of a command, e.g. `run services describe`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CommandWords(String);

impl CommandWords {
    /// Reads words with one space between them.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |why: String| Err(GrantError::new(text, "a command of gcloud", why));
        if text == IDENTITY {
            return Ok(Self(text.to_owned()));
        }
        let words: Vec<&str> = text.split(' ').collect();
        if words.len() > MOST_WORDS || !words.iter().all(|word| is_name(word, 48)) {
            return refuse(format!(
                "write 1 to {MOST_WORDS} words of a-z, 0-9 and - with one space between them, as in run services list"
            ));
        }
        let track = words.iter().take_while(|word| matches!(**word, "alpha" | "beta")).count();
        let stable = &words[track..];
        if track > 1 || stable.len() < 2 {
            return refuse("a command has a group and a verb, after `alpha` or `beta` at the most".to_owned());
        }
        if !GROUPS.contains(&stable[0]) {
            return refuse(format!("commands are of the groups {}", GROUPS.join(", ")));
        }
        let stable = stable.join(" ");
        if let Some(refused) = REFUSED.iter().find(|refused| starts_with_words(&stable, refused)) {
            return refuse(format!("`{refused}` hands out credentials or files of this machine, or stays open"));
        }
        Ok(Self(text.to_owned()))
    }

    /// What the command does to the world. What the table does not know is an effect.
    pub fn class(&self) -> Class {
        let last = self.0.rsplit(' ').next().unwrap_or_default();
        if READS.contains(&last) {
            Class::Read
        } else if REPEATABLE.contains(&last) {
            Class::Repeatable
        } else {
            Class::Effect
        }
    }

    /// Its words.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ')
    }

    /// Whether it asks whom gcloud acts as.
    pub fn is_identity(&self) -> bool {
        self.0 == IDENTITY
    }

    /// Whether it gives a build to Cloud Build.
    pub fn is_submit(&self) -> bool {
        self.is(SUBMIT)
    }

    /// Whether it is this command, on whatever track.
    pub fn is(&self, command: &str) -> bool {
        let stable = self.0.strip_prefix("alpha ").or_else(|| self.0.strip_prefix("beta "));
        stable.unwrap_or(&self.0) == command
    }
}

impl fmt::Display for CommandWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

fn starts_with_words(text: &str, words: &str) -> bool {
    text.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn is_name(text: &str, longest: usize) -> bool {
    text.len() <= longest
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A flag without its dashes, e.g. `to-revisions`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlagName(String);

impl FlagName {
    /// Reads a flag that a guest may set.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |why: &str| Err(GrantError::new(text, "a flag of gcloud", why));
        if !is_name(text, 64) {
            return refuse("write it without its dashes, of a-z, 0-9 and -, as in to-revisions");
        }
        if text == WITHOUT_SOURCE {
            return Ok(Self(text.to_owned()));
        }
        let positive = text.strip_prefix("no-").unwrap_or(text);
        if RESERVED.contains(&positive) || RESERVED.contains(&text) {
            return refuse("the host alone sets it, or nobody does");
        }
        Ok(Self(text.to_owned()))
    }

    /// Its value is the name of a file, and the only file is standard input.
    fn names_a_file(&self) -> bool {
        self.0.ends_with("-file") || self.0.ends_with("-from-file") || self.0 == "filename"
    }

    /// As it is written, without dashes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FlagName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// What a value may be: exactly this, or whatever begins with what stands before a `*` at the end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ValuePattern {
    text: String,
    prefix: bool,
}

impl ValuePattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |why: &str| Err(GrantError::new(text, "a pattern of values", why));
        let (before, prefix) = text.strip_suffix('*').map_or((text, false), |before| (before, true));
        if before.contains(['*', '"', '\\']) {
            return refuse("a * stands at its end alone, and quotation marks and backslashes nowhere");
        }
        if before.is_empty() && !prefix {
            return refuse("it is empty; write * for any value");
        }
        if !before.is_empty()
            && before != STANDARD_INPUT
            && let Err(why) = plain(before)
        {
            return refuse(why);
        }
        Ok(Self { text: before.to_owned(), prefix })
    }

    /// Whether a value is one of those.
    pub fn covers(&self, value: &str) -> bool {
        if self.prefix { value.starts_with(&self.text) } else { value == self.text }
    }

    pub(super) fn contains(&self, other: &Self) -> bool {
        if self.prefix { other.text.starts_with(&self.text) } else { !other.prefix && self.text == other.text }
    }
}

impl fmt::Display for ValuePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, if self.prefix { "*" } else { "" })
    }
}

const STANDARD_INPUT: &str = "-";

/// Whether gcloud takes a value for nothing but a value.
fn plain(value: &str) -> Result<(), &'static str> {
    if value.is_empty() || value.len() > LONGEST_VALUE {
        return Err("a value has 1 to 4096 bytes");
    }
    if !value.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
        return Err("a value has printable characters of ASCII only");
    }
    if value.starts_with(['-', '@', '^', '~', ' ']) || value.ends_with(' ') {
        return Err(
            "a value begins with none of - @ ^ ~, and has no space at its ends: gcloud would read it as something else",
        );
    }
    Ok(())
}

/// A command that a guest wants to give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcloudAsk {
    command: CommandWords,
    arguments: Vec<String>,
    flags: Vec<(FlagName, Option<String>)>,
}

impl GcloudAsk {
    /// Reads what a guest asks for.
    pub fn parse(
        command: &[String],
        arguments: &[String],
        flags: &[(String, Option<String>)],
    ) -> Result<Self, GrantError> {
        if let Some(word) = command.iter().find(|word| word.contains(' ')) {
            return Err(GrantError::new(word, "a word of a command", "it has a space; words are given one by one"));
        }
        let command = CommandWords::parse(&command.join(" "))?;
        if arguments.len() > MOST_ARGUMENTS || flags.len() > MOST_FLAGS {
            let why = format!("at most {MOST_ARGUMENTS} arguments and {MOST_FLAGS} flags follow it");
            return Err(GrantError::new(&command.0, "a command of gcloud", why));
        }
        if command.is_identity() && arguments.len() + flags.len() > 0 {
            return Err(GrantError::new(IDENTITY, "a command of gcloud", "nothing stands behind it"));
        }
        for argument in arguments {
            plain(argument).map_err(|why| GrantError::new(&shown(argument), "an argument of gcloud", why))?;
        }
        let mut asked: Vec<(FlagName, Option<String>)> = Vec::with_capacity(flags.len());
        for (name, value) in flags {
            let name = FlagName::parse(name)?;
            let refuse = |why: &str| Err(GrantError::new(name.as_str(), "a flag of gcloud", why));
            if asked.iter().any(|(other, _)| *other == name) {
                return refuse("it is given twice");
            }
            match value.as_deref() {
                Some(STANDARD_INPUT) if name.names_a_file() => {}
                Some(_) if name.names_a_file() => return refuse("no file is named but standard input, as `-`"),
                Some(value) => plain(value).map_err(|why| GrantError::new(&shown(value), "a value of a flag", why))?,
                None => {}
            }
            asked.push((name, value.clone()));
        }
        if command.is_submit() {
            submits(arguments, &asked).map_err(|why| GrantError::new(SUBMIT, "a command of gcloud", why))?;
        }
        Ok(Self { command, arguments: arguments.to_vec(), flags: asked })
    }

    /// The words of the command.
    pub fn command(&self) -> &CommandWords {
        &self.command
    }

    /// The arguments behind them, in order.
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// The flags, in order; each at most once.
    pub fn flags(&self) -> &[(FlagName, Option<String>)] {
        &self.flags
    }
}

/// Whether a build is given in the one form that sends no file of this machine.
fn submits(arguments: &[String], flags: &[(FlagName, Option<String>)]) -> Result<(), String> {
    if let Some((other, _)) = flags.iter().find(|(name, _)| !FLAGS_OF_SUBMIT.contains(&name.as_str())) {
        return Err(format!("it has no flag {other} here; there are {}", FLAGS_OF_SUBMIT.join(", ")));
    }
    let without = flags.iter().any(|(name, value)| name.as_str() == WITHOUT_SOURCE && value.is_none());
    match arguments {
        [] if without => Ok(()),
        [source] if !without && source.starts_with("https://") => Ok(()),
        _ => Err("its source is one that begins with https://, or there is none with no-source".to_owned()),
    }
}

/// As it may stand in a message.
fn shown(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests;

//! What is wanted of an identity.

use holdpoint::IdentityKind;
use holdpoint::prelude::*;

/// A token that lasts longer is not renewed before it is told of, so no more can be asked.
const LONGEST: Millis = Millis(600_000);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The project that commands must act in.
    pub(crate) project: String,
    /// How long the token must hold.
    pub(crate) lasts: Option<Millis>,
    /// What it may be; absent: anything.
    pub(crate) kinds: Option<Vec<IdentityKind>>,
    /// Who it may be; absent: anybody.
    pub(crate) principals: Option<Vec<Pattern>>,
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        if self.project.is_empty() {
            return Err(Error::new("config.project is empty; write `project = \"${env.project}\"`"));
        }
        if self.kinds.as_ref().is_some_and(Vec::is_empty) || self.principals.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::new("an empty list of kinds or principals lets nobody act; leave it out for anybody"));
        }
        if self.lasts.is_some_and(|lasts| lasts > LONGEST) {
            return Err(Error::new("config.lasts is at most 10m: the host renews a token, and no earlier than that"));
        }
        Ok(())
    }
}

/// A name, or what it begins and ends with, around one `*`.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Pattern {
    before: String,
    /// None: there is no `*`.
    after: Option<String>,
}

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once('*') {
            Some((_, after)) if after.contains('*') => Err(format!("`{text}` has more than one *")),
            Some((before, after)) => Ok(Self { before: before.to_owned(), after: Some(after.to_owned()) }),
            None => Ok(Self { before: text, after: None }),
        }
    }
}

impl Pattern {
    pub(crate) fn covers(&self, name: &str) -> bool {
        match &self.after {
            None => name == self.before,
            Some(after) => name.strip_prefix(self.before.as_str()).is_some_and(|rest| rest.ends_with(after.as_str())),
        }
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.after {
            Some(after) => write!(f, "{}*{after}", self.before),
            None => f.write_str(&self.before),
        }
    }
}

//! What a rule excuses, and why. One that excuses nothing any more is told, so that lists of exceptions shrink.

use std::cell::Cell;
use std::fmt;

use holdpoint::prelude::*;

use crate::globs::{Globs, Names};

/// The exceptions of one rule.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Exceptions(Vec<Exception>);

/// Excuses what is found in some files, under some names, or both.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
struct Exception {
    files: Option<Globs>,
    names: Option<Names>,
    reason: String,
    used: Cell<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    files: Option<Globs>,
    names: Option<Names>,
    reason: String,
}

impl Exceptions {
    /// Whether a finding is excused. The first exception that covers it counts as used.
    pub(crate) fn excuse(&self, path: &str, name: &str) -> bool {
        let Some(exception) = self.0.iter().find(|exception| exception.covers(path, name)) else { return false };
        exception.used.set(true);
        true
    }

    pub(crate) fn log_unused(&self, cx: &Context, rule: &str) {
        for exception in self.0.iter().filter(|exception| !exception.used.get()) {
            let text =
                format!("{rule}: the exception for {exception} ({}) excuses nothing and can go", exception.reason);
            cx.log(Level::Warn, text);
        }
    }
}

impl Exception {
    fn covers(&self, path: &str, name: &str) -> bool {
        self.files.as_ref().is_none_or(|files| files.covers(path))
            && self.names.as_ref().is_none_or(|names| names.covers(name))
    }
}

impl TryFrom<Written> for Exception {
    type Error = String;

    fn try_from(Written { files, names, reason }: Written) -> Result<Self, String> {
        let reason = reason.trim().to_owned();
        if files.is_none() && names.is_none() {
            return Err("an exception has neither files nor names, so it would excuse everything".to_owned());
        }
        let exception = Self { files, names, reason, used: Cell::new(false) };
        if exception.reason.is_empty() {
            return Err(format!("the reason is empty; say why {exception} is excused"));
        }
        Ok(exception)
    }
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.files, &self.names) {
            (Some(files), Some(names)) => write!(f, "{names} in {files}"),
            (Some(files), None) => write!(f, "{files}"),
            (None, Some(names)) => write!(f, "{names}"),
            (None, None) => f.write_str("everything"),
        }
    }
}

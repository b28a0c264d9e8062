//! What the bundle says, and what must hold of it before anything is read.

use holdpoint::prelude::*;

use crate::lessons::Lessons;
use crate::notice::Schedule;
use crate::production::Production;
use crate::rehearsal::Rehearsal;
use crate::training::Training;

/// The most entries that any list of the configuration has.
const MOST: usize = 200;

/// A section for each row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) release: Option<String>,
    pub(crate) lessons: Option<Lessons>,
    pub(crate) production: Option<Production>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) rehearsal: Option<Rehearsal>,
    pub(crate) training: Option<Training>,
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        if self.release.as_ref().is_some_and(|release| release.trim().is_empty()) {
            return Err(Error::new("config.release is empty; name the release, or leave it out"));
        }
        self.lessons.as_ref().map_or(Ok(()), Lessons::check)?;
        self.production.as_ref().map_or(Ok(()), Production::check)?;
        self.training.as_ref().map_or(Ok(()), Training::check)
    }
}

/// A list that must have entries, and not too many.
pub(crate) fn some<T>(field: &str, list: &[T]) -> Result<()> {
    if list.is_empty() {
        return Err(Error::new(format!("config.{field} is empty, and nothing asked for is nothing passed")));
    }
    few(field, list)
}

/// A list that must not have too many.
pub(crate) fn few<T>(field: &str, list: &[T]) -> Result<()> {
    if list.len() > MOST {
        return Err(Error::new(format!("config.{field} has {} entries, of at most {MOST}", list.len())));
    }
    Ok(())
}

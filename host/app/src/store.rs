//! Finding runs: by id, by the beginning or the end of it, the newest, or a file.

use std::{path::PathBuf, str::FromStr};

use holdpoint_journal::{Reader, RunFolder};
use holdpoint_model::{Decision, EventKind, RunHeader, RunId, Timestamp};

use crate::{Error, Machine};

/// How a person names a run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum RunRef {
    /// The newest.
    #[default]
    Last,
    /// Its id, or the beginning or the end of it.
    Id(String),
    /// A journal as a file.
    File(PathBuf),
}

impl FromStr for RunRef {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "last" => Self::Last,
            text if text.contains(['/', '.']) => Self::File(text.into()),
            text => Self::Id(text.to_ascii_uppercase()),
        })
    }
}

/// A run as it was found.
#[derive(Debug, Clone)]
pub(crate) enum Stored {
    Folder(RunFolder),
    File(PathBuf),
}

/// The folder of a run, for whoever wants to say where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFolder(pub(crate) RunFolder);

impl StoredFolder {
    /// Where it is.
    pub fn path(&self) -> &std::path::Path {
        self.0.path()
    }
}

/// How far a run is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunState {
    /// Some process works on it.
    Running,
    /// It has no decision, and nobody works on it.
    Interrupted,
    /// A stage has this decision, the next one has not begun, and nobody works on it.
    Between {
        decision: Decision,
        next: String,
    },
    Ended(Decision),
}

/// One line of `holdpoint runs`.
#[derive(Debug, Clone, PartialEq)]
pub struct RunSummary {
    pub run: RunId,
    pub started: Timestamp,
    pub header: RunHeader,
    pub state: RunState,
    /// It goes on where its file is imported.
    pub handed_over: bool,
}

impl RunRef {
    pub(crate) fn find(&self, machine: &Machine) -> Result<Stored, Error> {
        let none = || Error::Usage(format!("there are no runs in {}", machine.runs.display()));
        let wanted = match self {
            Self::File(path) if path.is_dir() => return Ok(Stored::File(path.join("run.db"))),
            Self::File(path) => return Ok(Stored::File(path.clone())),
            Self::Last => {
                return RunFolder::all(&machine.runs).pop().map(|(_, folder)| Stored::Folder(folder)).ok_or_else(none);
            }
            // Every id begins with nothing, and a variable of a script that is not set would name the only run.
            Self::Id(wanted) if wanted.is_empty() => {
                return Err(Error::Usage("no run is named; give its id, or `last`, see `holdpoint runs`".into()));
            }
            Self::Id(wanted) => wanted,
        };
        let mut all = RunFolder::all(&machine.runs);
        all.retain(|(run, _)| run.as_str().starts_with(wanted) || run.as_str().ends_with(wanted));
        match all.len() {
            0 => Err(Error::Usage(format!(
                "no run in {} begins or ends with {wanted}; see `holdpoint runs`",
                machine.runs.display()
            ))),
            1 => all.pop().map(|(_, folder)| Stored::Folder(folder)).ok_or_else(none),
            n => Err(Error::Usage(format!(
                "{n} runs begin or end with {wanted}; give more of the id, see `holdpoint runs`"
            ))),
        }
    }
}

impl Stored {
    pub(crate) fn journal(&self) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.journal(),
            Self::File(path) => path.clone(),
        }
    }

    /// The folder of a run that is to be changed; `done` says what is to be done to it.
    pub(crate) fn folder_to(&self, done: &str) -> Result<RunFolder, Error> {
        match self {
            Self::Folder(folder) => Ok(folder.clone()),
            Self::File(_) => Err(Error::Usage(format!(
                "a run file can be replayed and reported; only a run in its folder can be {done}"
            ))),
        }
    }

    pub(crate) fn state(&self) -> Result<RunState, Error> {
        let reader = Reader::open(&self.journal())?;
        let (mut last, _) = reader.head()?;
        // People may have been told of the decision behind it, and it may have come from elsewhere.
        while last > 1 && reader.row(last)?.is_some_and(|row| row.kind.is_notice() || row.kind.is_move()) {
            last -= 1;
        }
        let ended = match reader.row(last)? {
            Some(row) => match row.event(last)?.kind {
                EventKind::RunEnded { decision, next } => Some((decision, next)),
                _ => None,
            },
            None => None,
        };
        Ok(match (ended, self) {
            (Some((decision, Some(next))), _) => RunState::Between { decision, next },
            (Some((decision, None)), _) => RunState::Ended(decision),
            (None, Self::Folder(folder)) if folder.is_worked_on() => RunState::Running,
            (None, _) => RunState::Interrupted,
        })
    }
}

/// Every run of this machine, oldest first.
pub(crate) fn stored_runs(machine: &Machine) -> Vec<(RunId, Stored)> {
    RunFolder::all(&machine.runs).into_iter().map(|(run, folder)| (run, Stored::Folder(folder))).collect()
}

/// Every run of this machine, oldest first. A folder whose journal can't be read comes with the reason.
pub fn runs(machine: &Machine) -> Vec<(RunId, Result<RunSummary, Error>)> {
    RunFolder::all(&machine.runs)
        .into_iter()
        .map(|(run, folder)| {
            let summary = summary(run.clone(), Stored::Folder(folder));
            (run, summary)
        })
        .collect()
}

fn summary(run: RunId, stored: Stored) -> Result<RunSummary, Error> {
    let reader = Reader::open(&stored.journal())?;
    let event = reader.header()?.event(1)?;
    let EventKind::RunStarted(header) = event.kind else {
        return Err(Error::Usage(format!("run {run} has no header")));
    };
    let handed_over = reader.is_handed_over()?;
    Ok(RunSummary { run, started: event.at, header, state: stored.state()?, handed_over })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_names_no_run() {
        let runs = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(runs.path(), &RunId::parse("R1").unwrap()).unwrap();
        std::fs::write(folder.journal(), "").unwrap();
        let machine = Machine::from_environment(Some(runs.path().to_owned()), None);
        let find = |text: &str| text.parse::<RunRef>().unwrap().find(&machine).map(|stored| stored.journal());
        assert_eq!(find("r").unwrap(), folder.journal());
        assert!(find("").unwrap_err().to_string().starts_with("no run is named"));
    }
}

//! The folder of a run: its journal, its lock, its control socket, the tokens of its sessions.

use std::{
    fs::{File, TryLockError},
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use holdpoint_model::RunId;

use crate::Error;

/// Where a run lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    /// The folder of a run below the folder of all runs. It need not exist.
    pub fn of(runs: &Path, run: &RunId) -> Self {
        Self(runs.join(run.as_str()))
    }

    /// Makes the folder. It must not exist.
    pub fn create(runs: &Path, run: &RunId) -> Result<Self, Error> {
        let folder = Self::of(runs, run);
        let failed = |source| Error::CreateFolder { path: folder.0.clone(), source };
        std::fs::create_dir_all(runs).map_err(failed)?;
        std::fs::create_dir(&folder.0).map_err(failed)?;
        Ok(folder)
    }

    /// The runs below a folder, oldest first. Ids sort by time.
    pub fn all(runs: &Path) -> Vec<(RunId, Self)> {
        let entries = std::fs::read_dir(runs).into_iter().flatten().flatten();
        let mut all: Vec<_> = entries
            .filter_map(|entry| RunId::parse(entry.file_name().to_str()?).ok())
            .map(|run| (run.clone(), Self::of(runs, &run)))
            .filter(|(_, folder)| folder.journal().exists())
            .collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The journal.
    pub fn journal(&self) -> PathBuf {
        self.0.join("run.db")
    }

    /// Live session tokens, readable by the owner alone and deleted when the run has ended.
    pub fn sessions(&self) -> PathBuf {
        self.0.join("sessions")
    }

    /// What loads have counted, for the host that goes on with them; deleted when the run has ended.
    pub fn loads(&self) -> PathBuf {
        self.0.join("loads")
    }

    /// The run has ended: nobody goes on with its loads.
    pub fn forget_loads(&self) -> Result<(), Error> {
        match std::fs::remove_dir_all(self.loads()) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(Error::Forget { path: self.loads(), source })
            }
            _ => Ok(()),
        }
    }

    /// The socket on which the process that works on the run takes requests.
    pub fn control(&self) -> PathBuf {
        self.0.join("control")
    }

    /// Waits until no other process works on the run, and keeps them from it then. This blocks for as long as that takes.
    pub fn lock_when_free(&self) -> Result<RunLock, Error> {
        let path = self.0.join("lock");
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let failed = |source| Error::Lock { path: path.clone(), source };
        let file = file.map_err(failed)?;
        file.lock().map_err(failed)?;
        held(file).map_err(failed)
    }

    /// Makes sure that this process alone works on the run.
    pub fn lock(&self) -> Result<RunLock, Error> {
        if !self.0.exists() {
            return Err(Error::Missing(self.0.clone()));
        }
        let path = self.0.join("lock");
        let failed = |source| Error::Lock { path: path.clone(), source };
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&path).map_err(failed)?;
        // Somebody may be looking whether the run is worked on, which takes no longer than this.
        let looks = (0..50).map(|_| file.try_lock());
        let locked = looks
            .inspect(|locked| {
                if locked.is_err() {
                    std::thread::yield_now()
                }
            })
            .find(Result::is_ok);
        match locked.unwrap_or_else(|| file.try_lock()) {
            Ok(()) => held(file).map_err(failed),
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // The text only helps the reader of the message.
                let _ = file.take(64).read_to_string(&mut holder);
                let holder = if holder.is_empty() { "another process".to_owned() } else { holder };
                Err(Error::Locked { path: self.0.clone(), holder })
            }
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// Whether some process works on the run. Looking takes no lock that could keep another process from the run.
    pub fn is_worked_on(&self) -> bool {
        let looked = File::open(self.0.join("lock")).map(|file| file.try_lock_shared());
        matches!(looked, Ok(Err(TryLockError::WouldBlock)))
    }
}

/// Writes into a locked file who holds it.
fn held(mut file: File) -> std::io::Result<RunLock> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    write!(file, "process {}", std::process::id())?;
    Ok(RunLock { _file: file })
}

/// Held as long as a process works on a run; given back when it is dropped, or when the process ends in whatever way.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_host_a_run() {
        let runs = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(runs.path(), &RunId::parse("R1").unwrap()).unwrap();
        let lock = folder.lock().unwrap();
        let message = folder.lock().unwrap_err().to_string();
        assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
        assert!(folder.is_worked_on());
        drop(lock);
        assert!(!folder.is_worked_on());
        folder.lock().unwrap();
    }
}

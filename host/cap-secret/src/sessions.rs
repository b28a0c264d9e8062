//! Session tokens that survive a crash: one private file with a line a token, appended before anybody learns the placeholder.
//!
//! It is written without waiting for the disk: a host that is killed loses nothing, a machine that loses power may lose the last
//! tokens, and whoever needs one of those is told to log in again.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use holdpoint_model::PhaseId;
use serde::{Deserialize, Serialize};

use crate::Error;

/// A line, version 1: a token and a guest that may use it. `guest` and `n` are those of the placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LineV1 {
    pub(crate) guest: String,
    pub(crate) n: u32,
    /// Who may use it.
    pub(crate) owner: String,
    pub(crate) value: String,
}

/// What a file holds that nobody writes any more. A file that is not there holds nothing.
pub(crate) fn lines(path: &Path) -> Result<Vec<LineV1>, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(read(&text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(Error::Sessions { path: path.to_owned(), source }),
    }
}

fn read(text: &str) -> Vec<LineV1> {
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// The open file.
pub(crate) struct SessionsFile {
    path: PathBuf,
    file: File,
}

impl SessionsFile {
    /// Opens or makes the file, and gives what it holds. A line that a crash cut short is left out.
    pub(crate) fn open(path: PathBuf) -> Result<(Self, Vec<LineV1>), Error> {
        match Self::try_open(&path) {
            Ok((file, lines)) => Ok((Self { path, file }, lines)),
            Err(source) => Err(Error::Sessions { path, source }),
        }
    }

    fn try_open(path: &PathBuf) -> io::Result<(File, Vec<LineV1>)> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        #[cfg(unix)]
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        if !text.is_empty() && !text.ends_with('\n') {
            file.write_all(b"\n")?;
        }
        Ok((file, read(&text)))
    }

    /// Appends a line with one write, so that it is there whole or not at all.
    pub(crate) fn append(&mut self, guest: &PhaseId, n: u32, owner: &PhaseId, value: &str) -> io::Result<()> {
        let line = LineV1 { guest: guest.to_string(), n, owner: owner.to_string(), value: value.to_owned() };
        let mut text = serde_json::to_string(&line)?;
        text.push('\n');
        self.file.write_all(text.as_bytes())
    }

    /// Removes the file.
    pub(crate) fn remove(self) -> Result<(), Error> {
        match std::fs::remove_file(&self.path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(Error::Sessions { path: self.path, source }),
            _ => Ok(()),
        }
    }
}

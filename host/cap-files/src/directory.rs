//! One granted directory, open. Everything is relative to it and stays below it, whatever symbolic links say.
//!
//! Blocking: the backend calls this from a thread that may wait.

use std::io::{self, Read as _};

use cap_std::fs::{Dir, File, OpenOptions};
use globset::GlobMatcher;

use crate::{Entry, Kind, path::DEEPEST};

/// Bytes of a file.
const LARGEST_FILE: u64 = 8 << 20;
/// Entries of an answer.
const MOST_ENTRIES: usize = 10_000;
/// Entries that a search may look at.
const MOST_LOOKED_AT: usize = 200_000;

/// A granted directory, by the name that guests know.
pub(crate) struct Directory {
    pub(crate) name: String,
    pub(crate) root: Dir,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It lies outside.
    Left,
    /// It is too large.
    TooLarge(String),
    Failed(String),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        // What the system refuses has a number; a path that leaves the directory never gets that far.
        match (error.kind(), error.raw_os_error()) {
            (io::ErrorKind::PermissionDenied, None) => Self::Left,
            (io::ErrorKind::NotFound, _) => Self::Failed("no such file or directory".into()),
            _ => Self::Failed(error.to_string()),
        }
    }
}

impl Directory {
    /// The content of a file.
    pub(crate) fn read(&self, below: &str) -> Result<Vec<u8>, Refusal> {
        if below.is_empty() {
            return Err(Refusal::Failed("it is a directory".into()));
        }
        // Asked before and after: opening a device may do something, and what was looked at may have been exchanged.
        no_file(&self.root.metadata(below)?)?;
        let file = self.open(below)?;
        let facts = file.metadata()?;
        no_file(&facts)?;
        let mut content = Vec::with_capacity(usize::try_from(facts.len().min(LARGEST_FILE)).unwrap_or_default());
        file.take(LARGEST_FILE + 1).read_to_end(&mut content)?;
        if content.len() as u64 > LARGEST_FILE {
            return Err(Refusal::TooLarge("the file is larger than 8 MiB".into()));
        }
        Ok(content)
    }

    fn open(&self, below: &str) -> io::Result<File> {
        let mut options = OpenOptions::new();
        options.read(true);
        // A pipe that has taken the place of the file must not hold the thread.
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
        self.root.open_with(below, &options)
    }

    /// What stands directly in a directory.
    pub(crate) fn list(&self, below: &str) -> Result<Vec<Entry>, Refusal> {
        let mut entries = Vec::new();
        for item in self.descend(below)?.entries()? {
            let item = item?;
            push(&mut entries, self.entry(&item, below)?.0)?;
        }
        Ok(sorted(entries))
    }

    /// Everything below a directory; with a pattern the files whose path from there matches.
    pub(crate) fn walk(&self, below: &str, pattern: Option<&GlobMatcher>) -> Result<Vec<Entry>, Refusal> {
        let mut entries = Vec::new();
        let mut looked_at = 0;
        // Ways and not open directories: there may be more of them than files a process may have open.
        let mut ahead = vec![(below.to_owned(), 0)];
        while let Some((path, depth)) = ahead.pop() {
            for item in self.descend(&path)?.entries()? {
                let item = item?;
                looked_at += 1;
                if looked_at > MOST_LOOKED_AT {
                    return Err(Refusal::TooLarge(format!("there are more than {MOST_LOOKED_AT} entries below")));
                }
                let (entry, way) = self.entry(&item, &path)?;
                if entry.kind == Kind::Directory {
                    if depth == DEEPEST {
                        return Err(Refusal::TooLarge(format!("the directories below lie deeper than {DEEPEST}")));
                    }
                    ahead.push((way.clone(), depth + 1));
                }
                let from_here = way.strip_prefix(below).unwrap_or(&way).trim_start_matches('/');
                if pattern.is_none_or(|pattern| entry.kind == Kind::File && pattern.is_match(from_here)) {
                    push(&mut entries, entry)?;
                }
            }
        }
        Ok(sorted(entries))
    }

    fn descend(&self, below: &str) -> io::Result<Dir> {
        if below.is_empty() { self.root.try_clone() } else { self.root.open_dir(below) }
    }

    /// The entry, and its way below the granted directory.
    fn entry(&self, item: &cap_std::fs::DirEntry, below: &str) -> Result<(Entry, String), Refusal> {
        let file_name = item.file_name();
        let name = file_name.to_string_lossy();
        let way = if below.is_empty() { name.into_owned() } else { format!("{below}/{name}") };
        // Of the link itself, not of what it leads to.
        let facts = item.metadata()?;
        let kind = match facts.file_type() {
            // What can't be named can't be asked for.
            _ if file_name.to_str().is_none() => Kind::Other,
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Directory,
            _ => Kind::Other,
        };
        let size = if kind == Kind::File { facts.len() as f64 } else { 0.0 };
        Ok((Entry { path: format!("{}/{way}", self.name), kind, size }, way))
    }
}

fn no_file(facts: &cap_std::fs::Metadata) -> Result<(), Refusal> {
    match facts.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_dir() => Err(Refusal::Failed("it is a directory".into())),
        _ => Err(Refusal::Failed("it is a device, a pipe or a socket; only files are read".into())),
    }
}

fn push(entries: &mut Vec<Entry>, entry: Entry) -> Result<(), Refusal> {
    if entries.len() == MOST_ENTRIES {
        return Err(Refusal::TooLarge(format!("there are more than {MOST_ENTRIES} entries")));
    }
    entries.push(entry);
    Ok(())
}

fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries
}

//! What is to be written, and writing it: new files first, then what changes in existing ones.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use crate::Error;

/// A phase or bundle that is worked out and not yet written.
#[derive(Debug)]
pub struct Draft {
    folder: PathBuf,
    /// Below the folder.
    files: BTreeMap<PathBuf, Vec<u8>>,
    edits: Vec<Edit>,
    /// What its author types next.
    next: Vec<String>,
}

/// Another text of a file that exists.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) path: PathBuf,
    pub(crate) before: String,
    pub(crate) after: String,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub files: Vec<PathBuf>,
    pub changed: Vec<PathBuf>,
    /// What its author types next.
    pub next: Vec<String>,
}

impl Draft {
    /// A draft of a folder that is not there, or empty.
    pub(crate) fn new(folder: PathBuf) -> Result<Self, Error> {
        let occupied = match fs::read_dir(&folder) {
            Ok(mut entries) => entries.next().is_some(),
            Err(_) => folder.symlink_metadata().is_ok(),
        };
        if occupied {
            return Err(Error::Exists { path: folder });
        }
        Ok(Self { folder, files: BTreeMap::new(), edits: Vec::new(), next: Vec::new() })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn add(&mut self, path: impl Into<PathBuf>, content: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), content.into());
    }

    pub(crate) fn edit(&mut self, edit: Edit) {
        if edit.before != edit.after {
            self.edits.push(edit);
        }
    }

    pub(crate) fn then(&mut self, commands: impl IntoIterator<Item = String>) {
        self.next.extend(commands);
    }

    /// Writes everything. A file that came to be meanwhile is not overwritten.
    pub fn write(self) -> Result<Written, Error> {
        let mut files = Vec::with_capacity(self.files.len());
        for (path, content) in &self.files {
            let path = self.folder.join(path);
            let parent = path.parent().unwrap_or(&self.folder);
            fs::create_dir_all(parent).map_err(Error::io("make the folder", parent))?;
            let file = fs::File::options().write(true).create_new(true).open(&path);
            file.and_then(|mut file| file.write_all(content)).map_err(Error::io("write", &path))?;
            files.push(path);
        }
        let mut changed = Vec::with_capacity(self.edits.len());
        for Edit { path, before, after } in self.edits {
            if fs::read_to_string(&path).map_err(Error::io("read", &path))? != before {
                return Err(Error::Changed { path });
            }
            replace(&path, &after)?;
            changed.push(path);
        }
        Ok(Written { files, changed, next: self.next })
    }
}

/// Replaces a file whole or not at all.
fn replace(path: &Path, text: &str) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(Error::io("write beside", path))?;
    file.write_all(text.as_bytes()).map_err(Error::io("write", path))?;
    let permissions = fs::metadata(path).map_err(Error::io("read", path))?.permissions();
    file.as_file().set_permissions(permissions).map_err(Error::io("write", path))?;
    file.persist(path).map_err(|e| Error::io("write", path)(e.error))?;
    Ok(())
}

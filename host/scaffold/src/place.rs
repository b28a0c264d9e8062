//! Where something new comes to lie: a project of its own, or a bundle's workspace around it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::Error;

/// An absolute path whose existing part has no links in it, so that ways up lead where they seem to.
pub(crate) fn real(path: &Path) -> Result<PathBuf, Error> {
    let absolute = std::path::absolute(path).map_err(Error::io("find", path))?;
    for above in absolute.ancestors() {
        if let Ok(existing) = above.canonicalize() {
            let rest = absolute.strip_prefix(above).unwrap_or(Path::new(""));
            return Ok(if rest.as_os_str().is_empty() { existing } else { existing.join(rest) });
        }
    }
    Ok(absolute)
}

/// A path as people read it who are in a folder at or above it; empty if they are there.
pub(crate) fn from_here(path: &Path) -> PathBuf {
    let here = real(Path::new(".")).ok();
    here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned)).unwrap_or_else(|| path.to_owned())
}

/// A bundle whose folder is a workspace of Cargo.
#[derive(Debug)]
pub(crate) struct BundleWorkspace {
    /// Absolute.
    pub(crate) root: PathBuf,
    pub(crate) bundle: String,
    pub(crate) manifest: String,
    /// The name of the checklist's file, and its text.
    pub(crate) checklist: (PathBuf, String),
}

impl BundleWorkspace {
    /// The nearest bundle at or above a folder, an absolute path.
    pub(crate) fn around(folder: &Path) -> Result<Option<Self>, Error> {
        let Some(root) = folder.ancestors().find(|above| above.join("bundle.toml").is_file()) else { return Ok(None) };
        let read = |path: &Path| fs::read_to_string(path).map_err(Error::io("read", path));
        let bundle = read(&root.join("bundle.toml"))?;
        let path = root.join("Cargo.toml");
        if !path.is_file() {
            let why = "the bundle here is no workspace of Cargo, so a new phase can't be added to it; name a folder elsewhere with --path";
            return Err(Error::Workspace { path: root.join("bundle.toml"), why: why.to_owned() });
        }
        let checklist = root.join(crate::workspace::checklist_of(&root.join("bundle.toml"), &bundle)?);
        let text = read(&checklist)?;
        Ok(Some(Self { manifest: read(&path)?, checklist: (checklist, text), bundle, root: root.to_owned() }))
    }
}

//! From what was typed to the sources of a run.

use std::{collections::BTreeMap, path::PathBuf};

use holdpoint_bundle::{Allowed, BundleFolder, Resolved, Sources, Verified};

use crate::{Error, Machine, lacks};

/// A bundle and the choices about it.
#[derive(Debug, Clone, Default)]
pub struct BundleChoices {
    /// Its folder or its file.
    pub bundle: PathBuf,
    /// Where modules lie, if not where they are looked for by themselves.
    pub modules: Option<PathBuf>,
    pub environment: Option<String>,
    pub inputs: BTreeMap<String, String>,
    pub services: BTreeMap<String, String>,
    pub only: Vec<String>,
}

impl BundleChoices {
    /// Reads everything that a run follows from.
    pub(crate) fn read(&self, machine: &Machine) -> Result<(BundleFolder, Sources), Error> {
        let folder = BundleFolder::read(&self.bundle, self.modules.clone())?.with_builtin(machine.builtin);
        let sources = Sources {
            bundle: folder.bundle.clone(),
            folder: folder.folder.clone(),
            checklist: folder.checklist.clone(),
            files: folder.files.clone(),
            operator: machine.operator()?,
            environment: self.environment.clone(),
            inputs: self.inputs.iter().map(|(name, value)| (name.clone(), from_here(value))).collect(),
            services: self.services.clone(),
            only: self.only.clone(),
        };
        Ok((folder, sources))
    }

    /// Reads and resolves.
    pub(crate) fn resolve(&self, machine: &Machine) -> Result<(Sources, Resolved), Error> {
        let (folder, sources) = self.read(machine)?;
        let resolved = Resolved::from_sources(&sources, &|module| folder.module(module))?;
        Ok((sources, resolved))
    }

    /// Reads, resolves and compares with what the operator allows.
    pub(crate) fn allowed(&self, machine: &Machine) -> Result<(Texts, Allowed), Error> {
        let (folder, sources) = self.read(machine)?;
        let resolved = Resolved::from_sources(&sources, &|module| folder.module(module))?;
        let allowed = Allowed::new(resolved, &sources).map_err(|refused| lacks::beside(&refused))?;
        Ok((Texts { folder, sources }, allowed))
    }
}

/// A bundle as it was read.
pub(crate) struct Texts {
    folder: BundleFolder,
    pub(crate) sources: Sources,
}

impl Texts {
    /// The bundle with the URLs of services that were asked for, as if they had been given by `--service`.
    pub(crate) fn with(mut self, services: BTreeMap<String, String>) -> Result<(Sources, Verified), Error> {
        self.sources.services.extend(services);
        let resolved = Resolved::from_sources(&self.sources, &|module| self.folder.module(module))?;
        let verified = Verified::new(resolved, &self.sources, None)?;
        Ok((self.sources, verified))
    }
}

/// A value that begins with `./` or `../` is a path from where it was typed; the run must not depend on that place.
fn from_here(value: &str) -> String {
    let is_path = value == "." || value == ".." || value.starts_with("./") || value.starts_with("../");
    let absolute = is_path.then(|| std::path::Path::new(value).canonicalize().ok()).flatten();
    absolute.and_then(|path| path.to_str().map(str::to_owned)).unwrap_or_else(|| value.to_owned())
}

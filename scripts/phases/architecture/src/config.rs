//! What the bundle says: which files, where modules are found, and the rules.

use std::collections::BTreeMap;

use holdpoint::prelude::*;

use crate::globs::Globs;
use crate::resolve::Roots;
use crate::rules::Rule;
use crate::rules::forbidden::{Forbidden, ForbiddenUse};
use crate::rules::imports::{ForbiddenImports, ImportRule};
use crate::rules::required::Required;
use crate::rules::size::{Size, SizeLimits};
use crate::rules::types::{DuplicatedTypes, Types};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    /// The directory with the tree; the granted one if it is left out.
    directory: Option<String>,
    /// Patterns of the files to judge.
    include: Option<Globs>,
    /// Files that are not judged. They can still be imported.
    exclude: Option<Globs>,
    /// Where a language looks for modules.
    #[serde(default)]
    pub(crate) roots: Roots,
    pub(crate) required: Option<Required>,
    size: Option<Size>,
    /// Layers of the architecture, by name.
    #[serde(default)]
    layers: BTreeMap<String, Globs>,
    #[serde(default)]
    imports: Vec<ImportRule>,
    types: Option<Types>,
    #[serde(default)]
    forbidden: Vec<Forbidden>,
}

impl Config {
    pub(crate) fn validate(&self) -> Result<()> {
        let reads =
            self.size.is_some() || self.types.is_some() || !self.imports.is_empty() || !self.forbidden.is_empty();
        if !reads && self.required.is_none() {
            return Err(Error::new(
                "config has no rule, and zero checks are no pass; add required, size, imports, types or forbidden",
            ));
        }
        if reads && self.include.is_none() {
            return Err(Error::new("config.include is missing, so no file could be judged; list patterns of files"));
        }
        if let Some(size) = &self.size {
            size.validate()?;
        }
        for (at, rule) in self.imports.iter().enumerate() {
            rule.validate(&self.layers).map_err(|why| Error::new(format!("config.imports[{at}]: {why}")))?;
        }
        for (at, rule) in self.forbidden.iter().enumerate() {
            rule.validate().map_err(|why| Error::new(format!("config.forbidden[{at}]: {why}")))?;
        }
        let used = |layer: &String| self.imports.iter().any(|rule| rule.names(layer));
        match self.layers.keys().find(|layer| !used(layer)) {
            Some(layer) => {
                Err(Error::new(format!("config.layers.{layer} is in no rule of config.imports; use it or take it out")))
            }
            None => Ok(()),
        }
    }

    /// The directory of the tree.
    pub(crate) fn directory(&self, granted: &[String]) -> Result<String> {
        match (&self.directory, granted) {
            (Some(directory), _) => Ok(directory.trim_end_matches('/').to_owned()),
            (None, [only]) => Ok(only.clone()),
            (None, []) => Err(Error::new(
                "no directory is granted to this phase, so there is nothing to judge; grant files for the source tree",
            )),
            (None, several) => Err(Error::new(format!(
                "{} are granted to this phase; say in config.directory which of them is the source tree",
                several.join(", ")
            ))),
        }
    }

    pub(crate) fn include(&self) -> &[String] {
        self.include.as_ref().map(Globs::texts).unwrap_or_default()
    }

    pub(crate) fn excludes(&self, path: &str) -> bool {
        self.exclude.as_ref().is_some_and(|exclude| exclude.covers(path))
    }

    /// Every rule over sources, in the order in which they are stated.
    pub(crate) fn rules(&self) -> Vec<Box<dyn Rule + '_>> {
        let mut rules: Vec<Box<dyn Rule + '_>> = Vec::new();
        if let Some(size) = &self.size {
            rules.push(Box::new(SizeLimits::new(size)));
        }
        for rule in &self.imports {
            rules.push(Box::new(ForbiddenImports::new(rule, &self.layers)));
        }
        if let Some(types) = &self.types {
            rules.push(Box::new(DuplicatedTypes::new(types)));
        }
        for rule in &self.forbidden {
            rules.push(Box::new(ForbiddenUse::new(rule)));
        }
        rules
    }

    pub(crate) fn log_unused(&self, cx: &Context) {
        if let Some(size) = &self.size {
            size.exceptions.log_unused(cx, "size");
        }
        for rule in &self.imports {
            rule.exceptions.log_unused(cx, &rule.name());
        }
        if let Some(types) = &self.types {
            types.exceptions.log_unused(cx, "types");
        }
        for rule in &self.forbidden {
            rule.exceptions.log_unused(cx, &rule.name);
        }
    }
}

//! Looking into a module, or at what has changed from one version of a module or a bundle to the next.

use std::{collections::BTreeSet, path::PathBuf};

use holdpoint_bundle::{Ask, BuiltModule, Inspection, ModuleChange, Resolved, asks};
use holdpoint_model::Digest;

use crate::{BundleChoices, Error, Machine, OperatorChoice};

/// A module that was looked into.
#[derive(Debug)]
pub struct Inspected {
    pub path: PathBuf,
    pub inspection: Inspection,
    /// A source that was changed after the module was built.
    pub newer: Option<PathBuf>,
}

/// What a bundle asks more than another version of it, and what less.
#[derive(Debug)]
pub struct BundleChange {
    pub added: Vec<Ask>,
    pub removed: Vec<Ask>,
    pub digests: (Digest, Digest),
}

/// Looks into a module: one of the program, a file, or the folder of a phase.
pub fn inspect(module: &std::path::Path, machine: &Machine) -> Result<Inspected, Error> {
    let built = BuiltModule::typed(module, machine.builtin)?;
    let inspection = Inspection::read(&built.bytes)
        .map_err(|why| Error::Usage(format!("{} can't be inspected: {why}", built.path.display())))?;
    Ok(Inspected { path: built.path, inspection, newer: built.newer })
}

/// Compares two versions of a module.
pub fn module_change(old: &Inspected, new: &Inspected) -> ModuleChange {
    ModuleChange::between(&old.inspection, &new.inspection)
}

/// Compares what two versions of a bundle ask, in words. An ask in other words counts as a new one: a person has to look at it.
pub fn bundle_change(old: &BundleChoices, new: &BundleChoices, machine: &Machine) -> Result<BundleChange, Error> {
    // Nobody has to have consented for a look.
    let machine = Machine { operator: OperatorChoice::Found, ..machine.clone() };
    let resolved = |choices: &BundleChoices| choices.resolve(&machine).map(|(_, resolved)| resolved);
    let (old, new) = (resolved(old)?, resolved(new)?);
    let words = |resolved: &Resolved| asks(resolved).into_iter().collect::<BTreeSet<Ask>>();
    let (before, after) = (words(&old), words(&new));
    Ok(BundleChange {
        added: after.difference(&before).cloned().collect(),
        removed: before.difference(&after).cloned().collect(),
        digests: (old.digest, new.digest),
    })
}

//! Planning a run: what it would do, without doing any of it.

use holdpoint_bundle::Plan;

use crate::{BundleChoices, Error, Machine};

/// Plans a run of a bundle. Nothing is contacted, and what the operator does not allow is told and refuses nothing.
pub fn plan(choices: &BundleChoices, machine: &Machine) -> Result<Plan, Error> {
    let (sources, resolved) = choices.resolve(machine)?;
    Ok(Plan::of(&resolved, sources.operator.as_ref())?)
}

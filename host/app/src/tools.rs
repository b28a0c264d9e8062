//! The team's own tools: what the operator's file pins, and how this machine starts them.

use std::collections::BTreeMap;
use std::sync::Arc;

use holdpoint_bundle::{ToolBinding, ToolNetwork, Verified, VerifiedPhase};
use holdpoint_cap_exec::{ExecBackend, Layer, Machine, Network, Tool};
use holdpoint_cap_secret::RunVault;
use holdpoint_gate::{Scrubber, Unscrubbed, Vault as _};
use holdpoint_model::grant::{Grants, ToolName};
use holdpoint_supervise::Supervisor;

/// Shorter values are found in too many places by chance.
const SHORTEST_SECRET: usize = 8;

/// Starts the tools that a phase is granted. What they inherit is known to the vault from now on.
pub(crate) fn backend(verified: &Verified, grants: &Grants, vault: &Arc<RunVault>) -> Result<ExecBackend, String> {
    for (_, binding) in granted(verified, grants) {
        for (variable, value) in inherited(binding).into_iter().filter(|(_, value)| value.len() >= SHORTEST_SECRET) {
            vault.hide(&variable, &value);
        }
    }
    make(verified, grants, vault.clone())
}

/// Whether the pins of a phase's tools can be used. Whether a program is there and is the pinned one is seen when it is started: that a
/// tool is missing is a finding of the phase that asks for it.
pub(crate) fn probe(verified: &Verified, phase: &VerifiedPhase) -> Result<(), String> {
    make(verified, &phase.grants, Arc::new(Unscrubbed)).map(drop)
}

fn granted<'v>(verified: &'v Verified, grants: &Grants) -> impl Iterator<Item = (&'v ToolName, &'v ToolBinding)> {
    verified.tools.iter().filter(|(name, _)| grants.exec.iter().any(|grant| grant.covers(name)))
}

fn make(verified: &Verified, grants: &Grants, scrubber: Arc<dyn Scrubber>) -> Result<ExecBackend, String> {
    let tools = granted(verified, grants).map(|(name, binding)| (name.clone(), pinned(binding))).collect();
    ExecBackend::new(machine(scrubber), tools, &grants.files).map_err(|error| error.to_string())
}

fn machine(scrubber: Arc<dyn Scrubber>) -> Machine {
    Machine { supervisor: Supervisor::of_this_program(), scratch: std::env::temp_dir(), scrubber }
}

fn pinned(binding: &ToolBinding) -> Tool {
    let default = Tool::new(&binding.program);
    let mut environment: BTreeMap<String, String> = inherited(binding).into_iter().collect();
    environment.extend(binding.environment.clone());
    Tool {
        sha256: binding.sha256,
        arguments: binding.arguments.clone(),
        directory: binding.directory.clone(),
        writes: binding.writes,
        environment: environment.into_iter().collect(),
        network: match binding.network {
            ToolNetwork::None => Network::None,
            ToolNetwork::Loopback => Network::Loopback,
            ToolNetwork::Full => Network::Full,
        },
        deadline: binding.deadline.unwrap_or(default.deadline),
        output: binding.output.unwrap_or(default.output),
        read: binding.read.clone(),
        write: binding.write.clone(),
        processes: binding.processes.unwrap_or(default.processes),
        memory: binding.memory.unwrap_or(default.memory),
        require: binding.require.iter().filter_map(|layer| Layer::parse(layer.0)).collect(),
        without: binding.without.iter().filter_map(|layer| Layer::parse(layer.0)).collect(),
        program: default.program,
    }
}

/// The variables that a tool gets of the host's, as far as they are set.
fn inherited(binding: &ToolBinding) -> Vec<(String, String)> {
    #[expect(clippy::disallowed_methods, reason = "the operator's file names the variables")]
    let value = |name: &String| std::env::var(name).ok();
    binding.inherit.iter().filter_map(|name| Some((name.clone(), value(name)?))).collect()
}

#[cfg(test)]
mod tests {
    use holdpoint_bundle::ToolLayer;

    use super::*;

    #[test]
    fn every_layer_that_an_operator_can_require_is_one() {
        // One that was not would be required in vain.
        let layers: Vec<&str> = Layer::ALL.into_iter().map(Layer::word).collect();
        assert_eq!(layers, ToolLayer::WORDS);
        // And one that was not would be applied all the same, which is the safer mistake.
        assert!(ToolLayer::GIVEN_UP.into_iter().all(|word| layers.contains(&word)));
    }
}

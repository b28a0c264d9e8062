//! `holdpoint check`

use holdpoint_app::Machine;

use crate::{bundle_args::BundleArguments, exit_code::Exit, terminal};

/// Finds every mistake of a bundle that can be found without acting
///
/// Reads the bundle, its checklist and the operator's file, fills the inputs, looks into every module and compiles it, and compares what
/// is asked with what is allowed. All mistakes are listed at once.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  holdpoint check my-bundle")]
pub(crate) struct Arguments {
    #[command(flatten)]
    bundle: BundleArguments,
}

pub(crate) fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let verified = holdpoint_app::check(&arguments.bundle.choices(machine), machine)?;
    let phases: Vec<&str> = verified.phases.iter().map(|phase| phase.id.as_str()).collect();
    let (name, version, environment) = (&verified.name, &verified.version, &verified.environment.name);
    terminal::out(&format!(
        "{name} {version} · environment {environment} · {}\nphases {}\nnothing is wrong with it, and everything that it asks for is allowed",
        verified.digest,
        phases.join(", ")
    ));
    Ok(Exit::Done)
}

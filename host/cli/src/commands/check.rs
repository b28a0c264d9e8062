//! `holdpoint check`

use holdpoint_app::{Late, Machine};

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
    let allowed = holdpoint_app::check(&arguments.bundle.choices(machine), machine)?;
    let verified = allowed.so_far();
    let phases: Vec<&str> = verified.phases.iter().map(|phase| phase.id.as_str()).collect();
    let (name, version, environment) = (&verified.name, &verified.version, &verified.environment.name);
    let asked = allowed.late().map_or(String::new(), |late| format!("{}\n", later(late)));
    terminal::out(&format!(
        "{name} {version} · environment {environment} · {}\nphases {}\n{asked}nothing is wrong with it, and everything that it asks for is allowed",
        verified.digest,
        phases.join(", ")
    ));
    terminal::warn(&holdpoint_app::closed_services(verified, machine));
    if let Some(why) = allowed.late().and_then(|_| holdpoint_app::why_not(&verified.gcloud)) {
        terminal::say(&format!("warning: Cloud Run can't be asked from here: {why}"));
    }
    Ok(Exit::Done)
}

fn later(late: &Late) -> String {
    let names: Vec<&str> = late.services.iter().map(|service| service.name.as_str()).collect();
    format!("the URLs of {} are asked of Cloud Run when the run begins", names.join(", "))
}

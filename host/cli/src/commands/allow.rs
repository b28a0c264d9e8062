//! `holdpoint allow`

use std::io::{IsTerminal as _, Write as _};

use holdpoint_app::Machine;

use crate::{bundle_args::BundleArguments, exit_code::Exit, terminal};

/// Shows what a bundle asks for, and writes it into the operator's file
///
/// The entry holds exactly what is asked now. A bundle that asks for more later is refused with the difference.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint allow my-bundle
  holdpoint allow my-bundle --yes --operator ci/holdpoint.toml")]
pub(crate) struct Arguments {
    #[command(flatten)]
    bundle: BundleArguments,

    /// Write without asking
    #[arg(long)]
    yes: bool,
}

pub(crate) fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let allowance = holdpoint_app::allow(&arguments.bundle.choices(machine), machine)?;
    terminal::out(&allowance.asks.join("\n"));
    terminal::warn(&allowance.closed);
    let path = allowance.path.display();
    if allowance.is_there() {
        terminal::say(&format!("\n{path} allows this already"));
        return Ok(Exit::Done);
    }
    if !arguments.yes && !consents(&format!("\nallow this in {path}? [y/N] "))? {
        terminal::say("nothing was written; pass --yes to write without being asked");
        return Ok(Exit::Usage);
    }
    allowance.write()?;
    terminal::say(&format!("written to {path}"));
    Ok(Exit::Done)
}

/// Asks a person. Where nobody can answer, the answer is no.
fn consents(question: &str) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    write!(std::io::stderr().lock(), "{question}")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

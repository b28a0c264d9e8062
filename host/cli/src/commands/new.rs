//! `holdpoint new`

use std::path::PathBuf;

use clap::Subcommand;
use holdpoint_app::scaffold::{self, Choices};

use crate::{exit_code::Exit, terminal};

/// Makes a phase or a bundle that builds and tests at once
///
/// Nothing that exists is overwritten, and nothing is built: the commands that do are printed.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint new phase hello
  holdpoint new bundle shop-staging")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A phase: a project of its own, or one more phase of the bundle around it
    ///
    /// A project of its own has a bundle that runs the phase. In a bundle that `new bundle` made, the phase comes to lie in phases/NAME,
    /// and is added to Cargo.toml, bundle.toml and the checklist.
    #[command(after_help = "Examples:
  holdpoint new phase hello                          ./hello, or phases/hello of the bundle around here
  holdpoint new phase hello --path work/hello
  holdpoint new phase hello --sdk ../holdpoint       with the SDK of a checkout, not the one within the program")]
    Phase(New),
    /// A bundle: an environment with a service, a checklist, and a workspace of phases with one in it
    #[command(after_help = "Examples:
  holdpoint new bundle shop-staging
  cd shop-staging && holdpoint new phase login")]
    Bundle(New),
}

#[derive(clap::Args)]
struct New {
    /// The name: a letter, then a-z, 0-9 and -
    #[arg(value_name = "NAME")]
    name: String,

    /// The new folder [default: named as the phase or bundle]
    #[arg(long, value_name = "DIR")]
    path: Option<PathBuf>,

    /// The SDK to build with [default: that of the checkout around it, or the sources within the program, written to sdk/]
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,
}

impl From<New> for Choices {
    fn from(New { name, path, sdk }: New) -> Self {
        Self { name, path, sdk }
    }
}

pub(crate) fn execute(arguments: Arguments) -> anyhow::Result<Exit> {
    let draft = match arguments.what {
        What::Phase(new) => scaffold::phase(&new.into()),
        What::Bundle(new) => scaffold::bundle(&new.into()),
    };
    let written = draft.and_then(scaffold::Draft::write).map_err(holdpoint_app::Error::from)?;
    for path in &written.files {
        terminal::out(&path.display().to_string());
    }
    for path in &written.changed {
        terminal::say(&format!("changed {}", path.display()));
    }
    terminal::say("next:");
    for command in &written.next {
        terminal::say(&format!("  {command}"));
    }
    Ok(Exit::Done)
}

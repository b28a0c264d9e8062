//! `holdpoint new`

use std::path::PathBuf;

use clap::Subcommand;
use holdpoint_app::{
    CloudPlace, Machine,
    scaffold::{self, Choices},
};

use crate::{exit_code::Exit, terminal};

/// Makes a phase, a policy, virtual users or a bundle that build and test at once
///
/// Nothing that exists is overwritten, and nothing is built: the commands that do are printed.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint new phase hello
  holdpoint new policy calm
  holdpoint new bundle shop-staging
  holdpoint new bundle shop-staging --from-gcloud
  cd shop-staging && holdpoint new user shopper")]
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
    /// A policy: a project of its own, or one more module of the bundle around it
    ///
    /// It judges what runs have seen, and can do nothing else. In a bundle that `new bundle` made, it comes to lie in policies/NAME, and is added to
    /// Cargo.toml, bundle.toml and the checklist.
    #[command(after_help = "Examples:
  holdpoint new policy calm                          ./calm, or policies/calm of the bundle around here")]
    Policy(New),
    /// Virtual users of a load: one more module of the bundle around it
    ///
    /// It comes to lie in users/NAME of a bundle that `new bundle` made, and is added to Cargo.toml and bundle.toml. A load makes users of it
    /// once the grant of load of some phase names it.
    #[command(after_help = "Examples:
  cd shop-staging && holdpoint new user shopper")]
    User(New),
    /// A bundle: an environment with a service, a checklist, and a workspace of phases with one in it
    ///
    /// With --from-gcloud it has the services that run in a project of Google Cloud, and a phase that asks for their health. gcloud is
    /// asked as the operator's file says, once, for the list of services.
    #[command(after_help = "Examples:
  holdpoint new bundle shop-staging
  cd shop-staging && holdpoint new phase login
  holdpoint new bundle shop-staging --from-gcloud --project shop-staging --region us-central1")]
    Bundle(NewBundle),
}

#[derive(clap::Args)]
struct NewBundle {
    #[command(flatten)]
    new: New,

    /// With the services of Cloud Run that gcloud lists
    #[arg(long, conflicts_with = "sdk")]
    from_gcloud: bool,

    /// Where those are [default: the project that gcloud is set to]
    #[arg(long, value_name = "PROJECT", requires = "from_gcloud")]
    project: Option<String>,

    /// Where those are [default: the region that all of them are in]
    #[arg(long, value_name = "REGION", requires = "from_gcloud")]
    region: Option<String>,
}

#[derive(clap::Args)]
struct New {
    /// The name: a letter, then a-z, 0-9 and -
    #[arg(value_name = "NAME")]
    name: String,

    /// The new folder [default: named as it is]
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

pub(crate) async fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let draft = match arguments.what {
        What::Phase(new) => scaffold::phase(&new.into()).map_err(holdpoint_app::Error::from)?,
        What::Policy(new) => scaffold::policy(&new.into()).map_err(holdpoint_app::Error::from)?,
        What::User(new) => scaffold::user(&new.into()).map_err(holdpoint_app::Error::from)?,
        What::Bundle(NewBundle { new, from_gcloud: true, project, region }) => {
            holdpoint_app::bundle_from_gcloud(&new.into(), &CloudPlace { project, region }, machine).await?
        }
        What::Bundle(NewBundle { new, .. }) => scaffold::bundle(&new.into()).map_err(holdpoint_app::Error::from)?,
    };
    let written = draft.write().map_err(holdpoint_app::Error::from)?;
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

//! `holdpoint cancel`

use holdpoint_app::{Machine, RunRef};
use holdpoint_model::parse_reason;

use super::{Output, run::shown};
use crate::{exit_code::Exit, terminal};

/// Ends a run for good
///
/// A run that is being worked on is stopped: effects under way end and are recorded, what did not run is skipped, and the run gets the
/// decision that follows, which is never a release. So does a run that was interrupted. Exits with 0 when the run is cancelled;
/// `holdpoint run` exits with the decision. To stop a run and go on later, interrupt it instead.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint cancel 01KB --reason 'the image is the wrong one'
  holdpoint cancel last")]
pub(crate) struct Arguments {
    /// The run: its id, the beginning or the end of it, or `last`
    run: RunRef,

    /// Why, in one line
    #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
    reason: Option<String>,

    /// What stdout gets
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) async fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let cancelled = holdpoint_app::cancel(&arguments.run, &arguments.reason.unwrap_or_default(), machine).await?;
    terminal::out(&shown(&cancelled.report, machine, arguments.output));
    terminal::say(&format!("run {} is cancelled", cancelled.run));
    Ok(Exit::Done)
}

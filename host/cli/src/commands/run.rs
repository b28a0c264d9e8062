//! `holdpoint run`

use holdpoint_app::{Machine, RunChoices};
use holdpoint_report::{Report, render};

use super::Output;
use crate::{bundle_args::BundleArguments, exit_code::Exit, live, terminal};

/// Runs a bundle to its decision
///
/// Progress goes to stderr, the result to stdout. Everything is recorded as it happens: a run that was stopped, in whatever way, goes on
/// with `holdpoint resume`.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint run scripts/bundles/netra-staging --set config=../app/config
  holdpoint run scripts/bundles/netra-staging --only health --service backend=https://netra-backend-staging-x7.a.run.app
  holdpoint run scripts/bundles/netra-staging --dry-run     refuses every effect and shows it")]
pub(crate) struct Arguments {
    #[command(flatten)]
    bundle: BundleArguments,

    /// Refuse every call that is not a read, and show it
    #[arg(long)]
    dry_run: bool,

    /// What stdout gets; with json its last line is one object with "decision", "failed" and "rows"
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) async fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let choices = RunChoices { bundle: arguments.bundle.choices(machine), dry_run: arguments.dry_run };
    let display = live::Display::start();
    let started = holdpoint_app::run(&choices, machine, Some(display.events())).await?;
    let result = started.finish(machine, live::on_interrupt()).await;
    display.end().await;
    Ok(conclude(&result?, arguments.output))
}

/// Shows the report of a run that has ended.
pub(super) fn conclude(report: &Report, output: Output) -> Exit {
    match output {
        Output::Text => terminal::out(&render::terminal(report, terminal::style(), false)),
        Output::Json => {
            terminal::out(&render::json(report));
            terminal::out(&render::summary_line(report));
        }
    }
    // A run that was driven to its end has a decision; without one nothing may pass.
    report.decision.map_or(Exit::Fault, Exit::Decided)
}

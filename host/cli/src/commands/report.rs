//! `holdpoint report`

use clap::ValueEnum;
use holdpoint_app::{Machine, RunRef};
use holdpoint_report::render;

use crate::{exit_code::Exit, terminal};

/// Renders the report of a run, from its journal alone
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint report                              the newest run, for reading
  holdpoint report last --format junit > junit.xml
  holdpoint report run.db --format json | jq .rows")]
pub(crate) struct Arguments {
    /// The run: its id, the beginning or the end of it, `last`, or a file
    #[arg(default_value = "last")]
    run: RunRef,

    /// The form
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    /// With every row of the checklist that is not off (terminal only)
    #[arg(long)]
    full: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Terminal,
    Json,
    Junit,
    /// What a replay must reproduce, byte for byte
    Body,
}

pub(crate) fn execute(arguments: &Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let report = holdpoint_app::report_of(&arguments.run, machine)?.report;
    terminal::out(&match arguments.format {
        Format::Terminal => render::terminal(&report, terminal::style(), arguments.full),
        Format::Json => render::json(&report),
        Format::Junit => render::junit(&report),
        Format::Body => report.body(),
    });
    Ok(Exit::Done)
}

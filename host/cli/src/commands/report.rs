//! `holdpoint report`

use std::{ffi::OsString, io::Write as _, path::Path};

use anyhow::anyhow;
use clap::ValueEnum;
use holdpoint_app::{Machine, RunRef};
use holdpoint_report::{Report, render};

use crate::{exit_code::Exit, terminal};

/// Renders the report of a run, from its journal alone
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint report                              the newest run, for reading
  holdpoint report --format html > report.html
  holdpoint report last --format junit > junit.xml
  holdpoint report last --format lessons > lessons.md
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

    /// Append the summary to this file instead of printing it (github only)
    #[arg(long, value_name = "FILE", env = "GITHUB_STEP_SUMMARY", hide_env_values = true)]
    summary: Option<OsString>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Format {
    #[default]
    Terminal,
    /// One page that opens without a network
    Html,
    Json,
    /// One test case for every row of the checklist that is not off
    Junit,
    /// Annotations of a GitHub Actions job, and the summary of its step
    Github,
    /// A draft of lessons learned in Markdown, for people to fill in
    Lessons,
    /// What a replay must reproduce, byte for byte
    Body,
}

pub(crate) fn execute(arguments: &Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let report = holdpoint_app::report_of(&arguments.run, machine)?.report;
    terminal::out(&match arguments.format {
        Format::Terminal => render::terminal(&report, terminal::style(), arguments.full),
        Format::Html => render::html(&report),
        Format::Json => render::json(&report),
        Format::Junit => render::junit(&report),
        Format::Github => github(&report, arguments.summary.as_deref().filter(|file| !file.is_empty()).map(Path::new))?,
        Format::Lessons => render::lessons(&report),
        Format::Body => report.body(),
    });
    Ok(Exit::Done)
}

/// What standard output gets. The summary goes to its file if there is one; a step may write to it more than once.
fn github(report: &Report, summary: Option<&Path>) -> anyhow::Result<String> {
    let github = render::github(report);
    let Some(file) = summary else { return Ok(github.whole()) };
    std::fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(file)
        .and_then(|mut file| file.write_all(github.summary.as_bytes()))
        .map_err(|e| anyhow!("the summary could not be appended to {}: {e}", file.display()))?;
    Ok(github.annotations)
}

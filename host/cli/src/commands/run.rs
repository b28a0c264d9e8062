//! `holdpoint run`

use std::path::PathBuf;

use holdpoint_app::{Late, Machine, RetryChoices, RunChoices, RunRef};
use holdpoint_model::{PhaseId, Scale};
use holdpoint_report::{Report, render};

use super::Output;
use crate::{bundle_args::BundleChoiceArguments, exit_code::Exit, live, screen::Screen, terminal};

/// Runs a bundle to its decision
///
/// Progress goes to stderr, the result to stdout, and a page for reading, report.html, into the folder of the run. Everything is recorded as it happens: a run that was stopped, in whatever way, goes on
/// with `holdpoint resume`.
///
/// A bundle may be decided in stages. The run ends with the decision of the first one; `holdpoint resume` begins the next. What can't release
/// anything, as --only, --dry-run and --scale, is decided as a whole.
///
/// With --retry a part of a run is done again as a new run: from the phase of --from on, with what needs it and what did not complete. What
/// else completed is taken over. Bundle, modules and choices are those of the run; the operator's file is that of today.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint run my-bundle
  holdpoint run my-bundle --only health                     only the phase health; never a release
  holdpoint run my-bundle --dry-run                         refuses every effect and shows it
  holdpoint run my-bundle --only monitor --scale 1440       rehearses a day of watching in a minute and what the looks take
  holdpoint run --retry last --from health                  does health and what needs it again

With the inputs of a bundle, and with services that are elsewhere than where Cloud Run says:
  holdpoint run scripts/bundles/netra-staging --set config=../app/config --set source=../app \\
    --set client-id=ID --set redirect-uri=URL \\
    --service backend=URL --service auth=URL --service frontend=URL")]
pub(crate) struct Arguments {
    /// The bundle: its folder, or its bundle.toml
    #[arg(value_name = "BUNDLE", required_unless_present = "retry")]
    bundle: Option<PathBuf>,

    #[command(flatten)]
    choices: BundleChoiceArguments,

    /// Refuse every call that is not a read, and show it
    #[arg(long)]
    dry_run: bool,

    /// Go on to the end of this stage, if those before come to a release. Without it the run ends with its first stage; --only, --dry-run and --scale are decided as a whole
    #[arg(long, value_name = "STAGE", conflicts_with_all = ["only", "dry_run", "scale"])]
    through: Option<String>,

    /// Rehearse: have waits pass so many times faster, 2 to 100000. What is done between them takes its time. Never a release
    #[arg(long, value_name = "TIMES")]
    scale: Option<Scale>,

    /// Do a part of this run again: its id, the beginning or the end of it, `last`, or a file
    #[arg(long, value_name = "RUN", requires = "from",
          conflicts_with_all = ["bundle", "env", "only", "set", "inputs", "service", "modules", "dry_run", "through", "scale"])]
    retry: Option<RunRef>,

    /// The first phase that is done again
    #[arg(long, value_name = "PHASE", requires = "retry")]
    from: Option<PhaseId>,

    /// What stdout gets; with json its last line is one object with "decision", "failed" and "rows"
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) async fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let display = live::Display::start(&Screen::new());
    let events = Some(display.events());
    let started = match (arguments.bundle, arguments.retry.zip(arguments.from)) {
        (_, Some((run, from))) => holdpoint_app::retry(&RetryChoices { run, from }, machine, events).await?,
        (Some(bundle), None) => {
            let choices = RunChoices {
                bundle: arguments.choices.of(bundle, machine),
                dry_run: arguments.dry_run,
                through: arguments.through,
                scale: arguments.scale,
            };
            holdpoint_app::run(&choices, machine, events, asking).await?
        }
        (None, None) => anyhow::bail!("name a bundle, or a run with --retry RUN --from PHASE"),
    };
    let result = started.finish(machine, live::on_interrupt()).await;
    display.end().await;
    Ok(conclude(&result?, machine, arguments.output))
}

/// Says that Cloud Run is asked, which takes a moment.
fn asking(late: &Late) {
    let names: Vec<&str> = late.services.iter().map(|service| service.name.as_str()).collect();
    let region = late.region.as_ref().map_or(String::new(), |region| format!(", {region}"));
    terminal::say(&format!("asking Cloud Run in {}{region} for the URLs of {}", late.project, names.join(", ")));
}

/// Shows the report of a run that has ended; its decision is the exit code.
pub(super) fn conclude(report: &Report, machine: &Machine, output: Output) -> Exit {
    terminal::out(&shown(report, machine, output));
    decided(report)
}

/// The exit code of a run that has ended.
pub(super) fn decided(report: &Report) -> Exit {
    // A run that was driven to its end has a decision; without one nothing may pass.
    report.decision.map_or(Exit::Fault, Exit::Decided)
}

/// What stdout gets of a report, which is left as a page in the run's folder.
pub(super) fn shown(report: &Report, machine: &Machine, output: Output) -> String {
    let page = write_page(report, machine);
    match output {
        Output::Text => {
            let text = render::terminal(report, terminal::style(), false);
            let page = page.map(|page| format!(" · report: {}", page.display())).unwrap_or_default();
            format!("{}{page}", text.trim_end())
        }
        Output::Json => format!("{}\n{}", render::json(report).trim_end(), render::summary_line(report)),
    }
}

/// A page that could not be written changes nothing: it can be made from the journal again.
fn write_page(report: &Report, machine: &Machine) -> Option<PathBuf> {
    let path = machine.runs.join(report.header.as_ref()?.run.as_str()).join("report.html");
    match std::fs::write(&path, render::html(report)) {
        Ok(()) => Some(path),
        Err(e) => {
            let path = path.display();
            terminal::say(&format!(
                "warning: {path} could not be written: {e}; `holdpoint report --format html` makes it"
            ));
            None
        }
    }
}

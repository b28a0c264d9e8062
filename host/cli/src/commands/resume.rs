//! `holdpoint resume`

use holdpoint_app::{Machine, RunRef, RunState};

use super::{Output, run::conclude};
use crate::{exit_code::Exit, live, terminal};

/// Goes on with a run that was interrupted
///
/// What is recorded is not done again. An effect whose answer was lost is looked up first.
///
/// A bundle may be decided in stages: what is released in minutes, and what a day shows. A run ends with the decision of each stage, and this begins the
/// next one. --all takes up runs that were interrupted, and begins no stage.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint resume              the newest run that was interrupted
  holdpoint resume 01KB         the run whose id begins or ends so
  holdpoint resume last         the newest run: it was interrupted, or has another stage
  holdpoint resume --all        every run that was interrupted, one after another")]
pub(crate) struct Arguments {
    /// The run: its id, or the beginning or the end of it
    run: Option<RunRef>,

    /// Every run that was interrupted
    #[arg(long, conflicts_with = "run")]
    all: bool,

    /// Go on to the end of this stage, if those before come to a release
    #[arg(long, value_name = "STAGE", conflicts_with = "all")]
    through: Option<String>,

    /// What stdout gets
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) async fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let references = match arguments.run {
        Some(run) => vec![run],
        None => {
            let mut interrupted = interrupted(machine);
            if interrupted.is_empty() {
                terminal::say(&format!("no run in {} was interrupted{}", machine.runs.display(), to_come(machine)));
                return Ok(Exit::Done);
            }
            if arguments.all { interrupted } else { vec![interrupted.pop().unwrap_or_default()] }
        }
    };
    let mut last = Exit::Done;
    for reference in references {
        last = resume(&reference, arguments.through.as_deref(), (machine, arguments.output)).await?;
    }
    Ok(last)
}

/// The newest run that has another stage, which nobody begins without being told to.
fn to_come(machine: &Machine) -> String {
    let found = holdpoint_app::runs(machine).into_iter().rev().find_map(|(run, summary)| match summary.ok()?.state {
        RunState::Between { next, .. } => {
            Some(format!("; run {run} has stage `{next}` to come: holdpoint resume {run}"))
        }
        _ => None,
    });
    found.unwrap_or_default()
}

fn interrupted(machine: &Machine) -> Vec<RunRef> {
    let runs = holdpoint_app::runs(machine).into_iter();
    runs.filter(|(_, summary)| summary.as_ref().is_ok_and(|summary| summary.state == RunState::Interrupted))
        .map(|(run, _)| RunRef::Id(run.to_string()))
        .collect()
}

async fn resume(
    reference: &RunRef,
    stage: Option<&str>,
    (machine, output): (&Machine, Output),
) -> anyhow::Result<Exit> {
    let display = live::Display::start();
    let resumed = holdpoint_app::resume(reference, stage, machine, Some(display.events())).await?;
    let run = resumed.run.clone();
    terminal::say(&format!("run {run} goes on"));
    let result = resumed.finish(machine, live::on_interrupt()).await;
    display.end().await;
    Ok(conclude(&result?, machine, output))
}

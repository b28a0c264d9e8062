//! `holdpoint resume`

use holdpoint_app::{Cancel, Error, Machine, RunRef, RunState, RunSummary};

use super::{Output, run::conclude};
use crate::{
    exit_code::{self, Exit},
    live, terminal,
};

/// Goes on with a run that was interrupted
///
/// What is recorded is not done again. An effect whose answer was lost is looked up first.
///
/// A bundle may be decided in stages: what is released in minutes, and what a day shows. A run ends with the decision of each stage, and this begins the
/// next one. --all takes up runs that were interrupted, one after another whatever the others come to, and begins no stage; it exits with the code that
/// most needs somebody: interrupted, a failed machine, a mistake, then the decisions from a failed rollback to a release. Where nothing was interrupted
/// it exits with 0; without --all that is a mistake, with 2.
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
    let (through, shown) = (arguments.through.as_deref(), (machine, arguments.output));
    if let Some(run) = arguments.run {
        return resume(&run, through, shown, live::on_interrupt()).await;
    }
    let mut interrupted = interrupted(machine, arguments.all);
    if arguments.all && !interrupted.is_empty() {
        return Ok(all(&interrupted, shown).await);
    }
    match interrupted.pop() {
        Some(newest) => resume(&newest, through, shown, live::on_interrupt()).await,
        None => {
            let nothing = format!("no run in {} was interrupted{}", machine.runs.display(), to_come(machine));
            // Whoever wants one run gone on with is not to take its absence for a release.
            if !arguments.all {
                return Err(Error::Usage(nothing).into());
            }
            terminal::say(&nothing);
            Ok(Exit::Done)
        }
    }
}

/// Takes up one after another. One that can't be gone on with keeps no other from it; whoever interrupts means all.
async fn all(runs: &[RunRef], shown: (&Machine, Output)) -> Exit {
    // Also an interrupt that comes between two.
    let cancel = live::on_interrupt();
    let mut exits = Vec::new();
    for run in runs {
        let exit = resume(run, None, shown, cancel.clone()).await.unwrap_or_else(|error| {
            terminal::error(&error);
            exit_code::of_error(&error)
        });
        exits.push(exit);
        if exit == Exit::Interrupted {
            break;
        }
    }
    exit_code::gravest(exits)
}

/// The newest run that has another stage, which nobody begins without being told to.
fn to_come(machine: &Machine) -> String {
    let found = holdpoint_app::runs(machine).into_iter().rev().find_map(|(run, summary)| {
        let summary = summary.ok().filter(|summary| !summary.handed_over)?;
        match summary.state {
            RunState::Between { next, .. } => {
                Some(format!("; run {run} has stage `{next}` to come: holdpoint resume {run}"))
            }
            _ => None,
        }
    });
    found.unwrap_or_default()
}

/// The runs that were interrupted, oldest first. Where all are meant, those too of which nobody can tell: what can't be read is told of, and not passed
/// over as if there were nothing to do.
fn interrupted(machine: &Machine, all: bool) -> Vec<RunRef> {
    let is_meant = |summary: &Result<RunSummary, Error>| match summary {
        Ok(summary) => summary.state == RunState::Interrupted,
        Err(error) => all && !error.is_not_begun(),
    };
    let runs = holdpoint_app::runs(machine).into_iter();
    runs.filter(|(_, summary)| is_meant(summary)).map(|(run, _)| RunRef::Id(run.to_string())).collect()
}

async fn resume(
    reference: &RunRef,
    stage: Option<&str>,
    (machine, output): (&Machine, Output),
    cancel: Cancel,
) -> anyhow::Result<Exit> {
    let display = live::Display::start();
    let resumed = holdpoint_app::resume(reference, stage, machine, Some(display.events())).await?;
    let run = resumed.run.clone();
    terminal::say(&format!("run {run} goes on"));
    if resumed.imported {
        terminal::say(
            "it came from another machine: what servers handed out there to log in with is not here, so whoever asks with it is told to log in again",
        );
    }
    let result = resumed.finish(machine, cancel).await;
    display.end().await;
    Ok(conclude(&result?, machine, output))
}

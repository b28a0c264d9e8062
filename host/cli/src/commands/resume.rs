//! `holdpoint resume`

mod all;
mod side_by_side;

use clap::value_parser;
use holdpoint_app::{Cancel, Error, Machine, RunRef, RunState, RunSummary};
use holdpoint_model::RunId;
use holdpoint_report::Report;

use self::all::all;
use super::{Output, run::conclude};
use crate::{exit_code::Exit, live, screen::Screen, terminal};

/// How many runs go on at once, if nobody says. Each has an engine, a journal and sockets of its own.
const JOBS: u16 = 8;
/// The most that anybody may say.
const MOST_JOBS: i64 = 64;

/// Goes on with a run that was interrupted
///
/// What is recorded is not done again. An effect whose answer was lost is looked up first.
///
/// A bundle may be decided in stages: what is released in minutes, and what a day shows. A run ends with the decision of each stage, and this begins the
/// next one. --all takes up runs that were interrupted, side by side whatever the others come to, and begins no stage. Each line then begins with the
/// end of its run's id, and each report is printed as its run ends. One interrupt ends all. It exits with the code that most needs somebody:
/// interrupted, a failed machine, a mistake, then the decisions from a failed rollback to a release. Where nothing was interrupted it exits with 0;
/// without --all that is a mistake, with 2.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint resume              the newest run that was interrupted
  holdpoint resume 01KB         the run whose id begins or ends so
  holdpoint resume last         the newest run: it was interrupted, or has another stage
  holdpoint resume --all        every run that was interrupted, side by side")]
pub(crate) struct Arguments {
    /// The run: its id, or the beginning or the end of it
    run: Option<RunRef>,

    /// Every run that was interrupted
    #[arg(long, conflicts_with = "run")]
    all: bool,

    /// So many of them at once, 1 to 64, the oldest first; the others wait until one has ended
    #[arg(long, value_name = "N", requires = "all", conflicts_with = "run", default_value_t = JOBS, value_parser = value_parser!(u16).range(1..=MOST_JOBS))]
    jobs: u16,

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
        return alone(&run, through, shown).await;
    }
    let mut interrupted = interrupted(machine, arguments.all);
    if arguments.all && interrupted.len() > 1 {
        return Ok(all(interrupted, usize::from(arguments.jobs), shown).await);
    }
    match interrupted.pop() {
        Some(newest) => alone(&RunRef::Id(newest.to_string()), through, shown).await,
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
fn interrupted(machine: &Machine, all: bool) -> Vec<RunId> {
    let is_meant = |summary: &Result<RunSummary, Error>| match summary {
        Ok(summary) => summary.state == RunState::Interrupted,
        Err(error) => all && !error.is_not_begun(),
    };
    let runs = holdpoint_app::runs(machine).into_iter();
    runs.filter(|(_, summary)| is_meant(summary)).map(|(run, _)| run).collect()
}

/// Goes on with one run alone, and shows its report.
async fn alone(run: &RunRef, stage: Option<&str>, (machine, output): (&Machine, Output)) -> anyhow::Result<Exit> {
    let report = resume(run, stage, machine, (&Screen::new(), live::on_interrupt())).await?;
    Ok(conclude(&report, machine, output))
}

/// Goes on with a run to its report.
async fn resume(
    run: &RunRef,
    stage: Option<&str>,
    machine: &Machine,
    (screen, cancel): (&Screen, Cancel),
) -> anyhow::Result<Report> {
    let display = live::Display::start(screen);
    let resumed = holdpoint_app::resume(run, stage, machine, Some(display.events())).await?;
    screen.say(&format!("run {} goes on", resumed.run));
    if resumed.imported {
        screen.say(
            "it came from another machine: what servers handed out there to log in with is not here, so whoever asks with it is told to log in again",
        );
    }
    let result = resumed.finish(machine, cancel).await;
    display.end().await;
    Ok(result?)
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    #[test]
    fn how_many_go_on_at_once_has_bounds_and_is_said_of_all_alone() {
        let is_taken = |typed: &str| {
            let words = ["holdpoint", "resume"].into_iter().chain(typed.split_whitespace());
            crate::Arguments::try_parse_from(words).is_ok()
        };
        for typed in ["", "last", "--all", "--all --jobs 1", "--all --jobs 64"] {
            assert!(is_taken(typed), "{typed}");
        }
        for typed in ["--jobs 2", "last --jobs 2", "--all --jobs 0", "--all --jobs 65", "--all last"] {
            assert!(!is_taken(typed), "{typed}");
        }
    }
}

//! `holdpoint import`

use std::path::PathBuf;

use holdpoint_app::{Imported, Machine, RunState};
use serde_json::json;

use super::Output;
use crate::{exit_code::Exit, terminal};

/// Takes a run's file from another machine, to go on with it here
///
/// The file is one that `holdpoint export` made. Its chain is followed first, and its bundle is verified. The run is then one of this machine: it can
/// be shown, reported, replayed, waived in, done again, and `holdpoint resume` begins its next stage.
///
/// What goes on here is bounded by the operator's file of this machine, and its secrets are read here. The file brings no permission along and no
/// secret; what servers have handed out on the other machine stayed there.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint import 01KBRUN.db       after, on the other machine: holdpoint export 01KB --hand-over
  holdpoint resume 01KB             begins the next stage here")]
pub(crate) struct Arguments {
    /// The file
    file: PathBuf,

    /// What stdout gets
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) async fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let imported = holdpoint_app::import(&arguments.file, machine).await?;
    match arguments.output {
        Output::Text => terminal::out(&text(&imported)),
        Output::Json => terminal::out(&json_line(&imported)),
    }
    if next_stage(&imported).is_some() && !imported.handed_over {
        terminal::say(
            "warning: the run was not handed over, so the other machine could go on with it too; `holdpoint export RUN --hand-over` there keeps it from that",
        );
    }
    if let Some(refusal) = &imported.refusal {
        let what = if next_stage(&imported).is_some() { "it can't go on" } else { "nobody can act on it" };
        terminal::say(&format!("warning: {what} here as it is\n{refusal}"));
    }
    Ok(Exit::Done)
}

fn next_stage(imported: &Imported) -> Option<&str> {
    match &imported.state {
        RunState::Between { next, .. } => Some(next),
        RunState::Running | RunState::Interrupted | RunState::Ended(_) => None,
    }
}

fn text(imported: &Imported) -> String {
    let Imported { run, folder, .. } = imported;
    let next = next_stage(imported).map(|next| format!("; stage {next} comes with: holdpoint resume {run}"));
    format!("run {run} is in {}{}", folder.path().display(), next.unwrap_or_default())
}

fn json_line(imported: &Imported) -> String {
    json!({
        "run": imported.run.as_str(),
        "folder": imported.folder.path(),
        "next_stage": next_stage(imported),
        "handed_over": imported.handed_over,
        "allowed": imported.refusal.is_none(),
        "refusal": imported.refusal,
    })
    .to_string()
}

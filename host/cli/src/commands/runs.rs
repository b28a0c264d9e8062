//! `holdpoint runs`

use holdpoint_app::{Machine, RunState, RunSummary};
use holdpoint_model::RunId;
use serde_json::json;

use super::Output;
use crate::{exit_code::Exit, terminal};

/// Lists the runs of this machine, oldest first
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint runs
  holdpoint runs --output json | jq -r 'select(.state == \"interrupted\").run'")]
pub(crate) struct Arguments {
    /// What stdout gets
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) fn execute(arguments: &Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let runs = holdpoint_app::runs(machine);
    if runs.is_empty() {
        terminal::say(&format!("there are no runs in {}", machine.runs.display()));
    }
    for (run, summary) in runs {
        let line = match (arguments.output, summary) {
            (Output::Text, Ok(summary)) => text(&summary),
            (Output::Text, Err(error)) => format!("{run}  {error}"),
            (Output::Json, Ok(summary)) => json_line(&summary),
            (Output::Json, Err(error)) => unreadable(&run, &error),
        };
        terminal::out(&line);
    }
    Ok(Exit::Done)
}

fn state(state: &RunState) -> &'static str {
    match state {
        RunState::Running => "running",
        RunState::Interrupted => "interrupted",
        RunState::Between { decision, .. } | RunState::Ended(decision) => decision.word(),
    }
}

fn next_stage(state: &RunState) -> Option<&str> {
    match state {
        RunState::Between { next, .. } => Some(next),
        RunState::Running | RunState::Interrupted | RunState::Ended(_) => None,
    }
}

fn text(summary: &RunSummary) -> String {
    let RunSummary { run, started, header, state: at, handed_over } = summary;
    let (bundle, version, environment) = (&header.bundle, &header.bundle_version, &header.environment);
    let again = header.retry.as_ref().map(|retry| format!(" · retry of {}", retry.run)).unwrap_or_default();
    let next = next_stage(at).map(|next| format!(" · stage {next} is to come")).unwrap_or_default();
    let gone = if *handed_over { " · handed over" } else { "" };
    format!("{run}  {started}  {:<12}  {bundle} {version} · {environment}{again}{next}{gone}", state(at))
}

fn json_line(summary: &RunSummary) -> String {
    let header = &summary.header;
    json!({
        "run": summary.run.as_str(),
        "started": summary.started.to_string(),
        "state": state(&summary.state),
        "next_stage": next_stage(&summary.state),
        "handed_over": summary.handed_over,
        "bundle": header.bundle,
        "version": header.bundle_version,
        "environment": header.environment,
        "digest": header.bundle_digest.to_string(),
        "retry_of": header.retry.as_ref().map(|retry| retry.run.as_str()),
    })
    .to_string()
}

fn unreadable(run: &RunId, error: &holdpoint_app::Error) -> String {
    json!({ "run": run.as_str(), "state": "unreadable", "error": error.to_string() }).to_string()
}

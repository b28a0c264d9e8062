//! `holdpoint approve`

use holdpoint_app::{ApproveChoices, Approved, Machine, RunRef};
use holdpoint_model::{ApprovalAnswer, PhaseId, parse_name, parse_reason};
use serde_json::json;

use super::Output;
use crate::{exit_code::Exit, terminal};

/// Lets a phase start that waits for somebody's word, or keeps it from starting
///
/// A phase with [phase.approval] waits before it starts, and so does a rollback with mode = "ask" once something has called for it. The
/// answer is recorded in the run and stands in every report. A run that a host works on goes on at once; one at rest keeps the answer,
/// and it counts when the run is resumed. An answer that comes too early, too late, or a second time is refused. The operator's file says
/// who may answer for which phases: that of the host while one works on the run. With --only and --dry-run nobody is asked.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint approve last cutover --by alice --reason 'two quiet days, REL-12'
  holdpoint approve 01KB cutover --by alice --reason 'p95 is not what it was' --deny
  holdpoint approve last rollback --by bob --reason 'users are told of the errors'

In the operator's file:
  [approvals]
  phases = [\"cutover\", \"rollback\"]
  by = [\"alice\", \"bob\"]")]
pub(crate) struct Arguments {
    /// The run: its id, the beginning or the end of it, or `last`
    run: RunRef,

    /// The phase that waits
    phase: PhaseId,

    /// Who answers
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    by: String,

    /// Why, in one line
    #[arg(long, value_name = "TEXT", value_parser = parse_reason)]
    reason: String,

    /// Keep it from starting: the phase is then not exercised
    #[arg(long)]
    deny: bool,

    /// What stdout gets
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(crate) async fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let Arguments { run, phase, by, reason, deny, output } = arguments;
    let answer = ApprovalAnswer { phase, approved: !deny, by, reason };
    let Approved { run, answer, at_rest } = holdpoint_app::approve(&ApproveChoices { run, answer }, machine).await?;
    if output == Output::Json {
        let ApprovalAnswer { phase, approved, by, reason } = &answer;
        let phase = phase.as_str();
        let said = json!({
            "run": run.as_str(), "phase": phase, "approved": approved, "by": by, "reason": reason, "at_rest": at_rest,
        });
        terminal::out(&said.to_string());
    }
    let next = if at_rest { format!("; `holdpoint resume {run}` goes on with it") } else { String::new() };
    let word = if answer.approved { "approved" } else { "denied" };
    terminal::say(&format!("phase `{}` of run {run} is {word}{next}", answer.phase));
    Ok(Exit::Done)
}

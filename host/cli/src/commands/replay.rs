//! `holdpoint replay`

use std::path::PathBuf;

use holdpoint_app::{Machine, Replay, ReplayChoices, RunRef};
use holdpoint_model::{PhaseId, PolicyId};
use holdpoint_report::render;

use super::{Output, backtest};
use crate::{exit_code::Exit, terminal};

/// Executes the modules of a run again, with every answer from its journal, and compares
///
/// Nothing outside of the journal is looked at: neither network nor bundle nor clock. Exits with 0 if the same was found, with 1 if not,
/// with 4 if a module asked something else than before.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  holdpoint replay                                      the newest run
  holdpoint replay run.db                               a run as a file
  holdpoint replay last --module health=new.wasm        with another module: what changes
  holdpoint replay --all --with objectives.wasm --config strict.json
                                                        every run, judged by another policy: what changes
  holdpoint replay last --with alerts=alerts.wasm       the newest run, judged by one policy more")]
pub(crate) struct Arguments {
    /// The run: its id, the beginning or the end of it, `last`, or a file
    #[arg(default_value = "last", num_args = 0..)]
    run: Vec<RunRef>,

    /// Every run of this machine; with --with
    #[arg(long, requires = "with", conflicts_with = "run")]
    all: bool,

    /// Another policy than the run had: its recorded evidence is judged once more at its ticks, and nothing is executed
    ///
    /// It takes the place of the policy of this id, or of the file's name, or of the only one. Where the run had none of the id that is
    /// given, it judges besides, any row that it finds something for.
    #[arg(long, value_name = "[POLICY=]FILE", value_parser = backtest::other, conflicts_with_all = ["module", "keep"])]
    with: Option<(Option<PolicyId>, PathBuf)>,

    /// The configuration of that policy, as JSON or TOML; otherwise that of the policy whose place it takes
    #[arg(long, value_name = "FILE", requires = "with")]
    config: Option<PathBuf>,

    /// Another module than the run had
    #[arg(long, value_name = "PHASE=FILE", value_parser = module)]
    module: Vec<(PhaseId, PathBuf)>,

    /// Keep the replay's own journal in this file
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,

    /// What stdout gets; json is the replay's report
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

fn module(text: &str) -> Result<(PhaseId, PathBuf), String> {
    let (phase, path) = text.split_once('=').ok_or("write it as PHASE=FILE")?;
    Ok((PhaseId::parse(phase).map_err(|e| e.to_string())?, path.into()))
}

pub(crate) async fn execute(arguments: Arguments, machine: &Machine) -> anyhow::Result<Exit> {
    let Arguments { mut run, all, with, config, module, keep, output } = arguments;
    if let Some(other) = with {
        let runs = (!all).then_some(run);
        return backtest::execute(backtest::Asked { runs, other, config, output }, machine);
    }
    let (Some(run), true) = (run.pop(), run.is_empty()) else {
        anyhow::bail!("one run is replayed at a time; several are judged once more with --with");
    };
    let choices = ReplayChoices { run, modules: module.into_iter().collect(), keep };
    let replay = holdpoint_app::replay(&choices, machine).await?;
    match output {
        Output::Text => text(&replay),
        Output::Json => {
            terminal::out(&render::json(&replay.after));
            terminal::out(&render::summary_line(&replay.after));
        }
    }
    for (phase, why) in &replay.copied {
        terminal::say(&format!("phase `{phase}` {why}; it was copied and not executed again"));
    }
    for divergence in &replay.divergences {
        terminal::say(divergence);
    }
    Ok(if !replay.divergences.is_empty() {
        Exit::Fault
    } else if !replay.differences.is_empty() {
        Exit::Changed
    } else {
        Exit::Done
    })
}

fn text(replay: &Replay) {
    let decision = replay.after.decision.map_or("unfinished", |decision| decision.word());
    if replay.differences.is_empty() {
        let checks: usize = replay.after.phases.iter().map(|phase| phase.checks.len()).sum();
        terminal::out(&format!("run {}: the same again: {decision}, {checks} checks", replay.run));
    } else {
        terminal::out(&render::differences(&replay.run, &replay.differences, terminal::style()));
    }
}

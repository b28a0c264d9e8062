//! The commands, one file each.

mod alerts;
mod allow;
mod approve;
mod backtest;
mod cancel;
mod check;
mod completion;
mod export;
mod import;
mod inspect;
mod man;
mod new;
mod plan;
mod replay;
mod report;
mod resume;
mod run;
mod runs;
mod schema;
mod show;
mod test;
mod waive;

use std::future::Future;

use clap::{Subcommand, ValueEnum};
use holdpoint_app::Machine;

use crate::exit_code::Exit;

#[derive(Subcommand)]
pub(crate) enum Command {
    New(new::Arguments),
    Test(test::Arguments),
    Inspect(inspect::Arguments),
    Check(check::Arguments),
    Plan(plan::Arguments),
    Allow(allow::Arguments),
    Run(run::Arguments),
    Resume(resume::Arguments),
    Cancel(cancel::Arguments),
    Approve(approve::Arguments),
    Waive(waive::Arguments),
    Runs(runs::Arguments),
    Show(show::Arguments),
    Replay(replay::Arguments),
    Report(report::Arguments),
    Export(export::Arguments),
    Alerts(alerts::Arguments),
    Import(import::Arguments),
    Schema(schema::Arguments),
    Completion(completion::Arguments),
    Man(man::Arguments),
}

/// For people or for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Output {
    #[default]
    Text,
    Json,
}

/// Runs a command.
pub(crate) fn dispatch(command: Command, machine: &Machine) -> anyhow::Result<Exit> {
    match command {
        Command::New(arguments) => block_on(new::execute(arguments, machine)),
        Command::Test(arguments) => block_on(test::execute(arguments, machine)),
        Command::Inspect(arguments) => inspect::execute(arguments, machine),
        Command::Plan(arguments) => plan::execute(arguments, machine),
        Command::Completion(arguments) => Ok(completion::execute(&arguments)),
        Command::Man(arguments) => man::execute(&arguments),
        Command::Check(arguments) => check::execute(arguments, machine),
        Command::Allow(arguments) => allow::execute(arguments, machine),
        Command::Run(arguments) => block_on(run::execute(arguments, machine)),
        Command::Resume(arguments) => block_on(resume::execute(arguments, machine)),
        Command::Cancel(arguments) => block_on(cancel::execute(arguments, machine)),
        Command::Approve(arguments) => block_on(approve::execute(arguments, machine)),
        Command::Waive(arguments) => block_on(waive::execute(arguments, machine)),
        Command::Runs(arguments) => runs::execute(&arguments, machine),
        Command::Show(arguments) => show::execute(&arguments, machine),
        Command::Replay(arguments) => block_on(replay::execute(arguments, machine)),
        Command::Report(arguments) => report::execute(&arguments, machine),
        Command::Export(arguments) => block_on(export::execute(arguments, machine)),
        Command::Import(arguments) => block_on(import::execute(arguments, machine)),
        Command::Alerts(arguments) => alerts::execute(arguments, machine),
        Command::Schema(arguments) => Ok(schema::execute(&arguments)),
    }
}

fn block_on(command: impl Future<Output = anyhow::Result<Exit>>) -> anyhow::Result<Exit> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(command)
}

//! `holdpoint`: the command line.
//!
//! stdout is data, stderr is for people. Every command is a file below `commands/`; the exit code is decided in `exit_code.rs` alone.

mod bundle_args;
mod commands;
mod exit_code;
mod live;
mod screen;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use commands::Command;
use holdpoint_app::stages;

/// Records are made by one thread and freed by another, which glibc's allocator pays for with locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs the validation of a release as WebAssembly components, and lets nothing pass that was not inspected.
#[derive(Parser)]
#[command(name = "holdpoint", version, max_term_width = 140, after_help = after_help())]
pub(crate) struct Arguments {
    #[command(flatten)]
    machine: MachineArguments,

    #[command(subcommand)]
    command: Command,
}

/// Where things are on this machine.
#[derive(clap::Args)]
struct MachineArguments {
    /// The folder of all runs [default: .holdpoint/runs]
    #[arg(long, global = true, value_name = "DIR", env = "HOLDPOINT_RUNS")]
    runs: Option<std::path::PathBuf>,

    /// The operator's file: what this machine allows [default: holdpoint/holdpoint.toml in the user's or the system's configuration]
    #[arg(long, global = true, value_name = "FILE", env = "HOLDPOINT_OPERATOR")]
    operator: Option<std::path::PathBuf>,
}

const EXAMPLES: &str = "Examples:
  holdpoint new phase hello                          a phase that builds and tests at once
  holdpoint check my-bundle                          everything that can be known without acting
  holdpoint allow my-bundle                          what it asks for, and consent to it
  holdpoint run my-bundle                            its phases, to a decision
  holdpoint show last health                         what the phase health of the newest run did
  holdpoint replay last                              the same run without the network";

fn after_help() -> String {
    format!("{EXAMPLES}\n\nExit codes:\n{}", exit_code::table())
}

fn main() -> ExitCode {
    // Before anything that could start a thread: a stage changes the process that it is.
    let mut raw = std::env::args_os().skip(1);
    if raw.next().is_some_and(|first| first == stages::FIRST_ARGUMENT) {
        return stages::main(raw);
    }
    let arguments = Arguments::parse();
    let machine = holdpoint_app::Machine::from_environment(arguments.machine.runs, arguments.machine.operator);
    let machine =
        holdpoint_app::Machine { builtin: holdpoint_app::Builtin::new(holdpoint_builtin::MODULES), ..machine };
    match commands::dispatch(arguments.command, &machine) {
        Ok(code) => code.into(),
        Err(error) => {
            terminal::error(&error);
            exit_code::of_error(&error).into()
        }
    }
}

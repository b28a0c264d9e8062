//! The commands of the project for its developers and for people who try it: build the guests, run the demonstration, test, check,
//! measure.
//!
//! Refuses to know what Holdpoint knows: it starts programs, reads files and compares what they say. Lines for people go to standard
//! error, data goes to standard output.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

mod bench;
mod ci;
mod demo;
mod digests;
mod dist;
mod docs;
mod failures;
mod faults;
mod fuzz;
mod guests;
mod project;
mod servers;
mod setup;
mod sh;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::project::Project;

const EXAMPLES: &str = "\
Examples:
  cargo xtask demo                             validate the staging double, ends with `release`
  cargo xtask demo --list-faults               what can be made wrong, and how it must end
  cargo xtask demo --fault slow --seed 7       the same validation with one thing wrong
  cargo xtask faults --row SEC-2 --row CRIT-5  is what is wrong found, and nothing else?
  cargo xtask faults --quick --lanes 2         the first for each row, two side by side, as ci does
  cargo xtask test                             all tests
  cargo xtask test -p holdpoint-gate -- denies one crate, tests whose names have `denies`
  cargo xtask ci                               everything that has to hold before a change goes in
  cargo xtask ci fmt tidy clippy               some parts of it
  cargo xtask dist                             target/dist/holdpoint, which needs nothing beside it
  cargo xtask bench --output json              the figures of docs/benchmarks.md
  cargo xtask bench --load --users 150,1500    virtual users beside k6, oha, wrk and hey
  cargo xtask bench --clean 20                 is anything found where nothing is wrong?
  cargo xtask fuzz --minutes 10 --jobs 2       all fuzz targets, ten minutes each, two side by side";

/// Commands of the project.
#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Install what the other commands need: the wasm target, servers for tests, with --bench the peers
    Setup(setup::Arguments),
    /// Build all guests into target/guests
    Guests,
    /// Run the shipped bundle against a double of the staging system on loopback
    Demo(demo::Arguments),
    /// Make everything wrong, one thing at a time, and see whether its row finds it and no other changes
    Faults(faults::Arguments),
    /// Run all tests, or those that the arguments of `cargo test` choose
    Test(test::Arguments),
    /// Everything that has to hold before a change goes in, with the time of each part
    Ci(ci::Arguments),
    /// Check the rules of the source tree: edges between crates, lengths, licences, tests of guests, links
    Tidy,
    /// Make the reference in docs/reference from the program's help, the schemas and the contract
    Docs,
    /// Measure, beside a peer where there is one
    Bench(bench::Arguments),
    /// Build the one file that is handed out: optimised, stripped, with the modules that ship inside; takes long
    Dist,
    /// Look for inputs that break what must hold, with the targets of fuzz/; never part of ci
    Fuzz(fuzz::Arguments),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = Project::read().and_then(|project| match arguments.command {
        Command::Setup(arguments) => setup::run(&project, &arguments).map(|()| ExitCode::SUCCESS),
        Command::Guests => guests::build(&project).map(|()| ExitCode::SUCCESS),
        Command::Demo(arguments) => demo::run(&project, &arguments),
        Command::Faults(arguments) => faults::run(&project, &arguments),
        Command::Test(arguments) => test::run(&project, &arguments.typed()).map(|()| ExitCode::SUCCESS),
        Command::Ci(arguments) => ci::run(&project, &arguments),
        Command::Tidy => tidy::run(&project).map(|()| ExitCode::SUCCESS),
        Command::Docs => docs::run(&project).map(|()| ExitCode::SUCCESS),
        Command::Bench(arguments) => bench::run(&project, &arguments).map(|()| ExitCode::SUCCESS),
        Command::Dist => dist::run(&project).map(|()| ExitCode::SUCCESS),
        Command::Fuzz(arguments) => fuzz::run(&project, &arguments).map(|()| ExitCode::SUCCESS),
    });
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}

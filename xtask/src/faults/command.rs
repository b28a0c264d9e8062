//! Which faults, in which order, and what is said of them.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Result, bail, ensure};
use clap::ValueEnum;

use super::compare;
use super::found::Found;
use super::runs::{clean, judged};
use crate::demo::{self, Fault, Outcome, Scope};
use crate::project::Project;
use crate::sh::say;

/// Where faults are looked for.
const SCOPES: [Scope; 16] = [
    Scope::Quiet,
    Scope::Load,
    Scope::Security,
    Scope::Rate,
    Scope::Logs,
    Scope::Logic,
    Scope::Sockets,
    Scope::Stores,
    Scope::Frontend,
    Scope::Pool,
    Scope::Churn,
    Scope::NextSteps,
    Scope::Monitoring,
    Scope::Watch,
    Scope::Day,
    Scope::Release,
];

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these faults; all otherwise
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Only those that this row must catch
    #[arg(long, value_name = "ID")]
    row: Vec<String>,
    /// Only the first of each row, as ci does
    #[arg(long)]
    quick: bool,
    /// What standard output is for: with json an object a line, for each fault
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    for name in &arguments.names {
        ensure!(Fault::named(name).is_some(), "no fault is named {name}; `cargo xtask demo --list-faults` shows them");
    }
    for row in &arguments.row {
        ensure!(Fault::all().any(|fault| fault.requirement() == row), "no fault is made for row {row}");
    }
    let chosen = |fault: Fault| {
        let (names, rows) = (&arguments.names, &arguments.row);
        if arguments.quick && !is_first(fault) {
            return false;
        }
        let named = names.iter().any(|name| name == fault.name());
        named || rows.iter().any(|row| row == fault.requirement()) || (names.is_empty() && rows.is_empty())
    };
    let found = each(project, None, chosen, |found| {
        if arguments.output == Output::Json {
            println!("{}", found.json());
        }
    })?;
    let bad: Vec<&Found> = found.iter().filter(|found| !found.is_well()).collect();
    let seconds: f64 = found.iter().map(|found| found.seconds).sum();
    bad.iter().flat_map(|found| found.complaints()).for_each(|line| eprintln!("error: {line}"));
    let caught = found.len() - bad.len();
    say("faults", &format!("{caught} of {} are caught, and nothing else changes; {seconds:.0} s", found.len()));
    Ok(if bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The first fault of each row. A release without a fault may be there already.
pub(crate) fn quick(project: &Project, released: Option<&Outcome>) -> Result<()> {
    let found = each(project, released, is_first, |_| {})?;
    let wrong: Vec<String> = found.iter().flat_map(Found::complaints).collect();
    if wrong.is_empty() { Ok(()) } else { bail!("{}", wrong.join("\n  ")) }
}

/// Whether no fault before it is for the same row.
fn is_first(fault: Fault) -> bool {
    let first = Fault::all().find(|other| other.requirement() == fault.requirement());
    first.is_some_and(|first| first.name() == fault.name())
}

fn each(
    project: &Project,
    released: Option<&Outcome>,
    chosen: impl Fn(Fault) -> bool,
    tell: impl Fn(&Found),
) -> Result<Vec<Found>> {
    demo::build(project)?;
    let (gcloud, stores, browser) = (demo::gcloud_is_here(), demo::ensure_stores()?, demo::ensure_browser()?);
    let mut all = Vec::new();
    for scope in SCOPES {
        let faults = (1..).zip(Fault::all()).filter(|(_, fault)| fault.scope() == scope && chosen(*fault));
        let faults: Vec<(u64, Fault)> = faults.collect();
        let lacking = match scope {
            _ if scope.needs_gcloud() && !gcloud => Some("gcloud"),
            _ if scope.asks_stores() && !stores => Some("a store"),
            _ if scope.opens_a_page() && !browser => Some("Chromium"),
            _ => None,
        };
        if let Some(lacking) = lacking.filter(|_| !faults.is_empty()) {
            say("faults", &format!("{} are left out, because {lacking} is not here: {scope:?}", faults.len()));
            continue;
        }
        if faults.is_empty() {
            continue;
        }
        let beside = match released.filter(|_| scope == Scope::Release) {
            Some(clean) => clean.clone(),
            None => clean(project, scope)?,
        };
        for (seed, fault) in faults {
            let found = one(project, (fault, seed), &beside)?;
            let name = fault.name();
            say("faults", &format!("{name} {}", if found.is_well() { "is caught" } else { "is not caught" }));
            tell(&found);
            all.push(found);
        }
    }
    Ok(all)
}

fn one(project: &Project, (fault, seed): (Fault, u64), clean: &Outcome) -> Result<Found> {
    let (scope, begun) = (fault.scope(), Instant::now());
    let (faulted, report) = judged(project, Some((fault, seed)), scope)?;
    let well = if scope.scale().is_some() { "not-exercised" } else { "pass" };
    let wanted = compare::Wanted { requirement: fault.requirement(), exit: fault.exit(), well };
    let mut wrong = compare::of_faulted(clean, &faulted, wanted);
    wrong.extend(compare::of_row(&report, fault.requirement()));
    let unrelated = compare::unrelated(clean, &faulted, &report, wanted);
    let (name, expected) = (fault.name(), fault.requirement());
    Ok(Found { fault: name, seed, expected, wrong, unrelated, seconds: begun.elapsed().as_secs_f64() })
}

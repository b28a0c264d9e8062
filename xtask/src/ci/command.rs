//! Which parts there are, and the runs of the demonstration among them.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::parts::{self, End, Part};
use super::{deny, faults, scan};
use crate::demo::{self, Demo, Fault, Outcome, Scope, Stdout};
use crate::project::Project;
use crate::sh::{Line, say};
use crate::{docs, guests, test, tidy};

/// The exit code of a run that was stopped by a signal.
const INTERRUPTED: u8 = 130;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only these parts, whatever they need; all of them otherwise
    #[arg(value_name = "PART")]
    parts: Vec<String>,
}

pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<ExitCode> {
    let part =
        |name, needs, work: fn(&Project) -> Result<()>| Part { name, needs, work: Box::new(move || work(project)) };
    // The clean release, which faults are compared with too.
    let released = OnceCell::new();
    let all = [
        part("fmt", &[], |p| p.cargo("fmt").args(["fmt", "--all", "--check"]).run()),
        part("tidy", &[], tidy::run),
        part("clippy", &[], |p| {
            p.cargo("clippy").args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]).run()
        }),
        part("docs", &[], docs::check),
        part("guests", &[], guests::build),
        part("deny", &[], deny::run),
        // All that fails is told at once: a run of this takes half an hour.
        part("test", &["guests"], |p| test::run(p, &["--no-fail-fast".to_owned()])),
        Part { name: "demo", needs: &["guests"], work: Box::new(|| demonstration(project, &released)) },
        Part { name: "faults", needs: &["demo"], work: Box::new(|| all_faults(project, &released)) },
    ];
    let past = parts::run(&parts::chosen(all.into(), &arguments.parts)?);
    eprint!("{}", parts::table(&past));
    let good = past.iter().all(|part| part.end == End::Done);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The clean demonstration, which must release.
fn demonstration(project: &Project, released: &OnceCell<Outcome>) -> Result<()> {
    demo::build(project)?;
    let scope = Scope::of_all(demo::gcloud_is_here(), demo::ensure_stores()?);
    let clean = clean(project, scope)?;
    if scope.deploys() {
        // It is set once.
        let _ = released.set(clean);
    }
    Ok(())
}

fn clean(project: &Project, scope: Scope) -> Result<Outcome> {
    let (clean, _) = judged(project, None, scope)?;
    refuse(faults::of_clean(&clean, scope.clean_end()))?;
    Ok(clean)
}

/// Where faults are looked for.
const SCOPES: [Scope; 12] = [
    Scope::Quiet,
    Scope::Load,
    Scope::Security,
    Scope::Rate,
    Scope::Logs,
    Scope::Logic,
    Scope::Sockets,
    Scope::Stores,
    Scope::Monitoring,
    Scope::Watch,
    Scope::Day,
    Scope::Release,
];

/// Every fault of the catalogue, each beside a clean run of the phases that find it.
fn all_faults(project: &Project, released: &OnceCell<Outcome>) -> Result<()> {
    demo::build(project)?;
    let mut wrong = Vec::new();
    let (gcloud, stores) = (demo::gcloud_is_here(), demo::ensure_stores()?);
    for scope in SCOPES {
        if scope.needs_gcloud() && !gcloud {
            say("faults", &format!("left out, because gcloud is not here: every fault of {scope:?}"));
            continue;
        }
        if scope.asks_stores() && !stores {
            say("faults", &format!("left out, because a store is not here: every fault of {scope:?}"));
            continue;
        }
        let clean = match released.get().filter(|_| scope.deploys()) {
            Some(clean) => clean.clone(),
            None => clean(project, scope)?,
        };
        for (seed, fault) in (1..).zip(Fault::all()).filter(|(_, fault)| fault.scope() == scope) {
            let (faulted, report) = judged(project, Some((fault, seed)), scope)?;
            let well = if scope.scale().is_some() { "not-exercised" } else { "pass" };
            let wanted = faults::Wanted { requirement: fault.requirement(), exit: fault.exit(), well };
            let mut complaints = faults::of_faulted(&clean, &faulted, &report, wanted);
            complaints.extend(faults::of_row(&report, fault.requirement()));
            let name = fault.name();
            say("faults", &format!("{name} {}", if complaints.is_empty() { "is caught" } else { "is not caught" }));
            wrong.extend(complaints.into_iter().map(|complaint| format!("{name} (seed {seed}): {complaint}")));
        }
    }
    refuse(wrong)
}

fn refuse(wrong: Vec<String>) -> Result<()> {
    if wrong.is_empty() { Ok(()) } else { bail!("{}", wrong.join("\n  ")) }
}

/// One demonstration in a folder of its own, searched for calls of control routes, with its full report.
fn judged(project: &Project, fault: Option<(Fault, u64)>, scope: Scope) -> Result<(Outcome, Value)> {
    let runs = project.root.join(".holdpoint/ci").join(fault.map_or("clean", |(fault, _)| fault.name()));
    if runs.exists() {
        fs::remove_dir_all(&runs).with_context(|| format!("remove {}", runs.display()))?;
    }
    fs::create_dir_all(&runs).with_context(|| format!("create {}", runs.display()))?;
    let setting = fault.map(|(fault, seed)| fault.settle(seed));
    let demo =
        Demo { project, setting, scope, json: true, stdout: Stdout::Keep, ports: demo::PORTS, runs: runs.clone() };
    let runtime = tokio::runtime::Runtime::new().context("start the runtime of the system")?;
    let outcome = runtime.block_on(async {
        let (outcome, system) = demo.run().await?;
        system.stop().await;
        anyhow::Ok(outcome)
    })?;
    ensure!(outcome.exit != INTERRUPTED, "interrupted");
    scan::no_control_routes(&runs)?;
    let report = Line::new("demo", project.holdpoint())
        .folder(&project.root)
        .arg("report")
        .arg(only_run(&runs)?)
        .arg("--runs")
        .arg(&runs)
        .args(["--format", "json"])
        .text()?;
    let report = serde_json::from_str(&report).context("read the report of the run")?;
    Ok((outcome, report))
}

/// The name of the one run in a folder.
fn only_run(runs: &Path) -> Result<PathBuf> {
    let mut names = Vec::new();
    for entry in fs::read_dir(runs).with_context(|| format!("list {}", runs.display()))? {
        let entry = entry.with_context(|| format!("list {}", runs.display()))?;
        if entry.path().is_dir() {
            names.push(PathBuf::from(entry.file_name()));
        }
    }
    match <[PathBuf; 1]>::try_from(names) {
        Ok([run]) => Ok(run),
        Err(names) => bail!("{} has {} runs where one was to be", runs.display(), names.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_one_run() {
        let runs = tempfile::tempdir().unwrap();
        assert!(only_run(runs.path()).is_err());
        fs::create_dir(runs.path().join("01JDC")).unwrap();
        assert_eq!(only_run(runs.path()).unwrap(), PathBuf::from("01JDC"));
        fs::create_dir(runs.path().join("01JDD")).unwrap();
        assert!(only_run(runs.path()).is_err());
    }
}

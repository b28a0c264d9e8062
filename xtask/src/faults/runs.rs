//! Runs of the demonstration, each in a folder of its own, with what they wrote there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::scan;
use crate::demo::{Demo, Fault, Lane, Outcome, Scope, Stdout};
use crate::project::Project;
use crate::sh::Line;

/// The exit codes of a run that was stopped: what it says itself, and what shells say of HUP, KILL and TERM, by which it ends without a word. A run that
/// breaks by itself ends otherwise.
const STOPPED: [u8; 4] = [130, 129, 137, 143];
/// Where the runs of a lane are kept, each until the next of its name.
const RUNS: &str = ".holdpoint/ci";

/// A demonstration in a lane. A fault comes with what its parameters are drawn from.
pub(super) fn demo(project: &Project, lane: Lane, scope: Scope, fault: Option<(Fault, u64)>) -> Demo<'_> {
    let runs = project.root.join(lane.named(RUNS)).join(fault.map_or("clean", |(fault, _)| fault.name()));
    let setting = fault.map(|(fault, seed)| fault.settle(seed));
    Demo { project, setting, scope, json: true, stdout: Stdout::Keep, lane, cloud_seed: 0, runs }
}

/// One demonstration in a fresh folder, searched for calls of control routes.
pub(crate) fn performed(demo: &Demo<'_>) -> Result<Outcome> {
    let runs = &demo.runs;
    if runs.exists() {
        fs::remove_dir_all(runs).with_context(|| format!("remove {}", runs.display()))?;
    }
    fs::create_dir_all(runs).with_context(|| format!("create {}", runs.display()))?;
    let runtime = tokio::runtime::Runtime::new().context("start the runtime of the system")?;
    let outcome = runtime.block_on(async {
        let performed = demo.run().await?;
        performed.system.stop().await;
        anyhow::Ok(performed.outcome)
    })?;
    unstopped(outcome.exit)?;
    scan::no_control_routes(runs)?;
    Ok(outcome)
}

/// What was stopped has shown nothing, good or bad.
fn unstopped(exit: u8) -> Result<()> {
    ensure!(!STOPPED.contains(&exit), "interrupted, the run ended with {exit}");
    Ok(())
}

/// The same with its full report.
pub(super) fn judged(demo: &Demo<'_>) -> Result<(Outcome, Value)> {
    let outcome = performed(demo)?;
    let report = Line::new("demo", demo.project.holdpoint())
        .folder(&demo.project.root)
        .arg("report")
        .arg(only_run(&demo.runs)?)
        .arg("--runs")
        .arg(&demo.runs)
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
    fn a_run_that_was_stopped_shows_nothing() {
        for exit in [129, 130, 137, 143] {
            assert!(unstopped(exit).unwrap_err().to_string().starts_with("interrupted"), "{exit}");
        }
        // An abort is a matter of the run.
        for exit in [0, 1, 8, 134] {
            assert!(unstopped(exit).is_ok(), "{exit}");
        }
    }

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

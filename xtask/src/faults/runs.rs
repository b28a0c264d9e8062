//! Runs of the demonstration, each in a folder of its own, with what they wrote there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use super::{compare, scan};
use crate::demo::{self, Demo, Fault, Outcome, Scope, Stdout};
use crate::project::Project;
use crate::sh::Line;

/// The exit code of a run that was stopped by a signal.
const INTERRUPTED: u8 = 130;

/// A run in which nothing is wrong, and which says so.
pub(crate) fn clean(project: &Project, scope: Scope) -> Result<Outcome> {
    let (clean, _) = judged(project, None, scope)?;
    let wrong = compare::of_clean(&clean, scope.clean_end());
    ensure!(wrong.is_empty(), "{}", wrong.join("\n  "));
    Ok(clean)
}

/// One demonstration, searched for calls of control routes, with its full report. A fault comes with what its parameters are drawn from.
pub(super) fn judged(project: &Project, fault: Option<(Fault, u64)>, scope: Scope) -> Result<(Outcome, Value)> {
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

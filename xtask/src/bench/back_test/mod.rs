//! A back-test of many runs: each has met a server whose share of errors and whose time were drawn, and stricter objectives judge all of them once more.
//! What changes must be what follows from what was drawn.

mod drawn;
mod target;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use self::drawn::Drawn;
use self::target::Target;
use super::figure::{Better, Figure};
use super::{folder, usage};
use crate::faults::{self, Stop};
use crate::project::Project;
use crate::sh::{Line, say};

/// Runs that are made at once. A run waits for nearly all of its time; with more of them what is quick would not be.
const LANES: usize = 4;
/// Bundle, operator's file and the stricter configuration.
const FILES: &str = "xtask/bench/back-test";

/// Makes so many runs and judges them once more. What has changed is shown to people as the command shows it.
pub(super) fn figures(project: &Project, count: u32) -> Result<Vec<Figure>> {
    let runs = project.target.join("bench/back-test/runs");
    folder::clear(&runs)?;
    say("bench", &format!("{count} runs of a second, {LANES} at once"));
    let recorded = recorded(project, &runs, count)?;
    say("bench", "all of them judged by stricter objectives");
    let begun = Instant::now();
    let (usage, table) = usage::of_either(judged(project, &runs), &[0, 1])?;
    let wall = begun.elapsed().as_secs_f64();
    let (_, told) = usage::of_either(judged(project, &runs).args(["--output", "json"]), &[0, 1])?;
    let told: Value = serde_json::from_str(&told).context("read what was judged")?;
    let changed = drawn::changed(&recorded, &told)?;
    eprint!("{table}");
    let figure = |metric: &str, unit: &str, ours: f64| {
        let (metric, unit) = (metric.to_owned(), unit.to_owned());
        Figure { bench: "back-test", metric, unit, better: Better::Lower, ours, peer: None }
    };
    Ok(vec![
        figure("back-test-runs-wall", "s", wall),
        figure("back-test-runs-cpu", "s", usage.cpu.as_secs_f64()),
        figure("back-test-runs-changed", "runs", changed as f64),
    ])
}

/// Makes the runs, and says what was drawn for each.
fn recorded(project: &Project, runs: &Path, count: u32) -> Result<Vec<(String, Drawn)>> {
    let next = AtomicU32::new(0);
    let lane = |(), stop: &Stop| {
        let mut recorded = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::SeqCst);
            if number >= count {
                return Ok(recorded);
            }
            ensure!(!stop.is_set(), "interrupted");
            let drawn = Drawn::of(number);
            let run = run(project, runs, drawn).with_context(|| format!("run {number}, {drawn}"))?;
            recorded.push((run, drawn));
        }
    };
    let lanes: Vec<Vec<_>> = faults::side_by_side(vec![(); LANES], lane)?.into_iter().collect::<Result<_>>()?;
    Ok(lanes.concat())
}

/// Makes one, which must be a release, and gives its id.
fn run(project: &Project, runs: &Path, drawn: Drawn) -> Result<String> {
    let target = Target::start(drawn)?;
    let line = holdpoint(project, runs).arg("run").arg(FILES).arg("--modules").arg(project.guests());
    run_of(&line.arg("--service").arg(format!("backend={}", target.url())).args(["--output", "json"]).text()?)
}

fn judged(project: &Project, runs: &Path) -> Line {
    let with = format!("objectives={}", project.guests().join("objectives.wasm").display());
    let line = holdpoint(project, runs).args(["replay", "--all", "--with", &with]);
    line.arg("--config").arg(Path::new(FILES).join("strict.toml"))
}

fn holdpoint(project: &Project, runs: &Path) -> Line {
    let line = Line::new("bench", project.target.join("release/holdpoint")).folder(&project.root);
    line.arg("--operator").arg(Path::new(FILES).join("holdpoint.toml")).arg("--runs").arg(runs)
}

/// The id of a run by what it has printed: its report, and what follows that.
fn run_of(printed: &str) -> Result<String> {
    let mut values = serde_json::Deserializer::from_str(printed).into_iter::<Value>();
    let report = values.next().context("a run prints its report")?.context("read the report")?;
    Ok(report["run"]["id"].as_str().context("a report names its run")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_its_report() {
        let printed = "{\n  \"run\": { \"id\": \"01RUN\" }\n}\n{\"decision\":\"release\"}\n";
        assert_eq!(run_of(printed).unwrap(), "01RUN");
        for none in ["", "{}", "noise"] {
            assert!(run_of(none).is_err(), "{none}");
        }
    }
}

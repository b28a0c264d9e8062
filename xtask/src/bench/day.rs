//! What a whole day takes: ten services, counted by the second, judged by `objectives` at each of its 2,880 ticks. The day is written by `measure` and
//! judged as any run of the past is, by `replay --with`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::figure::{Better, Figure};
use super::{folder, inner, usage};
use crate::project::Project;
use crate::sh::{Line, say};

const ROWS: [&str; 5] = ["P3.1", "P4.1.errors", "P4.1.p95", "P4.1.availability", "SUC-3.users"];
/// What `measure` has to print of it.
const METRICS: [&str; 4] = ["day-journal", "day-evidence-memory", "day-evidence-cpu", "day-evidence-wall"];
/// Nothing is there: the run is made for its header.
const NOWHERE: &str = "127.0.0.1:9";

pub(super) fn figures(project: &Project) -> Result<Vec<Figure>> {
    let folder = project.target.join("bench/day");
    folder::clear(&folder)?;
    let empty = begun(project, &folder)?;
    let day = folder.join("day.db");
    say("bench", "a day of ten services, by target/release/measure");
    let measured =
        Line::new("bench", project.target.join("release/measure")).arg("day").arg(&empty).arg(&day).text()?;
    let mut figures = inner::all(&measured, "day", &METRICS)?;
    say("bench", "judged by `objectives` at every tick");
    let (nothing, whole) = (judged(project, &folder, &empty)?, judged(project, &folder, &day)?);
    let mebi = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    for (metric, unit, ours) in [
        ("day-backtest-wall", "s", whole.wall),
        ("day-backtest-cpu", "s", whole.cpu),
        ("day-tick-cpu", "ms", whole.cpu * 1_000.0 / whole.ticks),
        ("day-backtest-memory", "MiB", mebi(whole.peak.saturating_sub(nothing.peak))),
    ] {
        let (metric, unit) = (metric.to_owned(), unit.to_owned());
        figures.push(Figure { bench: "day", metric, unit, better: Better::Lower, ours, peer: None });
    }
    Ok(figures)
}

/// The journal of a run whose header the day has.
fn begun(project: &Project, folder: &Path) -> Result<PathBuf> {
    let write = |name: &str, text: &str| folder::write(folder, name, text);
    write("bundle/bundle.toml", &bundle())?;
    let row = |id: &str| format!("[[row]]\nid = \"{id}\"\ntitle = \"{id}\"\nlevel = \"required\"\n");
    write("bundle/checklist.toml", &ROWS.map(row).concat())?;
    write("holdpoint.toml", &format!("[connect-to]\n\"{NOWHERE}\" = \"{NOWHERE}\"\n"))?;
    let of_bundle = |line: Line| line.arg("bundle").arg("--modules").arg(project.guests());
    of_bundle(holdpoint(project, folder).arg("allow")).arg("--yes").text()?;
    // Nobody answers, so it is held.
    usage::of_either(of_bundle(holdpoint(project, folder).arg("run")).args(["--runs", "runs"]), &[1])?;
    let runs = fs::read_dir(folder.join("runs")).context("read the folder of runs")?;
    let run = runs.filter_map(|entry| Some(entry.ok()?.path())).find(|path| path.is_dir()).context("find the run")?;
    Ok(run.join("run.db"))
}

fn holdpoint(project: &Project, folder: &Path) -> Line {
    Line::new("bench", project.target.join("release/holdpoint")).folder(folder).args(["--operator", "holdpoint.toml"])
}

fn bundle() -> String {
    let claimed: Vec<&str> = ROWS[1..].to_vec();
    format!(
        "[bundle]\nname = \"bench-day\"\nversion = \"1\"\nchecklist = \"checklist.toml\"\n\
         [environments.bench.services.backend]\nurl = \"http://{NOWHERE}\"\n\
         [[phase]]\nid = \"day\"\nmodule = \"health\"\nrequirements = [\"P3.1\"]\nconfig = {{ endpoints = [\"/health\"] }}\n\
         [phase.grants]\nhttp = [{{ services = [\"backend\"], methods = [\"GET\"] }}]\n\
         [[policy]]\nid = \"objectives\"\nmodule = \"objectives\"\nrequirements = {claimed:?}\n"
    )
}

/// What it took to judge a run once more.
struct Judged {
    wall: f64,
    cpu: f64,
    peak: u64,
    ticks: f64,
}

fn judged(project: &Project, folder: &Path, journal: &Path) -> Result<Judged> {
    let with = format!("objectives={}", project.guests().join("objectives.wasm").display());
    let line = holdpoint(project, folder).arg("replay").arg(journal).args(["--with", &with, "--output", "json"]);
    let begun = Instant::now();
    // What had no verdict has one now, which is a change.
    let (usage, told) = usage::of_either(line, &[0, 1])?;
    let wall = begun.elapsed().as_secs_f64();
    let told: Value = serde_json::from_str(&told).context("read what was judged")?;
    Ok(Judged { wall, cpu: usage.cpu.as_secs_f64(), peak: usage.peak, ticks: ticks(&told)? })
}

/// How many ticks were judged. A policy that was ended has judged nothing, so its figures mean nothing.
fn ticks(told: &Value) -> Result<f64> {
    let run = &told["runs"][0];
    // As rows and the policy itself say it, whatever it was ended by.
    let text = told.to_string();
    let ended = ["the policy was ended", "more evidence than is kept"].iter().any(|said| text.contains(said));
    ensure!(!ended, "the day was not judged: {told}");
    run["ticks"].as_f64().filter(|ticks| *ticks > 0.0).with_context(|| format!("no tick was judged: {told}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_not_judged_has_no_figures() {
        assert_eq!(ticks(&json!({ "runs": [{ "ticks": 2_880, "differences": [] }] })).unwrap(), 2_880.0);
        assert!(ticks(&json!({ "runs": [{ "ticks": 0 }] })).is_err());
        assert!(ticks(&json!({ "runs": [] })).is_err());
        for ended in [
            "the run has more than 8 samples, which is more evidence than is kept",
            "the policy was ended: out of fuel",
        ] {
            assert!(ticks(&json!({ "runs": [{ "ticks": 1, "differences": [{ "after": ended }] }] })).is_err());
        }
    }
}

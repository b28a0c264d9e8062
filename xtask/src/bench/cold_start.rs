//! The cold start: a whole process that makes one request, judges the answer and has written everything down, beside hurl, which makes
//! the same request and asserts the same thing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use holdpoint_staging_double::{Double, Options, Service};

use super::figure::{Better, Figure, Peer, median};
use crate::project::Project;
use crate::sh::{Line, say};
use crate::tools::HURL;

/// Runs of each, in turn, so that what else the machine does falls on both.
const RUNS: usize = 30;
/// Runs that are not counted: they fill caches of files and of compiled modules.
const WARM_UP: usize = 3;

pub(super) fn figure(project: &Project) -> Result<Figure> {
    let runtime = tokio::runtime::Runtime::new().context("start the runtime of the double")?;
    let double = runtime.block_on(Double::start(Options::default())).context("start the staging double")?;
    let measured = measure(project, &double.url(Service::Backend));
    runtime.block_on(double.stop());
    measured
}

fn measure(project: &Project, url: &str) -> Result<Figure> {
    let files = project.root.join("xtask/bench");
    let hurl = HURL.find(project);
    match &hurl {
        Some(_) => say("bench", &format!("{RUNS} cold starts of holdpoint and of hurl in turn")),
        None => say(
            "bench",
            &format!("{RUNS} cold starts of holdpoint; without hurl, which `cargo xtask setup --bench` installs"),
        ),
    }
    let runs = project.target.join("bench/runs");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for run in 0..WARM_UP + RUNS {
        let figure = timed(holdpoint(project, &files, &runs, url))?;
        let beside = hurl.as_ref().map(|program| timed(request(program, &files, url))).transpose()?;
        if run >= WARM_UP {
            ours.push(figure);
            theirs.extend(beside);
        }
    }
    let peer = median(&theirs).map(|figure| Peer { name: format!("{} {}", HURL.name, HURL.version), figure });
    Ok(Figure {
        bench: "cold-start",
        metric: "cold-start-wall".to_owned(),
        unit: "ms".to_owned(),
        better: Better::Lower,
        ours: median(&ours).context("no run was counted")?,
        peer,
    })
}

fn holdpoint(project: &Project, files: &Path, runs: &Path, url: &str) -> Line {
    Line::new("bench", project.target.join("release/holdpoint"))
        .folder(&project.root)
        .arg("run")
        .arg(files)
        .args(["--env", "bench", "--operator"])
        .arg(files.join("holdpoint.toml"))
        .arg("--service")
        .arg(format!("backend={url}"))
        .arg("--modules")
        .arg(project.guests())
        .arg("--runs")
        .arg(runs)
        .args(["--output", "json"])
}

fn request(hurl: &PathBuf, files: &Path, url: &str) -> Line {
    let url = format!("url={url}/health");
    Line::new("bench", hurl).args(["--no-output", "--variable", &url]).arg(files.join("request.hurl"))
}

/// Milliseconds from the start of a process to its end. Refuses a run that did not succeed: its time means nothing.
fn timed(line: Line) -> Result<f64> {
    let shown = line.shown().to_owned();
    let mut command: Command = line.into_command();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let status = command.status().with_context(|| format!("start `{shown}`"))?;
    let took = begun.elapsed();
    if !status.success() {
        bail!("`{shown}` ended with {status}");
    }
    Ok(took.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_run_has_no_time() {
        assert!(timed(Line::new("bench", "true")).unwrap() > 0.0);
        assert!(timed(Line::new("bench", "false")).is_err());
    }
}

//! Ours: a run of a bundle whose phase has so many users ask as fast as they are answered. Engine, journal, search for canaries, all is counted.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::super::folder;
use super::target::Nginx;
use super::wire::Wire;
use super::{Ran, Usage, begun, usage};
use crate::project::Project;
use crate::sh::{Line, say};

const CHECKLIST: &str = "[[row]]\nid = \"P3.1\"\ntitle = \"users ask\"\nlevel = \"required\"\n";

/// Who asks what of whom, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// Without a slash at its end.
    pub(super) url: &'a str,
    pub(super) path: &'a str,
    pub(super) users: u32,
    pub(super) seconds: u32,
    /// Who of them means harm, from its second iteration on: one computes, one allocates, one asks, all without end, and one panics, in turn.
    pub(super) hostile: &'a [u32],
}

pub(super) fn run(project: &Project, (nginx, wire): (&Nginx, Wire), users: u32, seconds: u32) -> Result<Ran> {
    say("bench", &format!("holdpoint with {users} users for {seconds} s {}", wire.shown()));
    begun::forget(&nginx.begun())?;
    let url = nginx.url(wire);
    let (usage, seen) = load(project, nginx, Asked { url: &url, path: "/data", users, seconds, hostile: &[] })?;
    let requests = seen["exchanges"].as_u64().context("exchanges are counted")?;
    Ok(Ran { requests, usage, begun: begun::of(&nginx.begun(), users)? })
}

/// What a load has used, and what it came to, as its phase shows it.
pub(super) fn load(project: &Project, nginx: &Nginx, asked: Asked<'_>) -> Result<(Usage, Value)> {
    let folder = project.target.join("bench/load");
    folder::clear(&folder)?;
    let write = |name: &str, text: &str| folder::write(&folder, name, text);
    write("bundle/bundle.toml", &bundle(asked))?;
    write("bundle/checklist.toml", CHECKLIST)?;
    let place = asked.url.split_once("://").map_or(asked.url, |(_, place)| place);
    let trusted = format!("ca-file = {:?}\n", nginx.certificate().display().to_string());
    write("holdpoint.toml", &format!("{trusted}[connect-to]\n\"{place}\" = \"{place}\"\n"))?;
    holdpoint(project, &folder).arg("allow").args(of_bundle(project)).arg("--yes").text()?;
    let (usage, _) = usage::of(holdpoint(project, &folder).arg("run").args(of_bundle(project)))?;
    let report = holdpoint(project, &folder).args(["report", "last", "--format", "json"]).text()?;
    let seen = seen(&serde_json::from_str(&report).context("read the report")?, asked.hostile.len())?;
    Ok((usage, seen))
}

fn holdpoint(project: &Project, folder: &Path) -> Line {
    Line::new("bench", project.target.join("release/holdpoint")).folder(folder).args(["--operator", "holdpoint.toml"])
}

fn of_bundle(project: &Project) -> [std::path::PathBuf; 3] {
    ["bundle".into(), "--modules".into(), project.guests()]
}

/// What the load of the run came to. All of it must have been good, and nobody have ended but those who mean harm.
fn seen(report: &Value, hostile: usize) -> Result<Value> {
    let seen = report["checks"][0]["observed"].as_str().context("the phase shows what it saw")?;
    let seen: Value = serde_json::from_str(seen).with_context(|| format!("the load came to nothing: {seen}"))?;
    ensure!(seen["failed"] == 0, "requests failed, so the figures mean nothing: {seen}");
    ensure!(seen["users-lost"] == hostile, "others ended than the {hostile} who mean harm: {seen}");
    Ok(seen)
}

fn bundle(Asked { url, path, users, seconds, hostile }: Asked<'_>) -> String {
    let acts = "[\"spin\", \"allocate\", \"flood\", \"panic\"]";
    format!(
        "[bundle]\nname = \"bench-load\"\nversion = \"1\"\nchecklist = \"checklist.toml\"\n\
         [environments.bench.services.backend]\nurl = \"{url}\"\n\
         [[user]]\nid = \"rude-user\"\nmodule = \"rude-user\"\nconfig = {{ path = \"{path}\", acts = {acts}, who = {hostile:?} }}\n\
         [user.grants]\nhttp = [{{ services = [\"backend\"], methods = [\"GET\"] }}]\n\
         [[phase]]\nid = \"load\"\nmodule = \"load\"\nrequirements = [\"P3.1\"]\n\
         config = {{ loads = [{{ executor = {{ constant-vus = {users} }}, during = \"{seconds}s\", user = \"rude-user\" }}] }}\n\
         [phase.grants]\nhttp = [{{ services = [\"backend\"], methods = [\"GET\"] }}]\n\
         load = {{ max-users = {users}, max-rate = 4000000000, max-duration = \"1h\", max-requests = 4000000000, users = [\"rude-user\"] }}\n"
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_load_that_failed_has_no_figures() {
        let report = |seen: Value| json!({ "checks": [{ "observed": seen.to_string() }] });
        let good = json!({ "failed": 0, "users-lost": 0, "exchanges": 7 });
        assert_eq!(seen(&report(good.clone()), 0).unwrap(), good);
        assert!(seen(&report(json!({ "failed": 1, "users-lost": 0, "exchanges": 7 })), 0).is_err());
        assert!(seen(&json!({ "checks": [{ "observed": "denied" }] }), 0).is_err());
    }

    #[test]
    fn those_who_mean_harm_end_and_nobody_else_does() {
        let report = |lost| {
            let seen = json!({ "failed": 0, "users-lost": lost, "exchanges": 7 });
            json!({ "checks": [{ "observed": seen.to_string() }] })
        };
        assert!(seen(&report(2), 2).is_ok());
        assert!(seen(&report(1), 2).is_err() && seen(&report(3), 2).is_err());
        let asked = Asked { url: "http://127.0.0.1:1", path: "/even", users: 3, seconds: 1, hostile: &[0, 2] };
        assert!(bundle(asked).contains("path = \"/even\", acts = [\"spin\"") && bundle(asked).contains("who = [0, 2]"));
    }
}

//! Ours: a run of a bundle whose phase has so many users ask as fast as they can. Engine, journal, search for canaries, all is counted.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::super::folder;
use super::target::Nginx;
use super::wire::Wire;
use super::{Ran, begun, usage};
use crate::project::Project;
use crate::sh::{Line, say};

const CHECKLIST: &str = "[[row]]\nid = \"P3.1\"\ntitle = \"users ask\"\nlevel = \"required\"\n";

pub(super) fn run(project: &Project, (nginx, wire): (&Nginx, Wire), users: u32, seconds: u32) -> Result<Ran> {
    say("bench", &format!("holdpoint with {users} users for {seconds} s {}", wire.shown()));
    let folder = project.target.join("bench/load");
    folder::clear(&folder)?;
    let write = |name: &str, text: &str| folder::write(&folder, name, text);
    write("bundle/bundle.toml", &bundle(&nginx.url(wire), users, seconds))?;
    write("bundle/checklist.toml", CHECKLIST)?;
    let (place, certificate) = (nginx.place(wire), nginx.certificate());
    let trusted = format!("ca-file = {:?}\n", certificate.display().to_string());
    write("holdpoint.toml", &format!("{trusted}[connect-to]\n\"{place}\" = \"{place}\"\n"))?;
    holdpoint(project, &folder).arg("allow").args(of_bundle(project)).arg("--yes").text()?;
    begun::forget(&nginx.begun())?;
    let (usage, _) = usage::of(holdpoint(project, &folder).arg("run").args(of_bundle(project)))?;
    let report = holdpoint(project, &folder).args(["report", "last", "--format", "json"]).text()?;
    let requests = exchanges(&serde_json::from_str(&report).context("read the report")?)?;
    Ok(Ran { requests, usage, begun: begun::of(&nginx.begun(), users)? })
}

fn holdpoint(project: &Project, folder: &Path) -> Line {
    Line::new("bench", project.target.join("release/holdpoint")).folder(folder).args(["--operator", "holdpoint.toml"])
}

fn of_bundle(project: &Project) -> [std::path::PathBuf; 3] {
    ["bundle".into(), "--modules".into(), project.guests()]
}

/// What the load of the run came to, which must have been good.
fn exchanges(report: &Value) -> Result<u64> {
    let seen = report["checks"][0]["observed"].as_str().context("the phase shows what it saw")?;
    let seen: Value = serde_json::from_str(seen).with_context(|| format!("the load came to nothing: {seen}"))?;
    ensure!(seen["failed"] == 0 && seen["users-lost"] == 0, "requests failed, so the figures mean nothing: {seen}");
    seen["exchanges"].as_u64().context("exchanges are counted")
}

fn bundle(url: &str, users: u32, seconds: u32) -> String {
    format!(
        "[bundle]\nname = \"bench-load\"\nversion = \"1\"\nchecklist = \"checklist.toml\"\n\
         [environments.bench.services.backend]\nurl = \"{url}\"\n\
         [[user]]\nid = \"rude-user\"\nmodule = \"rude-user\"\nconfig = {{ path = \"/data\" }}\n\
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
        assert_eq!(exchanges(&report(good)).unwrap(), 7);
        assert!(exchanges(&report(json!({ "failed": 1, "users-lost": 0, "exchanges": 7 }))).is_err());
        assert!(exchanges(&json!({ "checks": [{ "observed": "denied" }] })).is_err());
    }
}

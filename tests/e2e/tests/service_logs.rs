//! What the phase `service-logs` says of logs that the real gcloud reads: those without a secret, and those with one.

use holdpoint_e2e::acting::{expect, ran};
use holdpoint_e2e::gcp::{Gcp, gcloud_is_here};
use holdpoint_e2e::{Scene, checklist, holding};
use holdpoint_staging_double::environment;
use serde_json::{Value, json};

/// What is tried.
const MODULE: &str = "service-logs.wasm";
const SERVICE: &str = "netra-backend-staging";
const KEY: &str = "OPENAI_API_KEY";

fn scene(gcp: &Gcp) -> Scene {
    scene_with(gcp, "")
}

/// The same with more lines of configuration.
fn scene_with(gcp: &Gcp, more: &str) -> Scene {
    let scene = Scene::bare();
    let module = MODULE.trim_end_matches(".wasm");
    let bundle = format!(
        r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
[environments.test]
project = "netra-staging"
region = "us-central1"
secrets = ["{KEY}"]
[[phase]]
id = "logs"
module = "{module}"
requirements = ["SEC-4"]
deadline = "3m"
[phase.config]
services = ["{SERVICE}"]
secrets = ["{KEY}"]
{more}
[phase.grants]
secrets = ["{KEY}"]
gcloud = [{{ command = "logging read", arguments = ["resource.type=*"], flags = {{ freshness = "*", limit = "*" }} }}]
"#
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist(&["SEC-4"]));
    scene.write("holdpoint.toml", &format!("{}\n[secrets.{KEY}]\nfrom = {{ env = \"{KEY}\" }}\n", gcp.operator()));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

/// A line in the log of the service.
fn line(text: &str) -> Value {
    let labels = json!({ "service_name": SERVICE, "location": "us-central1", "project_id": "netra-staging" });
    json!({ "severity": "ERROR", "textPayload": text, "resource": { "type": "cloud_run_revision", "labels": labels } })
}

fn value() -> &'static str {
    let key = environment(None).into_iter().find(|variable| variable.name == KEY);
    key.and_then(|variable| variable.value).expect("the double has a value for it")
}

#[test]
fn a_log_without_a_secret_passes_and_one_that_nobody_wrote_says_nothing() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    let scene = scene(&gcp);
    expect(&ran(&scene, 3), "SEC-4", "inconclusive", "no entry of the last 1h");
    gcp.write_log(line("a user has logged in"));
    expect(&ran(&scene, 0), "SEC-4", "pass", "none in 1 entries");
}

/// Writes lines, each at a time of its own: a line has the time of the first look at the log after it.
fn write(gcp: &Gcp, lines: &[&str]) {
    for text in lines {
        gcp.write_log(line(text));
        gcp.give(&["logging", "read", "severity>=ERROR", "--limit=1"]);
    }
}

#[test]
fn a_log_is_read_page_by_page_until_its_oldest_line() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    let scene = scene_with(&gcp, "limit = 2\npages = 2");
    write(&gcp, &["first", "second"]);
    expect(&ran(&scene, 0), "SEC-4", "pass", "none in 2 entries");
    write(&gcp, &["third"]);
    expect(&ran(&scene, 3), "SEC-4", "inconclusive", "more than 3 entries of the last 1h");
    scene.edit("bundle/bundle.toml", |text| text.replace("pages = 2", "pages = 3"));
    expect(&ran(&scene, 0), "SEC-4", "pass", "none in 3 entries");
}

#[test]
fn a_key_in_an_old_line_is_found_behind_many_new_ones() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    let scene = scene_with(&gcp, "limit = 2");
    write(&gcp, &[&format!("could not authenticate with {}", value()), "second", "third"]);
    expect(&ran(&scene, 1), "SEC-4", "fail", "hp-secret.OPENAI_API_KEY");
}

#[test]
fn a_key_in_a_line_is_found_and_stands_in_no_file_of_the_run() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    let scene = scene(&gcp);
    gcp.write_log(line(&format!("could not authenticate with {}", value())));
    expect(&ran(&scene, 1), "SEC-4", "fail", "hp-secret.OPENAI_API_KEY");
    let held = holding(&scene.path().join(".holdpoint"), value());
    assert!(held.is_empty(), "the key stands in {held:?}");
}

#[test]
fn the_shape_of_a_key_that_nobody_knows_of_is_found() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    let scene = scene(&gcp);
    gcp.write_log(line("retrying as AKIAQ3EGRPTOXXMPLEQ7"));
    expect(&ran(&scene, 1), "SEC-4", "fail", "an access key of AWS (AKIA…, 20 characters)");
}

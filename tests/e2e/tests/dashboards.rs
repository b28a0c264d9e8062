//! What the phase `dashboards` says of the boards that ship, as the real gcloud lists them, beside a Monitoring that has what the double tells, or
//! something else.

use holdpoint_e2e::gcp::{Gcp, What, When, gcloud_is_here};
use holdpoint_e2e::logic::{Told, checks, expect, failed};
use holdpoint_e2e::staging::Staging;
use holdpoint_e2e::{Scene, checklist};
use serde_json::Value;

const MODULE: &str = "dashboards.wasm";
const HOST: &str = "monitoring.googleapis.com";
const BUNDLE: &str = include_str!("../../../scripts/bundles/netra-staging/bundle.toml");
const BOARDS: [&str; 3] = [
    include_str!("../../../scripts/bundles/netra-staging/monitoring/staging-dashboard.json"),
    include_str!("../../../scripts/bundles/netra-staging/monitoring/isolation-dashboard.json"),
    include_str!("../../../scripts/bundles/netra-staging/monitoring/resources-dashboard.json"),
];

/// The configuration that ships, with less patience.
fn config() -> String {
    let phase = BUNDLE.split("id = \"dashboards\"").nth(1).expect("it ships");
    let config = phase.split("[phase.config]\n").nth(1).and_then(|rest| rest.split("[phase.grants]").next());
    config.expect("it is configured").replace("${input.panels-settle}", "5s")
}

/// The boards are there, and the operator allows what the bundle asks.
fn scene(gcp: &Gcp, staging: &Staging, boards: &[&str]) -> Scene {
    for board in boards {
        gcp.give(&["monitoring", "dashboards", "create", &format!("--config={board}")]);
    }
    let scene = Scene::bare();
    let module = MODULE.trim_end_matches(".wasm");
    let (backend, config) = (staging.backend(), config());
    let bundle = format!(
        r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
[environments.test]
project = "netra-staging"
region = "us-central1"
secrets = ["MONITORING_TOKEN"]
[environments.test.services]
backend = {{ url = "{backend}" }}
monitoring = {{ url = "https://{HOST}/v1/projects/netra-staging/location/global/prometheus" }}
[[phase]]
id = "{module}"
module = "{module}"
requirements = ["DASH-1", "DASH-2", "DASH-3"]
deadline = "3m"
[phase.config]
{config}
[phase.grants]
secrets = ["MONITORING_TOKEN"]
metrics = [{{ services = ["monitoring"], queries = true }}, {{ services = ["backend"], scrape = ["/metrics"] }}]
gcloud = [{{ command = "monitoring dashboards list" }}]
"#
    );
    scene.write("bundle/bundle.toml", &bundle);
    scene.write("bundle/checklist.toml", &checklist(&["DASH-1", "DASH-2", "DASH-3"]));
    scene.write("token", &gcp.token(std::time::Duration::from_secs(3_600)));
    let place = backend.trim_start_matches("http://");
    let token = "[secrets.MONITORING_TOKEN]\nfrom = { file = \"token\" }\nservices = [\"monitoring\"]\nheader = \"authorization\"\n\
                 format = \"Bearer {}\"\n";
    let network = gcp.network(&[HOST.to_owned()]);
    scene.write("holdpoint.toml", &format!("{network}\"{place}\" = \"{place}\"\n{}{token}", gcp.operator()));
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

fn name(board: &str, panel: &str) -> String {
    format!("board `{board}`: `{panel}` shows what backend says")
}

#[track_caller]
fn expect_of(found: &[Told], board: &str, panel: &str, verdict: &str, seen: &str) {
    expect(found, &name(board, panel), verdict, seen);
}

#[test]
fn boards_that_show_what_the_service_says_pass_and_a_replay_asks_nobody() {
    if !gcloud_is_here() {
        return;
    }
    let (gcp, staging) = (Gcp::with(&[]), Staging::start());
    gcp.export(staging.exporter());
    let scene = scene(&gcp, &staging, &BOARDS);
    let found = checks(&scene, 0);
    assert_eq!(found.len(), 9, "{found:#?}");
    for (board, panel, seen) in [
        ("Service health", "Mean response time", " of staging-1"),
        ("Service health", "Error rate", "0 of staging-1"),
        ("Service health", "Availability", "1 of staging-1"),
        ("Request isolation", "Memory per request", " of staging-1"),
        ("Request isolation", "Connections in use", "4 of staging-1"),
        ("Request isolation", "Agents", "0 of staging-1"),
        ("System resources", "Processor", "0.2 of staging-1"),
        ("System resources", "Memory", "0.390625 of staging-1"),
        ("System resources", "Disk", "0.3 of staging-1"),
    ] {
        expect_of(&found, board, panel, "pass", seen);
    }
    let asked = gcp.requests().len();
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(gcp.requests().len(), asked);
    gcp.stop();
    staging.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn a_value_that_is_altered_between_the_service_and_its_panel_fails_the_row_of_that_board() {
    if !gcloud_is_here() {
        return;
    }
    let (gcp, staging) = (Gcp::with(&[]), Staging::start());
    gcp.export(staging.exporter());
    let scene = scene(&gcp, &staging, &BOARDS);
    for (metric, row, board, panels, seen) in [
        ("errors_total", "DASH-1", "Service health", &["Error rate", "Availability"][..], "and backend says 0"),
        (
            "db_pool_in_use",
            "DASH-2",
            "Request isolation",
            &["Connections in use"][..],
            "7 of staging-1, and backend says 4",
        ),
        ("disk_used_bytes", "DASH-3", "System resources", &["Disk"][..], ", and backend says 0.3"),
    ] {
        gcp.clear_faults();
        gcp.fault_on(HOST, "POST", "*/api/v1/query", When::Always, What::Altered(metric));
        let found = checks(&scene, 1);
        let wrong: Vec<String> = panels.iter().map(|panel| name(board, panel)).collect();
        assert_eq!(failed(&found), wrong, "{metric}: {found:#?}");
        expect_of(&found, board, panels[0], "fail", seen);
        let report = scene.run(&["report", "--format", "json"]).json();
        for known in ["DASH-1", "DASH-2", "DASH-3"] {
            let verdict = if known == row { "fail" } else { "pass" };
            assert_eq!(report["rows"][known]["verdict"], verdict, "{metric}: {known}");
        }
    }
}

#[test]
fn a_board_that_is_gone_a_panel_that_asks_for_something_else_and_one_without_data_fail() {
    if !gcloud_is_here() {
        return;
    }
    let (gcp, staging) = (Gcp::with(&[]), Staging::start());
    let mut other: Value = serde_json::from_str(BOARDS[1]).expect("it is JSON");
    let query = &mut other["gridLayout"]["widgets"][1]["xyChart"]["dataSets"][0]["timeSeriesQuery"]["prometheusQuery"];
    *query = "sum by (exported_instance) (db_pool_size)".into();
    let scene = scene(&gcp, &staging, &[BOARDS[0], &other.to_string()]);
    let found = checks(&scene, 1);
    expect_of(&found, "Service health", "Error rate", "fail", "the answer is empty");
    expect_of(&found, "System resources", "Disk", "fail", "no board is named `System resources`");
    gcp.export(staging.exporter());
    let found = checks(&scene, 1);
    expect_of(&found, "Service health", "Error rate", "pass", "0 of staging-1");
    expect_of(&found, "Request isolation", "Connections in use", "fail", "200 of staging-1, and backend says 4");
    expect_of(&found, "Request isolation", "Agents", "pass", "0 of staging-1");
}

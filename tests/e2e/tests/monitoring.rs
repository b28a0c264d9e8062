//! The phase that makes dashboards and alert policies, with the real gcloud in an emulated project.

use std::time::Duration;

use holdpoint_e2e::gcp::{Gcp, What, When, gcloud_is_here};
use holdpoint_e2e::process::until;
use holdpoint_e2e::{Scene, guests};
use serde_json::{Value, json};

const HOST: &str = "monitoring.googleapis.com";

const DASHBOARD: &str = r#"{
  "displayName": "Service health",
  "gridLayout": {
    "columns": 2,
    "widgets": [{
      "title": "requests",
      "xyChart": { "dataSets": [{ "plotType": "LINE", "timeSeriesQuery": { "timeSeriesFilter": {
        "filter": "metric.type=\"run.googleapis.com/request_count\"", "aggregation": { "alignmentPeriod": "60s" } } } }] }
    }]
  }
}"#;

const ALERTS: &str = "\
- displayName: Errors above 2 %
  combiner: OR
  enabled: true
  documentation: {content: See the run book., mimeType: text/markdown}
  conditions:
  - displayName: errors
    conditionThreshold:
      filter: metric.type=\"run.googleapis.com/request_count\"
      comparison: COMPARISON_GT
      thresholdValue: 0.02
      duration: 300s
- displayName: Latency above 3 s
  combiner: OR
  enabled: true
  conditions:
  - displayName: latency
    conditionThreshold:
      filter: metric.type=\"run.googleapis.com/request_latencies\"
      comparison: COMPARISON_GT
      thresholdValue: 3000
      duration: 600s
";

/// A bundle with one dashboard and two alert policies; its operator allows what it asks.
fn scene(gcp: &Gcp, on_drift: &str) -> Scene {
    assert!(guests().join("monitoring-setup.wasm").is_file(), "the phase is not built");
    let scene = Scene::bare();
    scene.write("bundle/bundle.toml", &bundle(on_drift));
    scene.write(
        "bundle/checklist.toml",
        "[[row]]\nid = \"P4.2.dashboards\"\ntitle = \"dashboards created\"\nlevel = \"required\"\n\
         [[row]]\nid = \"P4.2.alerts\"\ntitle = \"alert policies created\"\nlevel = \"required\"\n",
    );
    scene.write("bundle/monitoring/staging-dashboard.json", DASHBOARD);
    scene.write("bundle/monitoring/staging-alerts.yaml", ALERTS);
    scene.write("holdpoint.toml", &gcp.operator());
    scene.run(&["allow", "BUNDLE", "--yes"]).exits(0);
    scene
}

fn bundle(on_drift: &str) -> String {
    format!(
        r#"[bundle]
name = "scene"
version = "1.0.0"
checklist = "checklist.toml"
[environments.test]
project = "netra-staging"
region = "us-central1"
[[phase]]
id = "monitoring"
module = "monitoring-setup"
requirements = ["P4.2.dashboards", "P4.2.alerts"]
deadline = "3m"
[phase.config]
dashboards = ["monitoring/*.json"]
alerts = ["monitoring/staging-alerts.yaml"]
on-drift = "{on_drift}"
[phase.grants]
files = [{{ directory = "monitoring", path = "monitoring" }}]
gcloud = [
    {{ command = "monitoring dashboards list" }},
    {{ command = "monitoring dashboards create", flags = {{ config-from-file = "-" }} }},
    {{ command = "monitoring dashboards update", arguments = ["*"], flags = {{ config-from-file = "-" }} }},
    {{ command = "alpha monitoring policies list" }},
    {{ command = "alpha monitoring policies create", flags = {{ policy-from-file = "-" }} }},
    {{ command = "alpha monitoring policies update", arguments = ["*"], flags = {{ policy-from-file = "-" }} }},
]
"#
    )
}

fn effects(gcp: &Gcp) -> usize {
    gcp.log().iter().filter(|seen| seen.effect.is_some()).count()
}

fn named(gcp: &Gcp, kind: &str) -> Vec<String> {
    let state = gcp.state();
    let kept = state[kind].as_array().cloned().unwrap_or_default();
    kept.iter().map(|one| one["displayName"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_is_not_there_is_created_twice_changes_nothing_and_the_run_replays_without_a_cloud() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    let scene = scene(&gcp, "fail");
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(scene.checks(), vec!["pass: created, and reads back so"; 3]);
    assert_eq!(named(&gcp, "dashboards"), ["Service health"]);
    assert_eq!(named(&gcp, "alertPolicies"), ["Errors above 2 %", "Latency above 3 s"]);
    let (made, asked) = (gcp.state(), gcp.requests().len());
    scene.run(&["replay", "last"]).exits(0);
    assert_eq!(gcp.requests().len(), asked, "a replay asks the journal alone");

    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(scene.checks(), vec!["pass: there already, nothing was changed"; 3]);
    assert_eq!((effects(&gcp), gcp.log().len()), (3, 3), "{:#?}", gcp.log());
    assert_eq!(gcp.state(), made, "the second run changed something");

    gcp.stop();
    scene.run(&["replay", "last"]).exits(0);
}

#[test]
fn what_the_platform_refuses_fails_its_row_in_the_platform_s_words() {
    if !gcloud_is_here() {
        return;
    }
    for (status, message) in
        [(400, "Field filter has an invalid value."), (403, "Permission 'monitoring.create' denied.")]
    {
        let gcp = Gcp::with(&[]);
        gcp.fault_on(HOST, "POST", "*/alertPolicies", When::Always, What::Refuse(status, message.to_owned()));
        let scene = scene(&gcp, "fail");
        scene.run(&["run", "BUNDLE"]).exits(1);
        let found = scene.checks();
        let refused = found.iter().filter(|one| one.starts_with("fail: not created: ") && one.contains(message));
        assert_eq!(refused.count(), 2, "{found:#?}");
        assert!(found.contains(&"pass: created, and reads back so".to_owned()), "{found:#?}");
        assert_eq!(effects(&gcp), 1);
    }
}

#[test]
fn a_list_that_is_refused_changes_nothing_and_judges_nothing() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    gcp.fault_on(HOST, "GET", "*", When::Always, What::Refuse(403, "Permission denied".to_owned()));
    let scene = scene(&gcp, "fail");
    scene.run(&["run", "BUNDLE"]).exits(3);
    let found = scene.checks();
    assert!(found.iter().all(|one| one.starts_with("inconclusive: permission denied")), "{found:#?}");
    assert_eq!(gcp.log().len(), 0);
}

#[test]
fn what_has_drifted_fails_with_what_differs_and_is_updated_only_where_that_is_wished() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    let scene = scene(&gcp, "fail");
    scene.run(&["run", "BUNDLE"]).exits(0);
    let state = gcp.state();
    let id = |one: &Value| one["name"].as_str().and_then(|name| name.rsplit('/').next()).unwrap_or_default().to_owned();
    let (dashboard, policy) = (&state["dashboards"][0], &state["alertPolicies"][0]);
    gcp.give(&["alpha", "monitoring", "policies", "update", &id(policy), "--no-enabled"]);
    let mut another: Value = serde_json::from_str(DASHBOARD).expect("it is JSON");
    another["etag"] = dashboard["etag"].clone();
    another["gridLayout"]["widgets"].as_array_mut().expect("it has widgets").push(json!({ "title": "one more" }));
    gcp.give(&["monitoring", "dashboards", "update", &id(dashboard), &format!("--config={another}")]);
    let before = effects(&gcp);

    scene.run(&["run", "BUNDLE"]).exits(1);
    let found = scene.checks();
    assert!(found.contains(&"fail: drifted: gridLayout.widgets: 2 entries, not 1".to_owned()), "{found:#?}");
    assert!(found.contains(&"fail: drifted: enabled: false, not true".to_owned()), "{found:#?}");
    assert_eq!(effects(&gcp), before, "nothing is changed unasked");

    scene.write("bundle/bundle.toml", &bundle("update"));
    scene.run(&["run", "BUNDLE"]).exits(0);
    let found = scene.checks();
    assert_eq!(found.iter().filter(|one| *one == "pass: updated, and reads back so").count(), 2, "{found:#?}");
    assert_eq!(effects(&gcp), before + 2);
    scene.run(&["run", "BUNDLE"]).exits(0);
    assert_eq!(effects(&gcp), before + 2, "{:#?}", gcp.log());
}

#[test]
fn a_host_that_dies_while_something_is_created_finds_out_afterwards_and_creates_it_once() {
    if !gcloud_is_here() {
        return;
    }
    for path in ["*/dashboards", "*/alertPolicies"] {
        let gcp = Gcp::with(&[]);
        gcp.fault_on(HOST, "POST", path, When::First(1), What::SlowAnswer(Duration::from_secs(20)));
        let scene = scene(&gcp, "fail");
        let live = scene.start(&["run", "BUNDLE"]);
        let end = path.trim_start_matches('*');
        until("it was created", || gcp.log().iter().any(|seen| seen.path.ends_with(end) && seen.effect.is_some()));
        drop(live);
        scene.run(&["resume", "last"]).exits(0);
        assert_eq!(effects(&gcp), 3, "{:#?}", gcp.log());
        assert_eq!(named(&gcp, "dashboards").len() + named(&gcp, "alertPolicies").len(), 3);
        scene.run(&["replay", "last"]).exits(0);
    }
}

#[test]
fn a_host_that_dies_before_something_is_created_creates_it_afterwards() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    gcp.fault_on(HOST, "POST", "*/dashboards", When::First(1), What::Hang);
    let scene = scene(&gcp, "fail");
    let live = scene.start(&["run", "BUNDLE"]);
    until("it was asked for", || gcp.requests().iter().any(|seen| seen.method == "POST"));
    drop(live);
    gcp.clear_faults();
    scene.run(&["resume", "last"]).exits(0);
    assert_eq!(effects(&gcp), 3, "{:#?}", gcp.log());
}

#[test]
fn what_gcloud_itself_sent_twice_is_seen_and_fails() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    gcp.fault_on(HOST, "POST", "*/dashboards", When::First(1), What::HalfApplied(500));
    let scene = scene(&gcp, "fail");
    scene.run(&["run", "BUNDLE"]).exits(1);
    let found = scene.checks();
    assert!(
        found.iter().any(|one| one.starts_with("fail: ") && one.contains("there are 2 of that name")),
        "{found:#?}"
    );
}

#[test]
fn a_dry_run_creates_nothing() {
    if !gcloud_is_here() {
        return;
    }
    let gcp = Gcp::with(&[]);
    let scene = scene(&gcp, "fail");
    let ended = scene.run(&["run", "BUNDLE", "--dry-run"]);
    assert_ne!(ended.code, Some(0), "{ended:?}");
    assert_eq!(gcp.log().len(), 0);
}

//! The services around Cloud Run: APIs, dashboards, alert policies, logs, builds, the project.

use holdpoint_gcp_emulator::{Emulator, Fault, Named, Options, Pattern, What, When};
use serde_json::json;

use crate::client::Client;
use crate::clouds::{NEW, UNKNOWN, cloud, effects, options};
use crate::gcloud::{self, Gcloud};

#[tokio::test]
async fn dashboards_and_alert_policies_are_made_and_kept() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let (first, second) = (Gcloud::of(&emulator), Gcloud::of(&emulator));
    let dashboard = json!({"displayName": "release", "gridLayout": {"columns": "2"}}).to_string();
    let policy = json!({
        "displayName": "errors",
        "combiner": "OR",
        "conditions": [{
            "displayName": "c",
            "conditionThreshold": {"filter": "metric.type=\"x\"", "comparison": "COMPARISON_GT", "duration": "60s"},
        }],
    });
    let policy = policy.to_string();
    let (made, alerting) = tokio::join!(
        first.run_with("monitoring dashboards create --config-from-file=- --format=json", &dashboard),
        second.run_with("alpha monitoring policies create --policy-from-file=- --format=json", &policy),
    );
    let (made, alerting) = (made.json(), alerting.json());
    let state = emulator.state();
    assert_eq!(state["dashboards"][0]["name"], made["name"]);
    assert_eq!(state["alertPolicies"][0]["name"], alerting["name"]);
    let listed = first.run("monitoring dashboards list --format=value(displayName)").await.well();
    assert_eq!(listed.out.trim(), "release");
    assert_eq!(effects(&emulator), 2);
}

#[tokio::test]
async fn a_dashboard_is_updated_only_by_who_has_seen_its_latest_version() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let gcloud = Gcloud::of(&emulator);
    let dashboard = json!({"displayName": "release", "labels": {"team": "x"}});
    let create = "monitoring dashboards create --config-from-file=- --format=json";
    let made = gcloud.run_with(create, &dashboard.to_string()).await.json();
    assert_eq!(made["labels"]["team"], "x");
    let id = made["name"].as_str().and_then(|name| name.rsplit('/').next()).unwrap();
    let update = format!("monitoring dashboards update {id} --config-from-file=- --format=json");
    let another = json!({"displayName": "release", "etag": made["etag"], "gridLayout": {"columns": "2"}}).to_string();
    gcloud.run_with(&update, &another).await.well();
    let late = gcloud.run_with(&update, &another).await;
    assert!(late.err.contains("not the latest version"), "{late:?}");
    let state = emulator.state();
    assert_eq!(state["dashboards"][0]["gridLayout"]["columns"], "2");
    assert_eq!((state["dashboards"][0]["name"].clone(), effects(&emulator)), (made["name"].clone(), 2));
}

#[tokio::test]
async fn logs_hold_what_was_seeded_and_what_services_wrote() {
    if !gcloud::is_here() {
        return;
    }
    let seeded = json!({
        "insertId": "a",
        "logName": "projects/netra-staging/logs/app",
        "severity": "ERROR",
        "timestamp": "2026-01-01T00:00:00Z",
        "textPayload": "seeded",
    });
    let emulator = Emulator::start(Options { log_entries: vec![seeded], ..options() }).await.unwrap();
    let gcloud = Gcloud::of(&emulator);
    let words =
        ["logging", "read", "severity>=WARNING AND timestamp>=\"2025-12-31T00:00:00Z\"", "--format=value(textPayload)"];
    assert_eq!(gcloud.run_words(&words, "").await.well().out.trim(), "seeded");
    gcloud.run(&format!("run services update backend --image={NEW}")).await.well();
    let words = [
        "logging",
        "read",
        "resource.type=cloud_run_revision AND resource.labels.service_name=backend",
        "--format=json",
    ];
    let read = gcloud.run_words(&words, "").await.json();
    assert!(read[0]["textPayload"].as_str().unwrap().contains("STARTUP TCP probe succeeded"), "{read}");
}

#[tokio::test]
async fn numbers_are_those_that_services_tell_unless_a_fault_alters_them() {
    let emulator = cloud().await;
    let client = Client::of(&emulator);
    let host = "monitoring.googleapis.com";
    let path = |project: &str| format!("/v1/projects/{project}/location/global/prometheus/api/v1/query");
    let ours = path("netra-staging");
    let query = json!({ "query": "sum by (exported_instance) (in_use)" });
    let (status, none) = client.ask("POST", host, &ours, &query).await;
    assert_eq!((status, &none["data"]["result"]), (200, &json!([])));
    emulator.set_exporter(|| "in_use{instance=\"a\",pool=\"x\"} 3\nin_use{instance=\"a\",pool=\"y\"} 1\n".to_owned());
    let (_, told) = client.ask("POST", host, &ours, &query).await;
    assert_eq!(told["data"]["resultType"], "vector");
    assert_eq!(told["data"]["result"][0]["metric"], json!({ "exported_instance": "a" }));
    assert_eq!(told["data"]["result"][0]["value"][1], "4");
    let on = Pattern::new("POST", host, "*/query");
    emulator.set_fault(Fault { on, when: When::Always, what: What::Altered("in_use") });
    let (_, altered) = client.ask("POST", host, &ours, &query).await;
    assert_eq!(altered["data"]["result"][0]["value"][1], "8");
    emulator.clear_faults();
    assert_eq!(client.ask("POST", host, &path("another"), &query).await.0, 403);
    let (status, refused) = client.ask("POST", host, &ours, &json!({ "query": "rate(in_use[5m])" })).await;
    assert_eq!((status, &refused["errorType"]), (400, &json!("bad_data")));
    assert_eq!(effects(&emulator), 0);
}

#[tokio::test]
async fn an_image_can_be_deployed_once_it_was_built() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let gcloud = Gcloud::of(&emulator);
    let config = gcloud.folder().join("build.json");
    let image = "us-docker.pkg.dev/netra/app/backend:built";
    let build = json!({"steps": [{"name": "gcr.io/cloud-builders/docker"}], "images": [image]});
    std::fs::write(&config, build.to_string()).unwrap();
    let line = format!("builds submit --no-source --config={} --format=json", config.display());
    let done = gcloud.run(&line).await.json();
    assert_eq!(done["status"], "SUCCESS");
    let digest = done["results"]["images"][0]["digest"].as_str().unwrap();
    let built = format!("us-docker.pkg.dev/netra/app/backend@{digest}");
    gcloud.run(&format!("run services update backend --image={built}")).await.well();
    gcloud.run(&format!("run services update backend --image={UNKNOWN}")).await.badly("not found");
}

#[tokio::test]
async fn an_api_that_was_enabled_is_listed() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let gcloud = Gcloud::of(&emulator);
    gcloud.run("services enable redis.googleapis.com").await.well();
    let listed = gcloud.run("services list --enabled --format=value(config.name)").await.well();
    assert!(listed.out.contains("run.googleapis.com") && listed.out.contains("redis.googleapis.com"), "{}", listed.out);
}

#[tokio::test]
async fn the_project_is_known_and_others_are_not() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let gcloud = Gcloud::of(&emulator);
    let project = gcloud.run("projects describe netra-staging --format=json").await.json();
    assert_eq!(project["projectNumber"], "701403009922");
    gcloud.run("projects describe netra-production").await.badly("Permission denied");
}

#[tokio::test]
async fn a_build_that_is_begun_from_standard_input_ends_as_a_fault_says() {
    if !gcloud::is_here() {
        return;
    }
    let image = "us-docker.pkg.dev/netra/app/backend:v7";
    let definition = json!({
        "steps": [{"name": "gcr.io/cloud-builders/docker", "args": ["build", "--tag", image, "."]}],
        "images": [image],
        "tags": ["hp-0123456789ab"],
    });
    for (fault, status) in [(None, "SUCCESS"), (Some("build-fails"), "FAILURE"), (Some("build-times-out"), "TIMEOUT")] {
        let emulator = cloud().await;
        if let Some(fault) = fault {
            emulator.set_fault(Named::find(fault).unwrap().fault());
        }
        let gcloud = Gcloud::of(&emulator);
        let submit = "builds submit https://git.example/app --git-source-revision=main --config=/dev/stdin --async --format=json";
        let begun = gcloud.run_with(submit, &definition.to_string()).await.json();
        assert_eq!(begun["status"], "QUEUED", "{begun:#}");
        let source = json!({"url": "https://git.example/app", "revision": "main"});
        assert_eq!(begun["source"]["gitSource"], source);
        let describe = format!("builds describe {} --format=json", begun["id"].as_str().unwrap());
        let told = gcloud.run(&describe).await.json();
        assert_eq!(told["status"], status, "{told:#}");
        assert_eq!(told["results"]["images"].as_array().map_or(0, Vec::len), usize::from(fault.is_none()));
        // What has ended stays as it is.
        emulator.clear_faults();
        assert_eq!(gcloud.run(&describe).await.json()["status"], status);
        let listed = gcloud.run("builds list --limit=200 --format=json").await.json();
        assert_eq!(listed[0]["tags"][0], "hp-0123456789ab", "{listed:#}");
    }
    let emulator = cloud().await;
    emulator.set_fault(Named::find("build-never-ends").unwrap().fault());
    let gcloud = Gcloud::of(&emulator);
    let submit = "builds submit --no-source --config=/dev/stdin --async --format=json";
    let begun = gcloud.run_with(submit, &definition.to_string()).await.json();
    let describe = format!("builds describe {} --format=json", begun["id"].as_str().unwrap());
    for _ in 0..3 {
        assert_eq!(gcloud.run(&describe).await.json()["status"], "WORKING");
    }
}

//! Each fault of the catalogue, as gcloud meets it, or a client that tries once where gcloud would try for half a
//! minute.

use std::time::Duration;

use holdpoint_gcp_emulator::{Emulator, Fault, Named, Options, Pattern, What, When};
use serde_json::{Value, json};

use crate::client::{BACKEND, Client, RUN};
use crate::clouds::{NEW, cloud, effects, entry, options, service, shares};
use crate::gcloud::{self, Gcloud, Said};

/// An emulator with the fault, and what gcloud said to an update of the backend.
async fn update_with(fault: &str) -> (Emulator, Said) {
    let emulator = with(fault).await;
    let line = format!("run services update backend --image={NEW}");
    let said = Gcloud::of(&emulator).run(&line).await;
    (emulator, said)
}

async fn with(fault: &str) -> Emulator {
    let emulator = cloud().await;
    emulator.set_fault(Named::find(fault).unwrap().fault());
    emulator
}

#[tokio::test]
async fn a_refusal_ends_gcloud_after_one_try_and_changes_nothing() {
    if !gcloud::is_here() {
        return;
    }
    let (forbidden, full) = tokio::join!(update_with("update-forbidden"), update_with("quota"));
    for (fault, (emulator, said), because) in
        [("update-forbidden", forbidden, "denied"), ("quota", full, "Quota exceeded")]
    {
        said.badly(because);
        assert_eq!(effects(&emulator), 0, "{fault}");
        assert!(emulator.log().len() <= 1, "{fault}");
    }
}

#[tokio::test]
async fn a_refusal_is_worded_as_google_words_it() {
    for (fault, status, name) in [("conflict", 409, "ABORTED"), ("api-disabled", 403, "PERMISSION_DENIED")] {
        let emulator = with(fault).await;
        let client = Client::of(&emulator);
        let body = json!({"spec": {"template": {"spec": {"containers": [{"image": NEW}]}}}});
        let (code, said) = client.ask("PUT", RUN, BACKEND, &body).await;
        assert_eq!((code, said["error"]["status"].as_str()), (status, Some(name)));
        assert_eq!(effects(&emulator), 0);
    }
}

#[tokio::test]
async fn a_read_that_is_forbidden_and_a_service_that_vanished_are_said() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = with("read-forbidden").await;
    Gcloud::of(&emulator).run("run services describe backend").await.badly("run.services.get");
    let (emulator, said) = update_with("service-vanished").await;
    said.badly("not found");
    assert_eq!(effects(&emulator), 0);
}

#[tokio::test]
async fn a_policy_that_may_not_be_changed_is_a_warning_to_a_deployment() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = with("policy-forbidden").await;
    let said =
        Gcloud::of(&emulator).run(&format!("run deploy auth --image={NEW} --allow-unauthenticated")).await.well();
    assert!(said.err.contains("Setting IAM policy failed"), "{}", said.err);
    assert_eq!(entry(&emulator, "auth")["policy"].get("bindings"), None);
}

#[tokio::test]
async fn gcloud_puts_again_after_one_500() {
    if !gcloud::is_here() {
        return;
    }
    let (emulator, said) = update_with("one-500").await;
    said.well();
    let puts: Vec<_> = emulator.log().into_iter().map(|seen| (seen.status, seen.effect)).collect();
    assert_eq!(puts, [(Some(500), None), (Some(200), Some(1))]);
}

#[tokio::test]
async fn a_half_applied_change_has_happened_once_though_gcloud_put_it_again() {
    if !gcloud::is_here() {
        return;
    }
    let (emulator, said) = update_with("half-applied").await;
    said.badly("Conflict for resource");
    let puts: Vec<_> = emulator.log().into_iter().map(|seen| (seen.status, seen.effect)).collect();
    assert_eq!(puts, [(Some(500), Some(1)), (Some(409), None)]);
    assert_eq!(entry(&emulator, "backend")["revisions"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_revision_that_does_not_start_gets_no_traffic() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let before = shares(&emulator, "backend");
    emulator.set_fault(Named::find("does-not-start").unwrap().fault());
    let said = Gcloud::of(&emulator).run(&format!("run services update backend --image={NEW}")).await;
    said.badly("failed to start");
    assert_eq!(shares(&emulator, "backend"), before);
    assert_eq!(service(&emulator, "backend")["status"]["conditions"][0]["status"], "False");
}

#[tokio::test]
async fn a_deployment_before_the_change_is_a_conflict() {
    if !gcloud::is_here() {
        return;
    }
    let (emulator, said) = update_with("deployed-before").await;
    said.badly("Conflict for resource");
    let service = service(&emulator, "backend");
    assert_eq!(service["metadata"]["annotations"]["serving.knative.dev/lastModifier"], "other-pipeline");
}

#[tokio::test]
async fn a_deployment_during_the_change_is_no_error_to_gcloud_and_has_the_traffic() {
    if !gcloud::is_here() {
        return;
    }
    let (emulator, said) = update_with("deployed-meanwhile").await;
    said.well();
    let revisions = entry(&emulator, "backend")["revisions"].clone();
    assert_eq!(revisions.as_array().unwrap().len(), 3);
    let newest = revisions[2]["metadata"]["name"].as_str().unwrap().to_owned();
    assert_eq!(shares(&emulator, "backend"), [(newest, 100)]);
}

#[tokio::test]
async fn a_token_that_expires_in_between_is_said() {
    if !gcloud::is_here() {
        return;
    }
    let (emulator, said) = update_with("token-expired").await;
    assert_ne!(said.code, Some(0), "{}", said.err);
    assert_eq!(effects(&emulator), 0);
    assert!(emulator.log().iter().all(|seen| seen.status == Some(401)));
}

#[tokio::test]
async fn a_revision_that_is_lost_before_it_gets_traffic_is_said() {
    let emulator = cloud().await;
    let client = Client::of(&emulator);
    client.put(client.backend().await, NEW).await;
    let mut service = client.backend().await;
    let newest = service["status"]["latestReadyRevisionName"].clone();
    service["spec"]["traffic"] = json!([{"revisionName": newest, "percent": 100}]);
    emulator.set_fault(Named::find("revision-lost").unwrap().fault());
    let (status, said) = client.ask("PUT", RUN, BACKEND, &service).await;
    assert_eq!(status, 400);
    assert!(said["error"]["message"].as_str().unwrap().contains("not found"), "{said}");
}

#[tokio::test]
async fn what_never_becomes_ready_is_polled_in_vain_and_keeps_the_old_traffic() {
    let emulator = with("never-ready").await;
    let client = Client::of(&emulator);
    let before = shares(&emulator, "backend");
    client.put(client.backend().await, NEW).await;
    for _ in 0..5 {
        assert_eq!(client.backend().await["status"]["conditions"][0]["status"], "Unknown");
    }
    assert_eq!(shares(&emulator, "backend"), before);
    emulator.clear_faults();
    assert_eq!(client.backend().await["status"]["conditions"][0]["status"], "True");
}

#[tokio::test]
async fn readiness_takes_as_many_polls_as_it_was_told() {
    let emulator = Emulator::start(Options { ready_after_polls: 3, ..options() }).await.unwrap();
    let client = Client::of(&emulator);
    client.put(client.backend().await, NEW).await;
    let mut states = Vec::new();
    for _ in 0..3 {
        states.push(client.backend().await["status"]["conditions"][0]["status"].clone());
    }
    assert_eq!(states, ["Unknown", "Unknown", "True"]);
}

#[tokio::test]
async fn a_stale_status_is_of_the_generation_before() {
    let emulator = with("stale-generation").await;
    let client = Client::of(&emulator);
    client.put(client.backend().await, NEW).await;
    let service = client.backend().await;
    assert_eq!(
        (service["metadata"]["generation"].as_u64(), service["status"]["observedGeneration"].as_u64()),
        (Some(2), Some(1))
    );
}

#[tokio::test]
async fn a_cloud_that_is_unavailable_says_so_every_time() {
    let emulator = with("unavailable").await;
    let client = Client::of(&emulator);
    for _ in 0..3 {
        assert_eq!(client.ask("GET", RUN, BACKEND, &Value::Null).await.0, 503);
    }
}

#[tokio::test]
async fn a_change_that_hangs_is_not_done() {
    let emulator = with("hang").await;
    let client = Client::of(&emulator);
    let service = client.backend().await;
    let asked = tokio::time::timeout(Duration::from_millis(300), client.put(service, NEW)).await;
    assert!(asked.is_err());
    assert_eq!(effects(&emulator), 0);
    assert_eq!(emulator.log()[0].status, None);
}

#[tokio::test]
async fn a_slow_answer_comes_late_and_the_change_has_been_made_before() {
    let emulator = cloud().await;
    let client = Client::of(&emulator);
    let service = client.backend().await;
    let what = What::SlowAnswer(Duration::from_secs(60));
    emulator.set_fault(Fault { on: Pattern::new("PUT", "*", "*"), when: When::Nth(1), what });
    let asked = tokio::time::timeout(Duration::from_millis(300), client.put(service, NEW)).await;
    assert!(asked.is_err());
    assert_eq!(effects(&emulator), 1);
}

#[tokio::test]
async fn a_slow_request_takes_as_long_as_it_was_told() {
    let emulator = with("slow").await;
    let client = Client::of(&emulator);
    let before = std::time::Instant::now();
    client.backend().await;
    assert!(before.elapsed() >= Duration::from_millis(1_500));
}

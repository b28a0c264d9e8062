//! Deployments and traffic, as gcloud makes them.

use crate::clouds::{NEW, OLD, UNKNOWN, cloud, effects, entry, service, shares};
use crate::gcloud::{self, Gcloud};

#[tokio::test]
async fn a_new_service_is_deployed_and_opened() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let line = format!("run deploy auth --image={NEW} --allow-unauthenticated --format=json");
    Gcloud::of(&emulator).run(&line).await.well();
    let made = entry(&emulator, "auth");
    assert_eq!(made["service"]["status"]["conditions"][0]["status"], "True");
    assert_eq!(made["policy"]["bindings"][0]["members"][0], "allUsers");
    assert!(made["revisions"][0]["metadata"]["name"].as_str().unwrap().starts_with("auth-00001-"));
}

#[tokio::test]
async fn an_update_without_traffic_is_reached_by_its_tag_and_then_gets_traffic() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let gcloud = Gcloud::of(&emulator);
    let old = shares(&emulator, "backend")[0].0.clone();

    let line = format!("run services update backend --image={NEW} --no-traffic --tag=candidate --format=json");
    gcloud.run(&line).await.well();
    assert_eq!(shares(&emulator, "backend"), [(old.clone(), 100)]);
    let traffic = service(&emulator, "backend")["status"]["traffic"].clone();
    let tagged = traffic.as_array().unwrap().iter().find(|part| part["tag"] == "candidate").unwrap().clone();
    assert!(tagged["url"].as_str().unwrap().starts_with("https://candidate---backend-"));
    let new = tagged["revisionName"].as_str().unwrap().to_owned();
    assert!(new.starts_with("backend-00002-"), "{new}");

    gcloud.run(&format!("run services update-traffic backend --to-revisions={new}=10")).await.well();
    assert_eq!(shares(&emulator, "backend"), [(old.clone(), 90), (new.clone(), 10)]);
    gcloud.run("run services update-traffic backend --to-tags=candidate=100").await.well();
    assert_eq!(shares(&emulator, "backend"), [(new, 100)]);
    assert_eq!(effects(&emulator), 3);

    let revisions = gcloud.run("run revisions list --service=backend --format=json").await.json();
    let names: Vec<&str> =
        revisions.as_array().unwrap().iter().map(|r| r["metadata"]["name"].as_str().unwrap()).collect();
    assert!(names.len() == 2 && names.contains(&old.as_str()), "{names:?}");
    gcloud.run(&format!("run revisions delete {old}")).await.well();
    assert_eq!(entry(&emulator, "backend")["revisions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_update_moves_all_traffic_to_the_newest() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    Gcloud::of(&emulator).run(&format!("run services update frontend --image={NEW}")).await.well();
    let service = service(&emulator, "frontend");
    assert_eq!(
        shares(&emulator, "frontend"),
        [(service["status"]["latestReadyRevisionName"].as_str().unwrap().to_owned(), 100)]
    );
    assert_eq!(service["metadata"]["generation"], 2);
    assert_eq!(service["status"]["observedGeneration"], 2);
}

#[tokio::test]
async fn an_image_with_an_unknown_digest_is_refused_and_nothing_changes() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let before = emulator.state();
    let line = format!("run services update backend --image={UNKNOWN}");
    Gcloud::of(&emulator).run(&line).await.badly(&format!("Image '{UNKNOWN}' not found"));
    assert_eq!(emulator.state(), before);
    emulator.add_image(UNKNOWN);
    Gcloud::of(&emulator).run(&line).await.well();
}

#[tokio::test]
async fn traffic_to_an_unknown_revision_is_refused() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let line = "run services update-traffic backend --to-revisions=backend-00009-xyz=100";
    Gcloud::of(&emulator).run(line).await.badly("not found");
    assert_eq!(shares(&emulator, "backend").len(), 1);
    assert_eq!(entry(&emulator, "backend")["revisions"][0]["spec"]["containers"][0]["image"], OLD);
    assert_eq!(effects(&emulator), 0);
}

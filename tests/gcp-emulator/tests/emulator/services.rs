//! Services are listed, described, opened to everybody and deleted.

use holdpoint_gcp_emulator::{Emulator, InitialService, Options};

use crate::clouds::{OLD, cloud, entry};
use crate::gcloud::{self, Gcloud};

#[tokio::test]
async fn services_are_listed_with_and_without_a_region() {
    if !gcloud::is_here() {
        return;
    }
    let elsewhere = InitialService { region: Some("europe-west1".to_owned()), ..InitialService::new("worker", OLD) };
    let services = vec![InitialService::new("backend", OLD), elsewhere];
    let emulator = Emulator::start(Options { services, ..Options::default() }).await.unwrap();
    let (first, second) = (Gcloud::of(&emulator), Gcloud::of(&emulator).without("CLOUDSDK_RUN_REGION"));
    let names = "--format=value(metadata.name)";
    let (here, all) = tokio::join!(
        async { first.run(&format!("run services list --region=us-central1 {names}")).await.well() },
        async { second.run(&format!("run services list {names}")).await.well() },
    );
    assert_eq!(here.out.trim(), "backend");
    assert_eq!(all.out.split_whitespace().collect::<Vec<_>>(), ["backend", "worker"]);
}

#[tokio::test]
async fn a_service_is_described_as_it_is() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let gcloud = Gcloud::of(&emulator);
    let described = gcloud.run("run services describe backend --format=json").await.json();
    assert_eq!(described["spec"]["template"]["spec"]["containers"][0]["image"], OLD);
    assert_eq!(described["status"]["traffic"][0]["percent"], 100);
    let url = described["status"]["url"].as_str().unwrap();
    assert!(url.starts_with("https://backend-") && url.ends_with("-uc.a.run.app"), "{url}");
    gcloud.run("run services describe absent").await.badly("Cannot find service [absent]");
    assert!(emulator.log().is_empty());
}

#[tokio::test]
async fn the_policy_of_a_service_is_read_changed_and_read_again() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let gcloud = Gcloud::of(&emulator);
    let change =
        "run services remove-iam-policy-binding backend --member=allUsers --role=roles/run.invoker --format=json";
    let changed = gcloud.run(change).await.json();
    assert_eq!(changed.get("bindings"), None);
    let read = gcloud.run("run services get-iam-policy backend --format=json").await.json();
    assert_eq!(read, changed);
    assert_eq!(entry(&emulator, "backend")["policy"]["etag"], changed["etag"]);
}

#[tokio::test]
async fn a_deleted_service_is_gone() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    Gcloud::of(&emulator).run("run services delete backend").await.well();
    assert!(entry(&emulator, "backend").is_null());
    assert!(!entry(&emulator, "frontend").is_null());
}

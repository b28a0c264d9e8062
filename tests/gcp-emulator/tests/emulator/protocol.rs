//! What gcloud does not ask for by itself: lists in parts, names of revisions, what is refused and why.

use std::time::Duration;

use holdpoint_gcp_emulator::{Emulator, Login, Options};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{BACKEND, Client, RUN};
use crate::clouds::{NEW, cloud, effects, entry, options, shares};

const NAMESPACE: &str = "/apis/serving.knative.dev/v1/namespaces/netra-staging";

fn message(said: &Value) -> &str {
    said["error"]["message"].as_str().unwrap()
}

#[tokio::test]
async fn a_list_is_read_in_parts() {
    let emulator = cloud().await;
    let client = Client::of(&emulator);
    let part = |query: &'static str| {
        let client = &client;
        async move { client.ask("GET", RUN, &format!("{NAMESPACE}/services?{query}"), &Value::Null).await.1 }
    };
    let first = part("limit=1").await;
    assert_eq!(first["items"][0]["metadata"]["name"], "backend");
    let second = part("limit=1&continue=1").await;
    assert_eq!((first["metadata"]["continue"].as_str(), second["metadata"].get("continue")), (Some("1"), None));
    assert_eq!(second["items"][0]["metadata"]["name"], "frontend");
}

#[tokio::test]
async fn the_same_seed_gives_the_same_names() {
    let name = async |seed| {
        let emulator = Emulator::start(Options { seed, ..options() }).await.unwrap();
        shares(&emulator, "backend")[0].0.clone()
    };
    assert_eq!(name(7).await, name(7).await);
    assert_ne!(name(7).await, name(8).await);
}

#[tokio::test]
async fn a_revision_has_the_name_that_it_was_given_once() {
    let emulator = cloud().await;
    let client = Client::of(&emulator);
    let named = |mut service: Value, name: &str, timeout: u64| {
        service["spec"]["template"]["metadata"]["name"] = name.into();
        service["spec"]["template"]["spec"]["timeoutSeconds"] = timeout.into();
        service
    };
    let put = async |name: &str, timeout| {
        let service = named(client.backend().await, name, timeout);
        client.ask("PUT", RUN, BACKEND, &service).await
    };
    assert_eq!(put("backend-blue", 1).await.0, 200);
    client.backend().await;
    assert_eq!(shares(&emulator, "backend"), [("backend-blue".to_owned(), 100)]);
    assert_eq!(put("backend-blue", 2).await.0, 409);
    assert_eq!(put("frontend-blue", 3).await.0, 400);
    assert_eq!(effects(&emulator), 1);
}

#[tokio::test]
async fn a_revision_with_traffic_is_not_deleted() {
    let emulator = cloud().await;
    let client = Client::of(&emulator);
    let serving = shares(&emulator, "backend")[0].0.clone();
    let (status, said) = client.ask("DELETE", RUN, &format!("{NAMESPACE}/revisions/{serving}"), &Value::Null).await;
    assert_eq!(status, 400);
    assert!(message(&said).contains("serving traffic"), "{said}");
}

#[tokio::test]
async fn a_policy_made_from_an_older_one_is_a_conflict() {
    let emulator = cloud().await;
    let client = Client::of(&emulator);
    let path = "/v1/projects/netra-staging/locations/us-central1/services/backend:setIamPolicy";
    let policy = json!({"policy": {"bindings": [], "etag": entry(&emulator, "backend")["policy"]["etag"]}});
    assert_eq!(client.ask("POST", "run.googleapis.com", path, &policy).await.0, 200);
    assert_eq!(client.ask("POST", "run.googleapis.com", path, &policy).await.0, 409);
    assert_eq!(effects(&emulator), 1);
}

#[tokio::test]
async fn another_project_another_route_and_too_much_are_refused() {
    let emulator = cloud().await;
    let client = Client::of(&emulator);
    let other = "/apis/serving.knative.dev/v1/namespaces/netra-production/services";
    assert_eq!(client.ask("GET", RUN, other, &Value::Null).await.0, 403);
    assert_eq!(client.ask("GET", "compute.googleapis.com", "/compute/v1/projects", &Value::Null).await.0, 501);
    let large = json!({"spec": "x".repeat(1 << 20)});
    assert_eq!(client.ask("PUT", RUN, BACKEND, &large).await.0, 413);
    let unread = format!("{NAMESPACE}/revisions?labelSelector=a+in+b");
    assert_eq!(client.ask("GET", RUN, &unread, &Value::Null).await.0, 400);
}

#[tokio::test]
async fn the_metadata_server_answers_only_whom_it_knows_by_its_header() {
    let emulator = cloud().await;
    let ask = async |header: &str| {
        let mut stream = TcpStream::connect(emulator.metadata()).await.unwrap();
        let path = "/computeMetadata/v1/instance/service-accounts/default/token";
        let asked = format!("GET {path} HTTP/1.1\r\nHost: metadata\r\n{header}Connection: close\r\n\r\n");
        stream.write_all(asked.as_bytes()).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        said
    };
    assert!(ask("").await.starts_with("HTTP/1.1 403"));
    let said = ask("Metadata-Flavor: Google\r\n").await;
    assert!(said.starts_with("HTTP/1.1 200") && said.contains("access_token"), "{said}");
}

#[tokio::test]
async fn an_environment_holds_no_more_than_its_login() {
    let emulator = cloud().await;
    let folder = tempfile::tempdir().unwrap();
    let variables = emulator.environment_as(folder.path(), &Login::Nobody).unwrap();
    assert!(variables.iter().all(|(name, _)| name != "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE" && name != "PATH"));
    assert!(!folder.path().join("token").exists());
    assert_eq!(std::fs::read_to_string(folder.path().join("config/gce")).unwrap(), "False");
}

#[tokio::test]
async fn a_stopped_emulator_listens_no_more() {
    let emulator = cloud().await;
    let (client, ports) = (Client::of(&emulator), [emulator.proxy(), emulator.metadata(), emulator.front()]);
    assert_eq!(client.put(client.backend().await, NEW).await.0, 200);
    tokio::time::timeout(Duration::from_secs(5), emulator.stop()).await.expect("it stops");
    for port in ports {
        assert!(TcpStream::connect(port).await.is_err());
    }
}

//! Who may call, and the ways to a token.

use std::process::Command;
use std::time::Duration;

use holdpoint_gcp_emulator::{Emulator, Login, Named, Options, ServiceAccount};
use serde_json::{Value, json};

use crate::client::{BACKEND, Client, RUN};
use crate::clouds::{cloud, options};
use crate::gcloud::{self, Gcloud};

const DEPLOYER: &str = "deployer@netra-staging.iam.gserviceaccount.com";
const LIST: &str = "run services list --format=value(metadata.name)";

#[tokio::test]
async fn an_unknown_token_is_refused() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let gcloud = Gcloud::logged_in(&emulator, &Login::Token("ya29.of-nobody".to_owned()));
    gcloud.run(LIST).await.badly("invalid authentication credentials");
}

#[tokio::test]
async fn a_token_expires_when_its_time_is_over() {
    let emulator = cloud().await;
    let client = Client::of(&emulator);
    assert_eq!(client.ask("GET", RUN, BACKEND, &Value::Null).await.0, 200);
    emulator.advance(Duration::from_secs(3_601));
    assert_eq!(client.ask("GET", RUN, BACKEND, &Value::Null).await.0, 401);
}

/// A key that nobody else has.
fn key() -> String {
    let made =
        Command::new("openssl").args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]).output();
    String::from_utf8(made.expect("openssl is installed").stdout).unwrap()
}

#[tokio::test]
async fn a_service_account_logs_in_with_its_key_of_openssl_and_with_no_other() {
    if !gcloud::is_here() {
        return;
    }
    let account = ServiceAccount::with_key(DEPLOYER, &key()).unwrap();
    let file = account.key_file("netra-staging").unwrap();
    let emulator = Emulator::start(Options { accounts: vec![account], ..options() }).await.unwrap();
    let gcloud = Gcloud::logged_in(&emulator, &Login::Nobody);
    gcloud.run(LIST).await.badly("You do not currently have an active account selected");

    let path = gcloud.folder().join("key.json");
    std::fs::write(&path, file.to_string()).unwrap();
    gcloud.run(&format!("auth activate-service-account --key-file={}", path.display())).await.well();
    let listed = gcloud.run(LIST).await.well();
    assert_eq!(listed.out.split_whitespace().collect::<Vec<_>>(), ["backend", "frontend"]);

    let stranger = ServiceAccount::with_key(DEPLOYER, &key()).unwrap().key_file("netra-staging").unwrap();
    std::fs::write(&path, stranger.to_string()).unwrap();
    let gcloud = Gcloud::logged_in(&emulator, &Login::Nobody);
    gcloud.run(&format!("auth activate-service-account --key-file={}", path.display())).await.badly("invalid_grant");
}

#[tokio::test]
async fn a_machine_of_the_cloud_has_its_own_account() {
    if !gcloud::is_here() {
        return;
    }
    let emulator = cloud().await;
    let gcloud = Gcloud::logged_in(&emulator, &Login::Machine);
    let listed = gcloud.run(LIST).await.well();
    assert_eq!(listed.out.split_whitespace().collect::<Vec<_>>(), ["backend", "frontend"]);
    let accounts = gcloud.run("auth list --format=value(account)").await.well();
    assert_eq!(accounts.out.trim(), DEPLOYER);
}

#[tokio::test]
async fn another_identity_provider_is_trusted_for_an_account() {
    if !gcloud::is_here() {
        return;
    }
    let subject_tokens = vec![("token-of-a-pipeline".to_owned(), "pipeline".to_owned())];
    let emulator = Emulator::start(Options { subject_tokens, ..options() }).await.unwrap();
    let gcloud = Gcloud::logged_in(&emulator, &Login::Nobody);
    let (token, file) = (gcloud.folder().join("subject"), gcloud.folder().join("federation.json"));
    std::fs::write(&token, "token-of-a-pipeline").unwrap();
    let impersonated =
        format!("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{DEPLOYER}:generateAccessToken");
    let federation = json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/ci",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "service_account_impersonation_url": impersonated,
        "credential_source": {"file": token},
    });
    std::fs::write(&file, federation.to_string()).unwrap();
    gcloud.run(&format!("auth login --cred-file={}", file.display())).await.well();
    let listed = gcloud.run(LIST).await.well();
    assert_eq!(listed.out.split_whitespace().collect::<Vec<_>>(), ["backend", "frontend"]);
}

#[tokio::test]
async fn a_refresh_token_gives_a_token_unless_logins_are_refused() {
    let refresh_tokens = vec![("1//refresh".to_owned(), "person".to_owned())];
    let emulator = Emulator::start(Options { refresh_tokens, ..options() }).await.unwrap();
    let mut client = Client::of(&emulator);
    let asked = json!({"grant_type": "refresh_token", "refresh_token": "1//refresh"});
    let (status, granted) = client.ask("POST", "oauth2.googleapis.com", "/token", &asked).await;
    assert_eq!((status, granted["expires_in"].as_u64()), (200, Some(3_599)));
    client.token = granted["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.ask("GET", RUN, BACKEND, &Value::Null).await.0, 200);

    let other = json!({"grant_type": "refresh_token", "refresh_token": "1//other"});
    assert_eq!(client.ask("POST", "oauth2.googleapis.com", "/token", &other).await.1["error"], "invalid_grant");
    emulator.set_fault(Named::find("login-refused").unwrap().fault());
    assert_eq!(client.ask("POST", "oauth2.googleapis.com", "/token", &asked).await.0, 403);
}

#[tokio::test]
async fn the_proxy_leads_nowhere_else() {
    let emulator = cloud().await;
    let client = Client::of(&emulator);
    for target in
        ["example.com:443", "run.googleapis.com:80", "googleapis.com.example.com:443", "absent-uc.a.run.app:443"]
    {
        let (_, line) = client.connect(target).await;
        assert!(line.contains("403"), "{target}: {line}");
    }
    assert_eq!(emulator.requests().iter().filter(|seen| seen.method == "CONNECT").count(), 4);
}

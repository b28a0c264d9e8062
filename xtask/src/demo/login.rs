//! How gcloud is logged in, in the demonstration: as a pipeline that another identity provider vouches for. Actions of pipelines leave
//! behind what is here: a file in the environment, and nobody in the list of accounts.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use holdpoint_gcp_emulator::{Emulator, Login};
use serde_json::json;

/// What the identity provider gives the pipeline, and whom the emulated cloud takes that for.
pub(super) const SUBJECT: (&str, &str) = ("token-of-the-pipeline", "pipeline");
const DEPLOYER: &str = "deployer@netra-staging.iam.gserviceaccount.com";
const PROJECT: &str = "netra-staging";
/// A configuration of gcloud's that is set to a project which is not the one of the bundle.
const ELSEWHERE: &str = "elsewhere";

/// Writes what gcloud reads.
pub(super) fn write(folder: &Path, cloud: &Emulator) -> Result<()> {
    let folder = folder.join("gcloud");
    cloud.environment_as(&folder, &Login::Nobody).context("write what gcloud reads")?;
    let configurations = folder.join("config/configurations");
    let put = |path: PathBuf, text: String| fs::write(&path, text).with_context(|| format!("write {}", path.display()));
    fs::create_dir_all(&configurations).with_context(|| format!("create {}", configurations.display()))?;
    for (name, project) in [("default", PROJECT), (ELSEWHERE, "netra-production")] {
        put(configurations.join(format!("config_{name}")), format!("[core]\nproject = {project}\n"))?;
    }
    // Without it gcloud takes the folder for one of before there were configurations, and begins anew.
    put(folder.join("config/active_config"), "default".to_owned())?;
    let subject = folder.join("subject");
    put(subject.clone(), SUBJECT.0.to_owned())?;
    let credential = json!({
        "type": "external_account",
        "audience": "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/ci",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "service_account_impersonation_url":
            format!("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{DEPLOYER}:generateAccessToken"),
        "credential_source": { "file": subject },
    });
    put(folder.join("pipeline.json"), credential.to_string())
}

/// The variable that the operator's file takes the token of boards from, and a token that holds longer than any demonstration.
pub(super) fn monitoring(cloud: &Emulator) -> (&'static str, String) {
    ("MONITORING_TOKEN", cloud.issue_token("reader", Duration::from_secs(86_400)))
}

/// The variables of whoever starts the command line, and those that must not be there.
pub(super) fn environment(folder: &Path, elsewhere: bool) -> [(&'static str, Option<PathBuf>); 5] {
    let inside = |name: &str| Some(folder.join("gcloud").join(name));
    [
        ("CLOUDSDK_CONFIG", inside("config")),
        ("CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE", inside("pipeline.json")),
        ("CLOUDSDK_ACTIVE_CONFIG_NAME", elsewhere.then(|| PathBuf::from(ELSEWHERE))),
        ("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", None),
        ("GOOGLE_APPLICATION_CREDENTIALS", None),
    ]
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use holdpoint_gcp_emulator::Options;

    use super::super::system::gcloud_is_here;
    use super::*;

    /// What gcloud says of its log-in and its project, in the environment of the demonstration.
    fn told(folder: &Path, cloud: &Emulator, elsewhere: bool) -> serde_json::Value {
        let mut command = Command::new("gcloud");
        command.args(["config", "config-helper", "--format=json"]);
        let proxy = cloud.proxy();
        command.env("CLOUDSDK_PROXY_TYPE", "http").env("CLOUDSDK_PROXY_ADDRESS", proxy.ip().to_string());
        command.env("CLOUDSDK_PROXY_PORT", proxy.port().to_string());
        command.env("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", folder.join("gcloud/ca.pem"));
        for (name, value) in environment(folder, elsewhere) {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_pipeline_gets_a_token_and_is_set_to_a_project() {
        if !gcloud_is_here() {
            return;
        }
        let subject_tokens = vec![(SUBJECT.0.to_owned(), SUBJECT.1.to_owned())];
        let cloud = Emulator::start(Options { subject_tokens, ..Options::default() }).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &cloud).unwrap();
        for (elsewhere, project) in [(false, PROJECT), (true, "netra-production")] {
            let told = tokio::task::block_in_place(|| told(folder.path(), &cloud, elsewhere));
            assert!(told["credential"]["access_token"].as_str().is_some_and(|token| token.starts_with("ya29.")));
            assert!(told["credential"]["token_expiry"].is_string(), "{told:#}");
            assert_eq!(told["configuration"]["properties"]["core"]["project"], project);
        }
        cloud.stop().await;
    }
}

//! The environment in which gcloud knows the emulator alone: nothing of the machine's own accounts, configuration or
//! metadata server. `PATH` is the caller's.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;

/// How gcloud is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Login {
    /// With this access token, from a file.
    Token(String),
    /// Not at all; whoever tests logs in.
    Nobody,
    /// As the account of the machine, from the emulator's metadata server.
    Machine,
}

pub(crate) struct Place<'a> {
    pub(crate) proxy: SocketAddr,
    pub(crate) metadata: SocketAddr,
    pub(crate) authority: &'a str,
    pub(crate) project: &'a str,
    pub(crate) region: &'a str,
}

/// Writes what gcloud reads below `folder`, and returns the variables.
pub(crate) fn environment(folder: &Path, place: &Place<'_>, login: &Login) -> anyhow::Result<Vec<(String, String)>> {
    let configuration = folder.join("config");
    let home = folder.join("home");
    for made in [&configuration, &home] {
        fs::create_dir_all(made).with_context(|| format!("create {}", made.display()))?;
    }
    let authority = folder.join("ca.pem");
    fs::write(&authority, place.authority).with_context(|| format!("write {}", authority.display()))?;
    // gcloud remembers here whether it runs on a machine in the cloud, and asks nobody.
    let on_machine = if *login == Login::Machine { "True" } else { "False" };
    let known = configuration.join("gce");
    fs::write(&known, on_machine).with_context(|| format!("write {}", known.display()))?;

    let metadata = if *login == Login::Machine { place.metadata.to_string() } else { "127.0.0.1:1".to_owned() };
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let mut variables = vec![
        ("LANG", "C.UTF-8".to_owned()),
        ("HOME", text(&home)),
        ("CLOUDSDK_CONFIG", text(&configuration)),
        // All three, or gcloud refuses to start.
        ("CLOUDSDK_PROXY_TYPE", "http".to_owned()),
        ("CLOUDSDK_PROXY_ADDRESS", place.proxy.ip().to_string()),
        ("CLOUDSDK_PROXY_PORT", place.proxy.port().to_string()),
        ("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE", text(&authority)),
        ("CLOUDSDK_CORE_PROJECT", place.project.to_owned()),
        ("CLOUDSDK_RUN_REGION", place.region.to_owned()),
        ("CLOUDSDK_CORE_DISABLE_PROMPTS", "1".to_owned()),
        ("CLOUDSDK_CORE_DISABLE_USAGE_REPORTING", "true".to_owned()),
        ("CLOUDSDK_CORE_CHECK_GCE_METADATA", (*login == Login::Machine).to_string()),
        ("CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK", "true".to_owned()),
        ("CLOUDSDK_CORE_DISABLE_FILE_LOGGING", "true".to_owned()),
        ("CLOUDSDK_SURVEY_DISABLE_PROMPTS", "true".to_owned()),
        ("CLOUDSDK_CORE_HTTP_TIMEOUT", "20".to_owned()),
        ("GCE_METADATA_ROOT", metadata.clone()),
        ("GCE_METADATA_HOST", metadata.clone()),
        ("GCE_METADATA_IP", metadata),
    ];
    if let Login::Token(token) = login {
        let path = folder.join("token");
        write_private(&path, token).with_context(|| format!("write {}", path.display()))?;
        variables.push(("CLOUDSDK_AUTH_ACCESS_TOKEN_FILE", text(&path)));
    }
    Ok(variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

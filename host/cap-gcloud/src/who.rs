//! Whom commands act as: what the host knows of the token that they get. Never the token itself, and nothing to get one with.

use std::path::Path;

use holdpoint_model::grant::GcloudTerms;
use serde::{Deserialize, Serialize};

use crate::config::GcloudConfig;
use crate::identity::{self, Source, Token};
use crate::{Completed, Invocation};

/// Bytes of a credential file that are read.
const LONGEST: u64 = 64 << 10;
/// Characters of a name.
const LONGEST_NAME: usize = 512;

/// How whoever acts has shown who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityKind {
    /// A person who has logged in.
    User,
    /// By its key, or because somebody may act as it.
    ServiceAccount,
    /// Another identity provider vouches for it.
    WorkloadIdentity,
    /// The account of the machine in the cloud that the host runs on.
    Metadata,
    /// A token that something else renews.
    Token,
    /// None of these.
    Other,
}

/// Whom commands act as, and where. The answer to the command `identity`, as JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Identity {
    /// None: nobody tells.
    pub principal: Option<String>,
    pub kind: IdentityKind,
    /// When the token ends, in milliseconds since 1970. None: nobody tells.
    pub ends: Option<f64>,
    /// Where commands act.
    pub project: String,
    pub region: Option<String>,
    /// The project that the operator's own gcloud is set to.
    pub own_project: Option<String>,
}

impl Identity {
    /// What a guest asks for it with.
    pub fn asked() -> Invocation {
        Invocation::new("identity")
    }

    /// Reads an answer. The error says why there is no identity.
    pub fn read(completed: &Completed) -> Result<Self, String> {
        if completed.failure.is_some() {
            return Err(completed.stderr.trim().to_owned());
        }
        serde_json::from_slice(completed.stdout.bytes()).map_err(|_| "the identity can't be read".to_owned())
    }

    /// As an answer.
    pub(crate) fn told(&self, milliseconds: f64) -> Completed {
        let stdout = serde_json::to_vec(self).unwrap_or_default();
        let stderr = String::new();
        Completed { exit: 0, failure: None, stdout: stdout.into(), stderr, truncated: false, milliseconds }
    }
}

/// A credential, as far as it says who it is for. Both as `gcloud auth describe` prints it and as it lies in a file.
#[derive(Deserialize, Default)]
struct Described {
    #[serde(default, rename = "type")]
    kind: String,
    client_email: Option<String>,
    service_account_impersonation_url: Option<String>,
    audience: Option<String>,
}

impl Described {
    fn kind(&self) -> IdentityKind {
        match self.kind.as_str() {
            "authorized_user" | "external_account_user" | "external_account_authorized_user" => IdentityKind::User,
            "service_account" | "service_account_p12" | "impersonated_account" | "impersonated_service_account" => {
                IdentityKind::ServiceAccount
            }
            "external_account" => IdentityKind::WorkloadIdentity,
            "gce" => IdentityKind::Metadata,
            _ => IdentityKind::Other,
        }
    }

    /// The account that another identity provider's word leads to, or who vouches for it.
    fn principal(self) -> Option<String> {
        let account = |url: String| {
            let name = url.rsplit_once("/serviceAccounts/")?.1;
            Some(name.split(':').next().unwrap_or(name).to_owned())
        };
        self.client_email.or_else(|| self.service_account_impersonation_url.and_then(account)).or(self.audience)
    }
}

/// Whose token it is. Asks the operator's gcloud, or reads the file that it is told to take its log-in from.
pub(crate) async fn identity(config: &GcloudConfig, token: &Token, terms: &GcloudTerms) -> Result<Identity, String> {
    let (kind, principal) = match &token.source {
        Source::File => (IdentityKind::Token, None),
        Source::CredentialFile(path) => {
            let described = read(Path::new(path)).await?;
            (described.kind(), described.principal())
        }
        Source::ActingAs(account) => (IdentityKind::ServiceAccount, Some(account.clone())),
        Source::Account(account) => {
            let arguments = ["auth", "describe", account, "--format=json(type)", "--quiet"];
            let ended = identity::own(config, &arguments.map(str::to_owned)).await?;
            if ended.exit != 0 {
                return Err(identity::refused(&ended.stderr, config.account.as_deref()));
            }
            let described: Described = serde_json::from_slice(&ended.stdout).unwrap_or_default();
            (described.kind(), Some(account.clone()))
        }
        Source::Nowhere => (IdentityKind::Other, None),
    };
    Ok(Identity {
        principal: principal.map(|name| shown(&name)),
        kind,
        ends: token.ends.map(|ends| ends.0),
        project: terms.project.to_string(),
        region: terms.region.as_ref().map(ToString::to_string),
        own_project: token.project.as_deref().map(shown),
    })
}

async fn read(path: &Path) -> Result<Described, String> {
    let shown = path.display().to_string();
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || {
        let length = std::fs::metadata(&path)?.len();
        if length > LONGEST { Ok(String::new()) } else { std::fs::read_to_string(&path) }
    });
    let text = read.await.map_err(|_| format!("reading {shown} was broken off"))?;
    let text = text.map_err(|error| format!("can't read the credential in {shown}: {error}"))?;
    // The words of a parser may hold a piece of what it read.
    serde_json::from_str(&text).map_err(|_| format!("the file {shown} holds no credential"))
}

fn shown(name: &str) -> String {
    name.chars().take(LONGEST_NAME).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(text: &str) -> (IdentityKind, Option<String>) {
        let described: Described = serde_json::from_str(text).unwrap();
        (described.kind(), described.principal())
    }

    #[test]
    fn a_credential_says_what_it_is_and_who_it_is_for() {
        use IdentityKind::{Metadata, Other, ServiceAccount, User, WorkloadIdentity};
        let url = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/a@b.c:generateAccessToken";
        let federated =
            format!(r#"{{"type":"external_account","audience":"//iam","service_account_impersonation_url":"{url}"}}"#);
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(described(&federated), (WorkloadIdentity, some("a@b.c")));
        assert_eq!(described(r#"{"type":"external_account","audience":"//iam"}"#), (WorkloadIdentity, some("//iam")));
        assert_eq!(described(r#"{"type":"service_account","client_email":"k@b.c"}"#), (ServiceAccount, some("k@b.c")));
        assert_eq!(described(r#"{"type":"authorized_user"}"#), (User, None));
        assert_eq!(described(r#"{"type":"gce"}"#), (Metadata, None));
        assert_eq!(described(r#"{"type":"made-up"}"#), (Other, None));
        assert_eq!(described("{}"), (Other, None));
    }

    #[test]
    fn names_are_bounded_and_move_no_cursor() {
        assert_eq!(shown("a\x1b[2J"), "a\u{fffd}[2J");
        assert_eq!(shown(&"x".repeat(10_000)).len(), LONGEST_NAME);
    }

    #[tokio::test]
    async fn a_file_that_is_no_credential_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credential.json");
        for content in ["secret-words", "", &"x".repeat(100_000)] {
            std::fs::write(&path, content).unwrap();
            let why = read(&path).await.err().unwrap();
            assert!(why.ends_with("holds no credential") && !why.contains("secret"), "{why}");
        }
    }
}

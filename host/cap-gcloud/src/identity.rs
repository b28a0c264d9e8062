//! Who acts: a short-lived token from the operator's own gcloud, or from a file that something else renews.
//!
//! The commands of guests get the token and nothing else: no log-in, no key, no configuration of the operator.

use std::path::Path;
use std::time::Duration;

use holdpoint_model::Timestamp;
use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::config::GcloudConfig;
use crate::process::{self, Ended, Lost};

/// How long getting a token may take.
const LIMIT: Duration = Duration::from_secs(30);
/// A token that ends within this time is renewed, in milliseconds. No command lasts longer than a minute.
const MARGIN: f64 = 120_000.0;
/// How long a token counts as good whose end is not known, in milliseconds.
const UNKNOWN: f64 = 300_000.0;
const LONGEST: usize = 16 << 10;

/// A token and how long it is used.
#[derive(Clone)]
pub(crate) struct Token {
    pub(crate) text: String,
    until: Timestamp,
    /// When it ends, if that is told.
    pub(crate) ends: Option<Timestamp>,
    /// The project that the operator's gcloud is set to; none with a token from a file.
    pub(crate) project: Option<String>,
    pub(crate) source: Source,
}

/// Where a token came from, which tells whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file, without a word about anybody.
    File,
    /// A log-in that lies in a file which gcloud is told of.
    CredentialFile(String),
    /// The account that gcloud is told to act as.
    ActingAs(String),
    /// The account that is logged in.
    Account(String),
    /// gcloud does not say.
    Nowhere,
}

impl Token {
    pub(crate) fn is_good(&self, now: Timestamp) -> bool {
        now.0 + MARGIN < self.until.0
    }
}

#[derive(Deserialize)]
struct Helper {
    credential: Credential,
    #[serde(default)]
    configuration: Configuration,
}

#[derive(Deserialize, Default)]
struct Configuration {
    #[serde(default)]
    properties: Properties,
}

#[derive(Deserialize, Default)]
struct Properties {
    #[serde(default)]
    core: Core,
    #[serde(default)]
    auth: Auth,
}

#[derive(Deserialize, Default)]
struct Core {
    project: Option<String>,
    account: Option<String>,
}

#[derive(Deserialize, Default)]
struct Auth {
    access_token_file: Option<String>,
    credential_file_override: Option<String>,
    impersonate_service_account: Option<String>,
}

impl Properties {
    /// In the order in which gcloud itself looks.
    fn source(&self) -> Source {
        let Auth { access_token_file, credential_file_override, impersonate_service_account } = &self.auth;
        if let Some(account) = impersonate_service_account {
            // There may be a chain of them; the last one acts.
            return Source::ActingAs(account.rsplit(',').next().unwrap_or(account).trim().to_owned());
        }
        match (credential_file_override, access_token_file, &self.core.account) {
            (Some(path), _, _) => Source::CredentialFile(path.clone()),
            (None, Some(_), _) => Source::File,
            // It is an argument of a command, and no flag.
            (None, None, Some(account)) if !account.starts_with('-') => Source::Account(account.clone()),
            (None, None, _) => Source::Nowhere,
        }
    }
}

#[derive(Deserialize)]
struct Credential {
    access_token: String,
    token_expiry: Option<String>,
}

/// How new a token has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fresh {
    /// One that lasts for a while, by what it says itself.
    Lasting,
    /// One that was made just now: the platform did not take the last one, whatever that said of its end.
    New,
}

/// Gets a token. The error says what would help.
pub(crate) async fn token(config: &GcloudConfig, now: Timestamp, fresh: Fresh) -> Result<Token, String> {
    match &config.token_file {
        // The file is looked at for every command: whoever renews it is not ours to follow.
        Some(path) => {
            Ok(Token { text: read(path).await?, until: now, ends: None, project: None, source: Source::File })
        }
        None => ask(config, now, fresh).await,
    }
}

/// What helps whose token is not taken, even if it was asked for just now.
pub(crate) fn not_taken(config: &GcloudConfig) -> String {
    match &config.token_file {
        Some(path) => format!(
            "the token in {} is not taken; it has ended or was taken away, and whatever writes that file has to renew it",
            path.display()
        ),
        None => "not even a new token of the operator's gcloud is taken; see `gcloud auth list`".to_owned(),
    }
}

async fn read(path: &Path) -> Result<String, String> {
    let path = path.to_owned();
    let shown = path.display().to_string();
    let read = tokio::task::spawn_blocking(move || {
        let length = std::fs::metadata(&path)?.len();
        if length > LONGEST as u64 { Ok(None) } else { std::fs::read_to_string(&path).map(Some) }
    });
    let text = read.await.map_err(|_| format!("reading {shown} was broken off"))?;
    let text = text.map_err(|error| format!("can't read the token in {shown}: {error}"))?;
    checked(&text.unwrap_or_default()).map_err(|why| format!("the file {shown} holds no token: {why}"))
}

async fn ask(config: &GcloudConfig, now: Timestamp, fresh: Fresh) -> Result<Token, String> {
    let fresh = match fresh {
        Fresh::Lasting => "--min-expiry=10m",
        Fresh::New => "--force-auth-refresh",
    };
    let mut arguments: Vec<String> =
        ["config", "config-helper", fresh, "--format=json", "--quiet"].map(str::to_owned).into();
    arguments.extend(config.account.iter().map(|account| format!("--account={account}")));
    let ended = own(config, &arguments).await?;
    if ended.exit != 0 {
        return Err(refused(&ended.stderr, config.account.as_deref()));
    }
    let helper: Helper = serde_json::from_slice(&ended.stdout)
        .map_err(|_| "gcloud was asked for a token, and its answer can't be read".to_owned())?;
    let Credential { access_token, token_expiry } = helper.credential;
    let until = token_expiry.as_deref().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
    let ends = until.map(|until| Timestamp(until.unix_timestamp() as f64 * 1_000.0));
    let until = ends.unwrap_or(Timestamp(now.0 + UNKNOWN));
    let source = helper.configuration.properties.source();
    let project = helper.configuration.properties.core.project;
    Ok(Token { text: checked(&access_token)?, until, ends, project, source })
}

/// Asks the operator's own gcloud, in their environment.
pub(crate) async fn own(config: &GcloudConfig, arguments: &[String]) -> Result<Ended, String> {
    let mut environment = config.own.clone();
    environment.extend(config.added.clone());
    if let Some(ca_file) = &config.ca_file {
        environment.insert("CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE".to_owned(), ca_file.to_string_lossy().into_owned());
    }
    environment.insert("CLOUDSDK_CORE_DISABLE_PROMPTS".to_owned(), "1".to_owned());
    process::run(config, arguments, &environment, &[], LIMIT).await.map_err(|lost| match lost {
        Lost::NotStarted(why) => {
            format!("{why}; install gcloud, or name its program in [gcloud] of the operator's file")
        }
        lost => format!("gcloud was asked for a token, and {lost}"),
    })
}

/// What is wrong with a log-in, and what would help. The words are those of gcloud, which have no codes.
pub(crate) fn refused(stderr: &str, account: Option<&str>) -> String {
    let last = stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it says nothing");
    let said = stderr.lines().find(|line| line.starts_with("ERROR:")).unwrap_or(last).trim();
    let said: String = said.chars().take(300).collect();
    let help = if stderr.contains("active account selected") || stderr.contains("No credentialed accounts") {
        "log in with `gcloud auth login`, or give a service account or workload identity to this machine"
    } else if stderr.contains("invalid_grant")
        || stderr.contains("reauth")
        || stderr.contains("refreshing your current auth tokens")
    {
        "its log-in has ended or was taken away; log in again with `gcloud auth login`"
    } else if stderr.contains("does not have any valid credentials")
        || stderr.contains("not found") && account.is_some()
    {
        "the account of [gcloud] in the operator's file is not logged in; see `gcloud auth list`"
    } else {
        "run `gcloud config config-helper` to see it"
    };
    format!("gcloud gives no token: {said}\n    {help}")
}

fn checked(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.len() < 8 || text.len() > LONGEST {
        return Err(format!("it has {} characters, and a token has 8 to {LONGEST}", text.len()));
    }
    if !text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
        return Err("it has characters that no token has".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_would_help_who_is_not_logged_in() {
        let none =
            "ERROR: (gcloud.config.config-helper) You do not currently have an active account selected.\nPlease run:\n";
        assert!(refused(none, None).contains("gcloud auth login"));
        let over = "ERROR: (gcloud.config.config-helper) There was a problem refreshing your current auth tokens: invalid_grant";
        assert!(refused(over, None).contains("log in again"));
        let other = "ERROR: (gcloud.config.config-helper) Your current active account [a@b.c] does not have any valid credentials";
        assert!(refused(other, Some("a@b.c")).contains("[gcloud] in the operator's file"));
        assert!(refused("", None).contains("it says nothing"));
    }

    #[test]
    fn whose_token_it_is_follows_from_where_gcloud_looks_first() {
        let source = |text: &str| serde_json::from_str::<Properties>(text).unwrap().source();
        assert_eq!(source(r#"{"core":{"account":"a@b.c"}}"#), Source::Account("a@b.c".into()));
        assert_eq!(
            source(r#"{"core":{"account":"a@b.c"},"auth":{"credential_file_override":"/f","access_token_file":"/t"}}"#),
            Source::CredentialFile("/f".into())
        );
        assert_eq!(source(r#"{"core":{"account":"a@b.c"},"auth":{"access_token_file":"/t"}}"#), Source::File);
        let acting = r#"{"core":{"account":"a@b.c"},"auth":{"impersonate_service_account":"x@b.c, y@b.c"}}"#;
        assert_eq!(source(acting), Source::ActingAs("y@b.c".into()));
        assert_eq!(source(r#"{"core":{"account":"--log-http"}}"#), Source::Nowhere);
        assert_eq!(source("{}"), Source::Nowhere);
    }

    #[test]
    fn a_token_is_renewed_before_it_ends() {
        let until = Timestamp(1_000_000.0);
        let token = Token { text: "x".into(), until, ends: Some(until), project: None, source: Source::Nowhere };
        assert!(token.is_good(Timestamp(800_000.0)));
        assert!(!token.is_good(Timestamp(900_000.0)));
    }

    #[test]
    fn what_is_no_token_is_not_sent() {
        for bad in ["", "short", "two words of it", "ya29.\u{e9}xxxxxxx", &"x".repeat(17 << 10)] {
            assert!(checked(bad).is_err(), "{bad:?}");
        }
        assert_eq!(checked(" ya29.a0AfB_byC\n").unwrap(), "ya29.a0AfB_byC");
    }
}

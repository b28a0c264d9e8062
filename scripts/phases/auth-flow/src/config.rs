//! What the bundle says about logins: where they start, what must stand in a start, and how one is driven to its end.

use holdpoint::prelude::*;
use url::Url;

use crate::origins::Origins;

/// The most values that any list of the configuration has.
const MOST: usize = 20;

/// The configuration as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    service: String,
    start: Start,
    login: Option<Login>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Start {
    path: String,
    endpoint: String,
    client_id: String,
    redirect_uris: Vec<String>,
    #[serde(default = "openid")]
    scopes: Vec<String>,
    #[serde(default = "sixteen")]
    state_length: usize,
    /// Parameters of the start that say where people go afterwards.
    #[serde(default = "usual")]
    parameters: Vec<String>,
    /// Where people may be sent besides the places of `redirect-uris`; one `*` stands for characters of one part of a host.
    #[serde(default)]
    origins: Vec<String>,
}

/// How a login of a test account is driven.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// The path that starts it.
    pub(crate) start: String,
    /// The service that vouches for the account.
    pub(crate) issuer: String,
    /// The path that says who is logged in, and refuses whoever is not.
    pub(crate) session: String,
    /// The path that ends it, with POST.
    pub(crate) logout: String,
}

/// The configuration when everything in it has been read.
pub(crate) struct Validated {
    pub(crate) service: String,
    pub(crate) path: String,
    pub(crate) endpoint: Url,
    pub(crate) client_id: String,
    pub(crate) redirect_uris: Vec<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) state_length: usize,
    pub(crate) parameters: Vec<String>,
    pub(crate) origins: Origins,
    /// What a browser would take a relative address of the auth service against.
    pub(crate) home: Url,
    pub(crate) login: Option<Login>,
}

impl Config {
    pub(crate) fn validated(self) -> Result<Validated> {
        let Self { service, start, login } = self;
        for (field, values) in [
            ("redirect-uris", &start.redirect_uris),
            ("scopes", &start.scopes),
            ("parameters", &start.parameters),
            ("origins", &start.origins),
        ] {
            if values.len() > MOST {
                return Err(Error::new(format!("config.start.{field} has {} values, of at most {MOST}", values.len())));
            }
        }
        if start.client_id.is_empty() {
            return Err(Error::new("config.start.client-id is empty, and every start would have it; name the client"));
        }
        if start.state_length == 0 {
            return Err(Error::new("config.start.state-length is 0, which no state guards; write 16 or more"));
        }
        let login_paths = login
            .iter()
            .flat_map(|l| [("login.start", &l.start), ("login.session", &l.session), ("login.logout", &l.logout)]);
        for (field, path) in [("start.path", &start.path)].into_iter().chain(login_paths) {
            if !path.starts_with('/') {
                return Err(Error::new(format!(
                    "config.{field} `{path}` must begin with `/`: it is one below the service's url"
                )));
            }
        }
        let endpoint = absolute("endpoint", &start.endpoint)?;
        let mut origins = Origins::default();
        for origin in &start.origins {
            origins.allow(origin).map_err(|why| Error::new(format!("config.start.origins: `{origin}` {why}")))?;
        }
        let mut home = None;
        for redirect_uri in &start.redirect_uris {
            let url = absolute("redirect-uris", redirect_uri)?;
            origins.allow_that_of(&url);
            home.get_or_insert(url);
        }
        let Some(home) = home else {
            return Err(Error::new(
                "config.start.redirect-uris is empty, so no login could come back; name at least one",
            ));
        };
        Ok(Validated {
            service,
            path: start.path,
            endpoint,
            client_id: start.client_id,
            redirect_uris: start.redirect_uris,
            scopes: start.scopes,
            state_length: start.state_length,
            parameters: start.parameters,
            origins,
            home,
            login,
        })
    }
}

fn absolute(field: &str, text: &str) -> Result<Url> {
    let refuse = |why: String| Err(Error::new(format!("config.start.{field}: `{text}` {why}")));
    match Url::parse(text) {
        Ok(url) if url.scheme() == "https" && url.has_host() => Ok(url),
        Ok(_) => refuse("is no https URL".to_owned()),
        Err(error) => refuse(format!("is no URL: {error}")),
    }
}

fn openid() -> Vec<String> {
    vec!["openid".to_owned()]
}

fn sixteen() -> usize {
    16
}

fn usual() -> Vec<String> {
    ["return_to", "next", "redirect_uri"].map(String::from).into()
}

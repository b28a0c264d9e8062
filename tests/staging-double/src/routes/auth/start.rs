//! Where a login begins: at the provider, with a state and a proof key of its own.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use url::Url;

use super::{LOGIN_COOKIE, set_cookie};
use crate::change::{Change, Laxness, NoPkce, NoState, OpenRedirect};
use crate::login::{Begun, Provider, REDIRECT_URI, challenge, fresh};
use crate::routes::answering::{Shared, failure};
use crate::service::Service;

/// Parameters that say where people go after the login.
const THEN: [&str; 2] = ["return_to", "next"];
/// Seconds that somebody may take to log in.
const PATIENCE: u32 = 600;

pub(super) async fn begin(
    provider: Provider,
    State(shared): State<Arc<Shared>>,
    Query(query): Query<HashMap<String, String>>,
) -> Response<Body> {
    match started(provider, &shared, &query) {
        Ok((location, cookie)) => {
            (StatusCode::FOUND, [(LOCATION, location), (CACHE_CONTROL, "no-store".to_owned()), (SET_COOKIE, cookie)])
                .into_response()
        }
        Err(error) => failure(StatusCode::INTERNAL_SERVER_ERROR, &format!("no login could be started: {error}")),
    }
}

/// Where the browser goes, and the cookie that it takes along.
fn started(provider: Provider, shared: &Shared, query: &HashMap<String, String>) -> anyhow::Result<(String, String)> {
    let changes = shared.switchboard.changes(Service::Auth);
    let (state, browser, verifier, nonce) = (fresh()?, fresh()?, fresh()?, fresh()?);
    let mut asked = Asked {
        endpoint: Url::parse(&provider.authorize())?,
        redirect_uri: REDIRECT_URI.to_owned(),
        state: Some(state.clone()),
        proof: Some((challenge(&verifier), "S256")),
    };
    // The login of a test account is left as it should be: what is wrong with a start shows at Google's.
    for change in changes.iter().filter(|_| provider == Provider::Google) {
        asked.alter(change, query)?;
    }
    let then = THEN.into_iter().find_map(|name| query.get(name)).map_or("/", |asked| local(asked));
    let then = followed(&changes, query).unwrap_or(then).to_owned();
    let location = asked.url(provider, &nonce);
    let cookie = set_cookie(LOGIN_COOKIE, &browser, PATIENCE);
    shared.accounts.begin(state, Begun { provider, browser, verifier, nonce, then });
    Ok((location.into(), cookie))
}

/// A path of our own page, or its root: whatever could name another host is not believed.
fn local(asked: &str) -> &str {
    let is_path = asked.starts_with('/') && !asked.starts_with("//");
    if is_path && !asked.contains('\\') && !asked.chars().any(char::is_control) { asked } else { "/" }
}

/// What a provider is asked.
struct Asked {
    endpoint: Url,
    redirect_uri: String,
    state: Option<String>,
    proof: Option<(String, &'static str)>,
}

impl Asked {
    fn url(self, provider: Provider, nonce: &str) -> Url {
        let mut url = self.endpoint;
        let mut pairs = url.query_pairs_mut();
        pairs
            .append_pair("client_id", provider.client())
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("response_type", "code")
            .append_pair("scope", "openid email profile")
            .append_pair("nonce", nonce);
        if let Some(state) = &self.state {
            pairs.append_pair("state", state);
        }
        if let Some((challenge, method)) = &self.proof {
            pairs.append_pair("code_challenge", challenge).append_pair("code_challenge_method", method);
        }
        drop(pairs);
        url
    }

    fn alter(&mut self, change: &Change, query: &HashMap<String, String>) -> anyhow::Result<()> {
        match change {
            Change::WrongHost(host) => self.endpoint.set_host(Some(host))?,
            Change::NoState(how) => {
                let state = self.state.take().unwrap_or_default();
                self.state = match how {
                    NoState::Missing => None,
                    NoState::Empty => Some(String::new()),
                    NoState::Constant(constant) => Some((*constant).to_owned()),
                    NoState::Short(length) => Some(state.chars().take(*length).collect()),
                };
            }
            Change::NoPkce(NoPkce::Missing) => self.proof = None,
            Change::NoPkce(NoPkce::Plain) => self.proof = Some((fresh()?, "plain")),
            Change::NoPkce(NoPkce::Constant) => self.proof = Some((challenge("netra"), "S256")),
            Change::OpenRedirect(open) if open.at_start => {
                if let Some(value) = believed(open, query) {
                    value.clone_into(&mut self.redirect_uri);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Where a fault sends people after the login, if the query has what it believes.
fn followed<'q>(changes: &[Change], query: &'q HashMap<String, String>) -> Option<&'q str> {
    changes.iter().find_map(|change| match change {
        Change::OpenRedirect(open) if !open.at_start => believed(open, query),
        _ => None,
    })
}

fn believed<'q>(open: &OpenRedirect, query: &'q HashMap<String, String>) -> Option<&'q str> {
    let value = query.get(open.parameter)?;
    let is_believed = match open.laxness {
        Laxness::Anything => true,
        Laxness::AnySlash => value.starts_with('/'),
    };
    is_believed.then_some(value.as_str())
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn believes_paths_alone() {
        for path in ["/", "/chat?room=1", "/a//b"] {
            assert_eq!(local(path), path);
        }
        for other in
            ["", "chat", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "\\\\evil.example"]
        {
            assert_eq!(local(other), "/", "{other}");
        }
    }
}

//! Where a login comes back and becomes a session, what the session says, and its end.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use serde_json::json;

use super::renewal::{cookies, keeps, new_pair};
use super::{LOGIN_COOKIE, RENEWAL_COOKIE, SESSION_COOKIE, cookie, set_cookie};
use crate::change::{Change, LogoutLeaves, StateAccepted};
use crate::login::{Begun, Provider};
use crate::routes::answering::{Shared, failure, success};
use crate::service::Service;

/// Seconds that a session lives in a browser.
pub(super) const LIFETIME: u32 = 3_600;

/// What the provider sends the browser back with.
#[derive(Debug, serde::Deserialize)]
pub(super) struct Returned {
    code: Option<String>,
    state: Option<String>,
}

pub(super) async fn callback(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Query(returned): Query<Returned>,
) -> Response<Body> {
    let changes = shared.switchboard.changes(Service::Auth);
    if let Some(Change::CallbackFails(status)) = changes.iter().find(|c| matches!(c, Change::CallbackFails(_))) {
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return failure(status, "the login could not be completed");
    }
    let browser = cookie(&headers, LOGIN_COOKIE);
    let Some(login) = login(&shared, &changes, returned.state.as_deref(), browser.as_deref()) else {
        return failure(StatusCode::BAD_REQUEST, "the state is not that of a login of this browser");
    };
    if login.provider != Provider::Test {
        // No code of Google's can be redeemed here: the double opens no connections.
        return failure(StatusCode::BAD_GATEWAY, "the provider can't be reached");
    }
    let entered = shared
        .issuer
        .account_of(returned.code.as_deref().unwrap_or_default(), &login)
        .and_then(|account| Ok((new_pair()?, account)));
    let (pair, account) = match entered {
        Ok(entered) => entered,
        Err(error) => return failure(StatusCode::UNAUTHORIZED, &format!("no login: {error}")),
    };
    shared.accounts.log_in(&pair, account);
    let over = AppendHeaders([(SET_COOKIE, set_cookie(LOGIN_COOKIE, "", 0))]);
    let headers = [(LOCATION, place(&login.then)), (CACHE_CONTROL, "no-store".to_owned())];
    (StatusCode::FOUND, headers, cookies(&pair), over).into_response()
}

/// The login that comes back, as the service should know it or as a fault has it.
fn login(shared: &Shared, changes: &[Change], state: Option<&str>, browser: Option<&str>) -> Option<Begun> {
    let accepted = |wanted| changes.contains(&Change::StateAccepted(wanted));
    if let Some(login) = state.and_then(|state| shared.accounts.end(state, browser)) {
        return Some(login);
    }
    if let Some(state) = state.filter(|_| accepted(StateAccepted::OfAnotherBrowser)) {
        return shared.accounts.end_for_anybody(state);
    }
    let lax = if state.is_some() { StateAccepted::Any } else { StateAccepted::Missing };
    browser.filter(|_| accepted(lax)).and_then(|browser| shared.accounts.end_without_state(browser))
}

/// A path is one of the page; what names a host already only got here by a fault.
fn place(then: &str) -> String {
    let is_path = then.starts_with('/') && !then.starts_with("//") && !then.starts_with("/\\");
    if is_path { format!("https://{}{then}", Service::Frontend.host()) } else { then.to_owned() }
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response<Body> {
    match cookie(&headers, SESSION_COOKIE).and_then(|session| shared.accounts.account(&session)) {
        Some(account) => success(json!({ "account": account })),
        None => failure(StatusCode::UNAUTHORIZED, "nobody is logged in"),
    }
}

pub(super) async fn log_out(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response<Body> {
    let changes = shared.switchboard.changes(Service::Auth);
    let leaves = changes.iter().find_map(|change| match change {
        Change::LogoutLeaves(how) => Some(*how),
        _ => None,
    });
    let Some(session) = cookie(&headers, SESSION_COOKIE) else {
        return failure(StatusCode::UNAUTHORIZED, "nobody is logged in");
    };
    if leaves.is_none() {
        shared.accounts.log_out(&session, |kept| keeps(&shared, kept));
    }
    let done = Json(json!({ "loggedOut": true }));
    let gone = AppendHeaders([SESSION_COOKIE, RENEWAL_COOKIE].map(|name| (SET_COOKIE, set_cookie(name, "", 0))));
    match leaves {
        None | Some(LogoutLeaves::TakesTheCookie) => (gone, done).into_response(),
        Some(LogoutLeaves::SaysSo) => done.into_response(),
        Some(LogoutLeaves::Redirects) => (StatusCode::SEE_OTHER, gone, [(LOCATION, place("/"))]).into_response(),
    }
}

//! The auth service's own routes: a login begins, comes back and becomes a session, which a logout
//! ends. Faults of it stand where they strike, in `start` and in `session`.

mod renewal;
mod session;
mod start;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use axum::routing::{get, post};

use super::answering::Shared;
use crate::login::Provider;

/// What the browser that began a login holds.
const LOGIN_COOKIE: &str = "netra_login";
/// What a browser that is logged in holds.
pub(super) const SESSION_COOKIE: &str = "netra_session";
/// What it renews that with.
const RENEWAL_COOKIE: &str = "netra_refresh";

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/auth/google", get(|shared, query| start::begin(Provider::Google, shared, query)))
        .route("/auth/test", get(|shared, query| start::begin(Provider::Test, shared, query)))
        .route("/auth/callback", get(session::callback))
        .route("/auth/session", get(session::show))
        .route("/auth/refresh", post(renewal::refresh))
        .route("/auth/logout", post(session::log_out))
}

/// A cookie of the request.
pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';')).find_map(
        |pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then(|| value.to_owned())
        },
    )
}

/// A header that sets a cookie for `seconds`, 0 to take it away.
fn set_cookie(name: &str, value: &str, seconds: u32) -> String {
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; Secure; SameSite=Lax")
}

//! Where a session is renewed: the old one dies, and so does what it was renewed with.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::{AppendHeaders, IntoResponse};
use serde_json::json;

use super::session::LIFETIME;
use super::{RENEWAL_COOKIE, SESSION_COOKIE, cookie, set_cookie};
use crate::change::{Change, SessionKept};
use crate::login::{Pair, fresh};
use crate::routes::answering::{Shared, failure};
use crate::service::Service;

pub(super) async fn refresh(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response<Body> {
    let refused = || failure(StatusCode::UNAUTHORIZED, "there is nothing to renew");
    let Some(renewal) = cookie(&headers, RENEWAL_COOKIE) else { return refused() };
    let pair = match new_pair() {
        Ok(pair) => pair,
        Err(error) => return failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    };
    if !shared.accounts.renew(&renewal, &pair, |kept| keeps(&shared, kept)) {
        return refused();
    }
    (cookies(&pair), [(CACHE_CONTROL, "no-store")], Json(json!({ "refreshed": true }))).into_response()
}

pub(super) fn new_pair() -> anyhow::Result<Pair> {
    Ok(Pair { session: fresh()?, renewal: fresh()? })
}

/// What a browser is given of a pair.
pub(super) fn cookies(pair: &Pair) -> AppendHeaders<[(axum::http::HeaderName, String); 2]> {
    AppendHeaders([
        (SET_COOKIE, set_cookie(SESSION_COOKIE, &pair.session, LIFETIME)),
        (SET_COOKIE, set_cookie(RENEWAL_COOKIE, &pair.renewal, LIFETIME)),
    ])
}

/// Whether a fault keeps this alive.
pub(super) fn keeps(shared: &Shared, kept: SessionKept) -> bool {
    shared.switchboard.changes(Service::Auth).contains(&Change::SessionKept(kept))
}

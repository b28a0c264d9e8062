//! Who sends a request, by the token that it carries.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};
use axum::response::{IntoResponse, Json};
use serde::Serialize;

use crate::change::{Breach, Change, Unchecked};
use crate::load::Own;
use crate::login::Person;
use crate::routes::answering::{Shared, failure};
use crate::routes::auth::{SESSION_COOKIE, cookie};
use crate::service::Service;

/// What a token begins with that comes as a subprotocol, because a browser can't set headers there.
const AS_PROTOCOL: &str = "bearer.";

/// A user with a good token.
pub(super) struct Caller {
    pub(super) person: Person,
    /// How the backend is changed while this request is answered.
    pub(super) changes: Arc<[Change]>,
}

impl Caller {
    /// An answer to this user; `text` is what of it is the user's alone.
    pub(super) fn answers(&self, status: StatusCode, body: &impl Serialize, text: &str) -> Response<Body> {
        self.owns((status, Json(body)).into_response(), text)
    }

    /// The same with an answer that is made already.
    pub(super) fn owns(&self, mut response: Response<Body>, text: &str) -> Response<Body> {
        // Costs something, so only where it may leak.
        if self.has(|change| matches!(change, Change::Leak(_))) {
            response.extensions_mut().insert(Own::new(&self.person.id, text));
        }
        response
    }

    pub(super) fn has(&self, is_wanted: impl Fn(&Change) -> bool) -> bool {
        self.changes.iter().any(is_wanted)
    }
}

impl FromRequestParts<Arc<Shared>> for Caller {
    type Rejection = Response<Body>;

    async fn from_request_parts(parts: &mut Parts, shared: &Arc<Shared>) -> Result<Self, Self::Rejection> {
        let changes = shared.switchboard.changes(Service::Backend);
        let anybody = || is_open(&changes, parts.uri.path()).then(anybody);
        let Some(person) = person(&parts.headers, shared, unchecked(&changes)).or_else(anybody) else {
            let mut refused = failure(StatusCode::UNAUTHORIZED, "a bearer token is needed");
            refused.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return Err(refused);
        };
        shared.users.with(&person.id, |shelf| shelf.served += 1).map_err(|full| *super::no_room(full))?;
        if shared.switchboard.strikes.suffers(&person.id, Instant::now()) {
            return Err(failure(StatusCode::SERVICE_UNAVAILABLE, "a worker has crashed"));
        }
        Ok(Caller { person, changes })
    }
}

/// Whether this path answers whoever asks.
fn is_open(changes: &[Change], path: &str) -> bool {
    changes.iter().any(|change| matches!(change, Change::Breach(Breach::OpenRoute(open)) if *open == path))
}

fn anybody() -> Person {
    Person { id: "anybody".to_owned(), name: "Anybody".to_owned() }
}

/// What is not looked at in a token.
fn unchecked(changes: &[Change]) -> Option<Unchecked> {
    changes.iter().find_map(|change| match change {
        Change::Breach(Breach::Unchecked(unchecked)) => Some(*unchecked),
        _ => None,
    })
}

fn person(headers: &HeaderMap, shared: &Shared, unchecked: Option<Unchecked>) -> Option<Person> {
    if let Some(value) = headers.get(AUTHORIZATION) {
        return value.to_str().ok()?.strip_prefix("Bearer ").and_then(|token| holder(token, shared, unchecked));
    }
    let offered = headers.get(SEC_WEBSOCKET_PROTOCOL).and_then(|offered| offered.to_str().ok()).unwrap_or_default();
    if let Some(token) = offered.split(',').find_map(|one| one.trim().strip_prefix(AS_PROTOCOL)) {
        return holder(token, shared, unchecked);
    }
    cookie(headers, SESSION_COOKIE).and_then(|session| of_session(&session, shared))
}

fn holder(token: &str, shared: &Shared, unchecked: Option<Unchecked>) -> Option<Person> {
    if !token.contains('.') {
        return of_session(token, shared);
    }
    shared.minted.person(token, unchecked).or_else(|| shared.issuer.person(token).ok())
}

fn of_session(session: &str, shared: &Shared) -> Option<Person> {
    shared.accounts.account(session).map(|account| Person { id: account.clone(), name: account })
}

//! What the backend offers to users: their profile, agents, states, pots, files, a chat. Everything is the caller's own; what is
//! another's is not found. And a description of it all, for anybody.

mod agents;
mod caller;
mod chat;
mod docs;
mod files;
mod metrics;
mod pots;
mod search;
mod state;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::BytesRejection;
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use serde::de::DeserializeOwned;

use self::caller::Caller;
use super::answering::{Shared, failure, success};
use crate::api::Full;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/me", get(me))
        .route("/api/agents", post(agents::start).get(agents::list))
        .route("/api/agents/{id}", get(agents::read).delete(agents::end))
        .route("/api/agents/{id}/run", post(agents::run))
        .route("/api/state/{key}", get(state::read).put(state::write))
        .route("/api/counter", post(state::count).get(state::counted))
        .route("/api/search", get(search::find))
        .route("/api/pots", get(pots::show))
        .route("/api/pots/transfers", post(pots::transfer))
        .route("/api/files", post(files::write).layer(DefaultBodyLimit::max(files::MOST_READ)))
        .route("/api/files/{id}", get(files::read).delete(files::remove))
        .route("/openapi.json", get(docs::description))
        .route("/docs", get(docs::page))
        .route("/ws/chat", get(chat::open))
        .route("/metrics", get(metrics::show))
}

async fn me(caller: Caller) -> Response<Body> {
    let profile = serde_json::json!({ "id": caller.person.id, "name": caller.person.name });
    caller.answers(StatusCode::OK, &profile, &caller.person.name)
}

/// An answer that refuses, as an error.
type Refused = Box<Response<Body>>;

/// The JSON of a body, or the answer that refuses it.
fn parsed<T: DeserializeOwned>(body: Result<Bytes, BytesRejection>) -> Result<T, Refused> {
    let refused = |status, why: &str| Box::new(failure(status, why));
    let body =
        body.map_err(|rejection| refused(rejection.status(), "the body could not be read or is above 64 KiB"))?;
    // A list is no object, though it could be read as one.
    let object = serde_json::from_slice(&body).map(serde_json::Value::Object);
    object
        .and_then(T::deserialize)
        .map_err(|error| refused(StatusCode::BAD_REQUEST, &format!("the body is not what is asked for: {error}")))
}

fn not_found() -> Response<Body> {
    failure(StatusCode::NOT_FOUND, "not found")
}

fn no_room(_: Full) -> Refused {
    Box::new(full())
}

fn full() -> Response<Body> {
    failure(StatusCode::INSUFFICIENT_STORAGE, "no room for more")
}

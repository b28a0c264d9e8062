//! The backend's own routes: effects that are applied once for each idempotency key, and what it offers to users.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answering::{Shared, failure, success};
use super::api;
use crate::effects::Refusal;

const LONGEST_KEY: usize = 256;

pub(super) fn routes() -> Router<Arc<Shared>> {
    // Keys look like paths (`run/phase/seq`), so the rest of the path is the key.
    Router::new()
        .route("/effects", post(apply))
        .route("/effects/{*key}", get(read_back))
        .route("/whoami-iam", get(whoami))
        .merge(api::routes())
}

async fn apply(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response<Body> {
    let Some(key) = headers.get("idempotency-key").and_then(|v| v.to_str().ok()).filter(|k| is_key(k)) else {
        return failure(
            StatusCode::BAD_REQUEST,
            "an effect needs the header Idempotency-Key, 1 to 256 printable ASCII characters without blanks",
        );
    };
    let body = match body {
        Ok(body) => body,
        Err(rejection) => return failure(rejection.status(), "the body could not be read or is above 64 KiB"),
    };
    let Ok(body) = serde_json::from_slice::<Value>(&body) else {
        return failure(StatusCode::BAD_REQUEST, "the body is not JSON");
    };

    // Both waits end with the connection: a client that is killed during the first has
    // caused nothing, during the second its effect stands and the answer is lost.
    pause(shared.ledger.before).await;
    let applied = shared.ledger.apply(key, &body);
    pause(shared.ledger.after).await;

    match applied {
        Ok(answer) => success(answer),
        Err(Refusal::Full) => failure(StatusCode::INSUFFICIENT_STORAGE, "the ledger is full"),
        Err(Refusal::LogBroken(error)) => {
            failure(StatusCode::INTERNAL_SERVER_ERROR, &format!("the effect log could not be written: {error}"))
        }
    }
}

async fn pause(duration: std::time::Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}

async fn read_back(State(shared): State<Arc<Shared>>, Path(key): Path<String>) -> Response<Body> {
    match shared.ledger.answer(&key) {
        Some(answer) => success(answer),
        None => failure(StatusCode::NOT_FOUND, "no effect with this key"),
    }
}

/// A route that asks who comes, as Cloud Run does before a service that is not public. Whoever has a token gets it back, as a careless
/// service would have it.
async fn whoami(headers: HeaderMap) -> Response<Body> {
    let token = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).and_then(|v| v.strip_prefix("Bearer "));
    match token.filter(|token| !token.is_empty()) {
        Some(token) => success(json!({ "token": token, "base64": STANDARD.encode(token) })),
        None => failure(StatusCode::UNAUTHORIZED, "an ID token is needed"),
    }
}

/// No tabs and no line ends, which would break the log.
fn is_key(text: &str) -> bool {
    (1..=LONGEST_KEY).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
}

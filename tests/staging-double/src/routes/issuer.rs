//! The test issuer's own routes, as OpenID Connect names them.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{Response, StatusCode};
use axum::response::{IntoResponse, Json};
use axum::routing::{get, post};
use serde_json::json;
use url::form_urlencoded;

use super::answering::{Shared, failure, success};
use crate::login::{Authorization, Issuer, Redemption, Refusal};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/.well-known/openid-configuration", get(|| async { success(Issuer::discovery()) }))
        .route("/jwks.json", get(key_set))
        .route("/authorize", get(authorize))
        .route("/token", post(token))
}

async fn key_set(State(shared): State<Arc<Shared>>) -> Response<Body> {
    success(shared.issuer.key_set())
}

async fn authorize(State(shared): State<Arc<Shared>>, Query(asked): Query<Authorization>) -> Response<Body> {
    match shared.issuer.authorize(asked) {
        Ok(Ok(to)) => {
            (StatusCode::FOUND, [(LOCATION, String::from(to)), (CACHE_CONTROL, "no-store".to_owned())]).into_response()
        }
        Ok(Err(refusal)) => refused(&refusal),
        Err(error) => failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

async fn token(State(shared): State<Arc<Shared>>, body: Bytes) -> Response<Body> {
    let mut brought = Redemption::default();
    for (name, value) in form_urlencoded::parse(&body) {
        let field = match &*name {
            "grant_type" => &mut brought.grant_type,
            "code" => &mut brought.code,
            "redirect_uri" => &mut brought.redirect_uri,
            "client_id" => &mut brought.client_id,
            "code_verifier" => &mut brought.code_verifier,
            _ => continue,
        };
        *field = value.into_owned();
    }
    match shared.issuer.redeem(&brought) {
        Ok(Ok(tokens)) => ([(CACHE_CONTROL, "no-store")], Json(tokens)).into_response(),
        Ok(Err(refusal)) => refused(&refusal),
        Err(error) => failure(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn refused(Refusal { error, why }: &Refusal) -> Response<Body> {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": error, "error_description": why }))).into_response()
}

//! The auth service's own routes: the start of a login with Google. Sessions do not exist yet.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, LOCATION};
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use url::Url;

use super::answering::{Shared, failure};
use crate::service::Service;

const AUTHORIZE: &str = "https://accounts.google.com/o/oauth2/v2/auth";
const CLIENT_ID: &str = "410000000000-netra-staging.apps.googleusercontent.com";

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/auth/google", get(start_login))
}

async fn start_login() -> Response<Body> {
    match authorize_url() {
        Ok(location) => {
            (StatusCode::FOUND, [(LOCATION, String::from(location)), (CACHE_CONTROL, "no-store".to_owned())])
                .into_response()
        }
        Err(error) => failure(StatusCode::INTERNAL_SERVER_ERROR, &format!("no login could be started: {error}")),
    }
}

fn authorize_url() -> anyhow::Result<Url> {
    let state = random_text()?;
    let verifier = random_text()?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    let callback = format!("https://{}/auth/callback", Service::Auth.host());
    let mut url = Url::parse(AUTHORIZE)?;
    url.query_pairs_mut()
        .append_pair("client_id", CLIENT_ID)
        .append_pair("redirect_uri", &callback)
        .append_pair("response_type", "code")
        .append_pair("scope", "openid email profile")
        .append_pair("state", &state)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    Ok(url)
}

/// 32 random bytes, safe in a URL.
fn random_text() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    rustls::crypto::ring::default_provider()
        .secure_random
        .fill(&mut bytes)
        .map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

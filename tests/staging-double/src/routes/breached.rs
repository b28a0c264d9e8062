//! Answers as a service gives them that is open to those who mean harm.

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{LOCATION, STRICT_TRANSPORT_SECURITY};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::response::{IntoResponse, Json};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::answering::{failure, success};
use crate::change::{Breach, Change, Mishandled, Told};
use crate::environment::OPENAI_KEY;

/// Longer than anybody waits.
const FOR_EVER: Duration = Duration::from_secs(600);
/// The shape of an access key of AWS; it opens nothing.
const ACCESS_KEY: &str = "AKIAQ3EGRPTOXXMPLEQ7";
const DEBUG: HeaderName = HeaderName::from_static("x-debug");

/// The answer to whoever comes without TLS.
pub(super) fn moved(name: &str, path: &str) -> Response<Body> {
    match HeaderValue::from_str(&format!("https://{name}{path}")) {
        Ok(to) => (StatusCode::PERMANENT_REDIRECT, [(LOCATION, to)]).into_response(),
        Err(_) => failure(StatusCode::BAD_REQUEST, "the path can't be led to"),
    }
}

/// What becomes of an answer, with the header that every one has.
pub(super) async fn breached(changes: &[Change], mut response: Response<Body>) -> Response<Body> {
    let breaches = || {
        changes.iter().filter_map(|change| match change {
            Change::Breach(breach) => Some(*breach),
            _ => None,
        })
    };
    for breach in breaches() {
        match breach {
            Breach::Malformed(mishandled) if is_refusal(response.status()) => {
                response = mishandled_as(mishandled).await;
            }
            Breach::Tells(told) if response.status().is_client_error() => tell(told, &mut response),
            _ => {}
        }
    }
    if !breaches().any(|breach| breach == Breach::NoHsts) {
        let remember = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, remember);
    }
    response
}

/// What a malformed request is answered with.
fn is_refusal(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY)
}

async fn mishandled_as(mishandled: Mishandled) -> Response<Body> {
    match mishandled {
        Mishandled::Fails => failure(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong"),
        Mishandled::Taken => success(json!({ "taken": true })),
        Mishandled::Hangs => {
            tokio::time::sleep(FOR_EVER).await;
            failure(StatusCode::SERVICE_UNAVAILABLE, "it took too long")
        }
    }
}

fn tell(told: Told, response: &mut Response<Body>) {
    let text = match told {
        Told::Plain => OPENAI_KEY.to_owned(),
        Told::Base64 => STANDARD.encode(OPENAI_KEY),
        Told::Hex => OPENAI_KEY.bytes().map(|byte| format!("{byte:02x}")).collect(),
        Told::Shape => ACCESS_KEY.to_owned(),
        Told::Header => {
            response.headers_mut().insert(DEBUG, HeaderValue::from_static(OPENAI_KEY));
            return;
        }
    };
    *response = (response.status(), Json(json!({ "error": "it failed", "debug": text }))).into_response();
}

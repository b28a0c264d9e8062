//! A search that finds nothing, and that each user may ask so often.

use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, Response, StatusCode};
use serde_json::json;

use super::{Caller, Shared, failure};
use crate::change::{Breach, Change, WrongLimit};

pub(super) async fn find(State(shared): State<Arc<Shared>>, caller: Caller) -> Response<Body> {
    let is = |wrong| caller.has(|change| *change == Change::Breach(Breach::Limit(wrong)));
    let user = if is(WrongLimit::Shared) { "" } else { caller.person.id.as_str() };
    match shared.limits.take(user, Instant::now()) {
        Err(seconds) if !is(WrongLimit::Missing) => {
            let mut refused = failure(StatusCode::TOO_MANY_REQUESTS, "this user asks too much");
            if !is(WrongLimit::Silent) {
                refused.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            }
            refused
        }
        _ => caller.answers(StatusCode::OK, &json!({ "results": [] }), ""),
    }
}

//! Routes that switch the running double, on every service, for a person with a shell. No
//! part of the system that is imitated: a phase has no business here.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::{Response, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;

use super::answering::{Shared, failure, success};
use crate::fault::Fault;
use crate::seen::Seen;

/// Which setting of the fault: the one that this seed draws.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    seed: u64,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/__double/fault/{name}", post(switch))
        .route("/__double/clear", post(clear))
        .route("/__double/requests", get(requests))
}

async fn switch(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response<Body> {
    let Ok(Query(Wanted { seed })) = wanted else {
        return failure(StatusCode::BAD_REQUEST, "the query takes seed=NUMBER and nothing else");
    };
    let Some(fault) = Fault::named(&name) else {
        let names: Vec<&str> = Fault::all().iter().map(|f| f.name).collect();
        return failure(StatusCode::NOT_FOUND, &format!("no such fault; there are {}", names.join(", ")));
    };
    let setting = fault.settle(seed);
    let text = setting.to_string();
    match shared.switchboard.switch(setting).await {
        Ok(()) => success(json!({ "switched": text, "seed": seed })),
        Err(error) => failure(StatusCode::CONFLICT, &format!("{error:#}")),
    }
}

async fn clear(State(shared): State<Arc<Shared>>) -> Response<Body> {
    match shared.switchboard.clear().await {
        Ok(()) => success(json!({ "cleared": true })),
        Err(error) => failure(StatusCode::CONFLICT, &format!("{error:#}")),
    }
}

async fn requests(State(shared): State<Arc<Shared>>) -> Json<Vec<Seen>> {
    Json(shared.seen.all())
}

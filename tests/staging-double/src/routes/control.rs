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
use crate::fault::{Adjustment, Fault};
use crate::load::{Crossing, LeakForm};
use crate::seen::Seen;
use crate::service::Service;

/// Which setting of the fault: the one that this seed draws, with the parameters that are said.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    seed: u64,
    service: Option<String>,
    one_in: Option<u32>,
    form: Option<String>,
    percent: Option<u8>,
    ms: Option<u64>,
    after: Option<u32>,
    bytes: Option<u64>,
}

impl Wanted {
    /// Nothing if it names what there is not.
    fn adjustment(&self) -> Option<Adjustment> {
        let service = self.service.as_deref().map(Service::named);
        let form = |name| LeakForm::ALL.into_iter().find(|form| form.name() == name);
        let form = self.form.as_deref().map(form);
        if service == Some(None) || form == Some(None) {
            return None;
        }
        Some(Adjustment {
            service: service.flatten(),
            one_in: self.one_in,
            form: form.flatten(),
            percent: self.percent,
            ms: self.ms,
            after: self.after,
            bytes: self.bytes,
        })
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/__double/fault/{name}", post(switch))
        .route("/__double/clear", post(clear))
        .route("/__double/requests", get(requests))
        .route("/__double/served", get(served))
        .route("/__double/crossings", get(crossings))
}

async fn switch(
    State(shared): State<Arc<Shared>>,
    Path(name): Path<String>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Response<Body> {
    let wanted = wanted.ok().and_then(|Query(wanted)| Some((wanted.seed, wanted.adjustment()?)));
    let Some((seed, adjustment)) = wanted else {
        return failure(
            StatusCode::BAD_REQUEST,
            "the query takes seed, service, one_in, form, percent, ms, after, bytes and nothing else",
        );
    };
    let Some(fault) = Fault::named(&name) else {
        let names: Vec<&str> = Fault::everywhere().map(|f| f.name).collect();
        return failure(StatusCode::NOT_FOUND, &format!("no such fault; there are {}", names.join(", ")));
    };
    let setting = match fault.settle(seed).adjusted(adjustment) {
        Ok(setting) => setting,
        Err(why) => return failure(StatusCode::BAD_REQUEST, &why),
    };
    let text = setting.to_string();
    match shared.switchboard.switch(setting).await {
        Ok(()) => success(json!({ "switched": text, "seed": seed })),
        Err(error) => failure(StatusCode::CONFLICT, &format!("{error:#}")),
    }
}

async fn clear(State(shared): State<Arc<Shared>>) -> Response<Body> {
    match shared.clear().await {
        Ok(()) => success(json!({ "cleared": true })),
        Err(error) => failure(StatusCode::CONFLICT, &format!("{error:#}")),
    }
}

async fn requests(State(shared): State<Arc<Shared>>) -> Json<Vec<Seen>> {
    Json(shared.seen.all())
}

/// What each service has served, and how long answers took.
async fn served(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let mut services = serde_json::Map::new();
    for service in Service::ALL {
        let traffic = shared.traffic.get(service);
        let quantile = |part| traffic.quantile(part);
        services.insert(
            service.name().to_owned(),
            json!({
                "routes": traffic.served(),
                "latency_ms": {
                    "p50": quantile(0.5), "p95": quantile(0.95), "p99": quantile(0.99), "p999": quantile(0.999),
                    "max": quantile(1.0),
                },
            }),
        );
    }
    success(json!({ "services": services, "users": shared.users.served() }))
}

async fn crossings(State(shared): State<Arc<Shared>>) -> Json<Vec<Crossing>> {
    Json(shared.switchboard.crossings.all())
}

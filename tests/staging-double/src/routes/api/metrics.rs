//! The backend's metrics, in the text format of Prometheus.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use axum::body::Body;
use axum::extract::State;
use axum::http::Response;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;

use super::Shared;
use crate::change::Change;
use crate::service::Service;

pub(super) async fn show(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let changes = shared.switchboard.changes(Service::Backend);
    let (now, instance) = (Instant::now(), &shared.instance);
    let live = shared.users.live_agents(now, changes.contains(&Change::Orphans));
    let strikes = &shared.switchboard.strikes;
    let taken = shared.resources.taken(now, &changes, (strikes.leaked(), strikes.left()));
    let pool = shared.switchboard.pool.gauges(&changes);
    let idle = pool.size.saturating_sub(pool.in_use);
    let mut text = shared.traffic.get(Service::Backend).metrics(instance, shared.crowds.look(&changes));
    for (name, kind, help, value) in [
        ("agents_live", "gauge", "Agents that have not ended.", live as f64),
        ("process_resident_memory_bytes", "gauge", "Resident memory.", taken.resident as f64),
        ("process_memory_limit_bytes", "gauge", "Memory that it may have.", taken.most_resident as f64),
        ("process_start_time_seconds", "gauge", "When the process began.", shared.began),
        ("process_cpu_usage", "gauge", "Processors in use.", taken.cpu),
        ("process_cpu_seconds_total", "counter", "Time of processor.", taken.cpu_seconds),
        ("db_pool_in_use", "gauge", "Connections of the pool that are in use.", pool.in_use as f64),
        ("db_pool_idle", "gauge", "Connections of the pool that are free.", idle as f64),
        ("db_pool_size", "gauge", "Connections that the pool has.", pool.size as f64),
        ("db_pool_waiting", "gauge", "Requests that wait for a connection.", pool.waiting as f64),
        ("db_pool_timeouts_total", "counter", "Requests that gave up waiting.", pool.given_up as f64),
        ("db_pool_timeout_seconds", "gauge", "How long a request waits.", pool.patience.as_secs_f64()),
    ] {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name}{{instance=\"{instance}\"}} {value}");
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

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

/// What the process takes when nothing leaks. Simulated: the double's own memory says nothing of the real system's.
const RESIDENT: u64 = 200 * 1024 * 1024;

pub(super) async fn show(State(shared): State<Arc<Shared>>) -> Response<Body> {
    let changes = shared.switchboard.changes(Service::Backend);
    let instance = &shared.instance;
    let live = shared.users.live_agents(Instant::now(), changes.contains(&Change::Orphans));
    let a_request = changes.iter().find_map(|change| match change {
        Change::MemoryLeak(bytes) => Some(*bytes),
        _ => None,
    });
    let leaked = shared.switchboard.strikes.leaked();
    let resident = RESIDENT.saturating_add(leaked.saturating_mul(a_request.unwrap_or(0)));
    let mut text = shared.traffic.get(Service::Backend).metrics(instance);
    for (name, help, value) in [
        ("agents_live", "Agents that have not ended.", live as u64),
        ("process_resident_memory_bytes", "Resident memory.", resident),
    ] {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name}{{instance=\"{instance}\"}} {value}");
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

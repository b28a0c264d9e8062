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
    let taken = shared.resources.taken(now, &changes, shared.switchboard.strikes.leaked());
    let mut text = shared.traffic.get(Service::Backend).metrics(instance);
    for (name, help, value) in [
        ("agents_live", "Agents that have not ended.", live as u64),
        ("process_resident_memory_bytes", "Resident memory.", taken.resident),
        ("process_memory_limit_bytes", "Memory that it may have.", taken.most_resident),
        ("db_pool_in_use", "Connections of the pool that are in use.", taken.connections),
        ("db_pool_size", "Connections that the pool has.", taken.pool),
    ] {
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name}{{instance=\"{instance}\"}} {value}");
    }
    let name = "process_cpu_usage";
    let _ = writeln!(
        text,
        "# HELP {name} Processors in use.\n# TYPE {name} gauge\n{name}{{instance=\"{instance}\"}} {}",
        taken.cpu
    );
    let (name, value) = ("process_cpu_seconds_total", taken.cpu_seconds);
    let _ = writeln!(
        text,
        "# HELP {name} Time of processor.\n# TYPE {name} counter\n{name}{{instance=\"{instance}\"}} {value}"
    );
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

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
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], shared.page()).into_response()
}

impl Shared {
    /// The page of metrics of the backend.
    pub(crate) fn page(&self) -> String {
        let changes = self.switchboard.changes(Service::Backend);
        let (now, instance) = (Instant::now(), &self.instance);
        let live = self.users.live_agents(now, changes.contains(&Change::Orphans));
        let strikes = &self.switchboard.strikes;
        let taken = self.resources.taken(now, &changes, (strikes.leaked(), strikes.left()));
        let pool = self.switchboard.pool.gauges(&changes);
        let idle = pool.size.saturating_sub(pool.in_use);
        let mut text = self.traffic.get(Service::Backend).metrics(instance, self.crowds.look(&changes));
        for (name, kind, help, value) in [
            ("agents_live", "gauge", "Agents that have not ended.", live as f64),
            ("process_resident_memory_bytes", "gauge", "Resident memory.", taken.resident as f64),
            ("process_memory_limit_bytes", "gauge", "Memory that it may have.", taken.most_resident as f64),
            ("process_start_time_seconds", "gauge", "When the process began.", self.began),
            ("disk_used_bytes", "gauge", "Bytes of the disk that are in use.", taken.disk as f64),
            ("disk_size_bytes", "gauge", "Bytes that the disk has.", taken.most_disk as f64),
            ("process_cpu_usage", "gauge", "Processors in use.", taken.cpu),
            ("process_cpu_seconds_total", "counter", "Time of processor.", taken.cpu_seconds),
            ("db_pool_in_use", "gauge", "Connections of the pool that are in use.", pool.in_use as f64),
            ("db_pool_idle", "gauge", "Connections of the pool that are free.", idle as f64),
            ("db_pool_size", "gauge", "Connections that the pool has.", pool.size as f64),
            ("db_pool_waiting", "gauge", "Requests that wait for a connection.", pool.waiting as f64),
            ("db_pool_timeouts_total", "counter", "Requests that gave up waiting.", pool.given_up as f64),
            ("db_pool_timeout_seconds", "gauge", "How long a request waits.", pool.patience.as_secs_f64()),
        ] {
            let _ =
                writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name}{{instance=\"{instance}\"}} {value}");
        }
        text
    }
}

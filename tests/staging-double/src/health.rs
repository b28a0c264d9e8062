//! The health answers of a service, healthy or not, as a pure function of the changes that
//! are switched on and of the dependencies that were found down.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::change::{Change, WrongBody};
use crate::service::Service;

const VERSION: &str = "1.0.0";

/// What `/health` and `/health/ready` say.
pub(crate) fn readiness(service: Service, changes: &[Change], down: &[&str]) -> (StatusCode, Value) {
    let is_down = |name: &str| {
        down.contains(&name) || changes.iter().any(|c| matches!(c, Change::DependencyDown(d) if *d == name))
    };
    let dependencies: Map<String, Value> = service
        .dependencies()
        .iter()
        .map(|name| ((*name).to_owned(), json!(if is_down(name) { "down" } else { "up" })))
        .collect();
    let degraded = service.dependencies().iter().any(|name| is_down(name));

    let mut body = json!({
        "status": if degraded { "degraded" } else { "healthy" },
        "service": service.name(),
        "version": VERSION,
        "dependencies": dependencies,
    });
    for change in changes {
        match change {
            Change::WrongBody(WrongBody::Status(status)) => body["status"] = json!(status),
            Change::WrongBody(WrongBody::NoStatus) => {
                body = json!({ "service": service.name(), "version": VERSION });
            }
            _ => {}
        }
    }
    (StatusCode::OK, body)
}

/// What `/health/live` says: the process runs, whatever its dependencies do.
pub(crate) fn liveness() -> (StatusCode, Value) {
    (StatusCode::OK, json!({ "status": "alive" }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::readiness;
    use crate::change::{Change, WrongBody};
    use crate::service::Service;

    #[test]
    fn a_healthy_backend_names_its_three_databases() {
        let (_, body) = readiness(Service::Backend, &[], &[]);
        assert_eq!(
            body,
            json!({
                "status": "healthy", "service": "backend", "version": "1.0.0",
                "dependencies": { "postgres": "up", "redis": "up", "clickhouse": "up" },
            })
        );
    }

    #[test]
    fn a_dependency_that_is_down_degrades_with_status_200() {
        let (status, body) = readiness(Service::Auth, &[Change::DependencyDown("redis")], &[]);
        assert_eq!(status, 200);
        assert_eq!(body["status"], "degraded");
        assert_eq!(body["dependencies"], json!({ "postgres": "up", "redis": "down" }));
        let (_, found) = readiness(Service::Auth, &[], &["redis"]);
        assert_eq!(found, body, "however it went down");
    }

    #[test]
    fn a_wrong_body_lacks_or_alters_the_status() {
        let (_, lacking) = readiness(Service::Auth, &[Change::WrongBody(WrongBody::NoStatus)], &[]);
        assert_eq!(lacking.get("status"), None);
        let (_, altered) = readiness(Service::Auth, &[Change::WrongBody(WrongBody::Status("starting"))], &[]);
        assert_eq!(altered["status"], "starting");
    }
}

//! The services of the double and what is fixed about each. Holds no state.

use std::fmt;

/// One of the three services that the guide deploys, or what stands beside them for tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// The API, with three databases behind it.
    Backend,
    /// Login and sessions.
    Auth,
    /// The web page.
    Frontend,
    /// An OpenID issuer for logins of a test account. No part of a release: it stands in staging so that a login can be
    /// driven without a browser.
    Issuer,
}

impl Service {
    /// All services, in the order in which they are listed everywhere.
    pub const ALL: [Service; 4] = [Service::Backend, Service::Auth, Service::Frontend, Service::Issuer];
    /// Those that a release consists of. Faults of any service strike one of these.
    pub const RELEASED: [Service; 3] = [Service::Backend, Service::Auth, Service::Frontend];

    /// The short name, as in health answers and bundles.
    pub fn name(self) -> &'static str {
        match self {
            Service::Backend => "backend",
            Service::Auth => "auth",
            Service::Frontend => "frontend",
            Service::Issuer => "issuer",
        }
    }

    /// The service with this short name.
    pub fn named(name: &str) -> Option<Service> {
        Service::ALL.into_iter().find(|s| s.name() == name)
    }

    /// What the service names as its dependencies in a health answer.
    pub fn dependencies(self) -> &'static [&'static str] {
        match self {
            Service::Backend => &["postgres", "redis", "clickhouse"],
            Service::Auth => &["postgres", "redis"],
            Service::Frontend => &["backend", "auth"],
            Service::Issuer => &[],
        }
    }

    /// The host name under which the clean configuration files know the service.
    pub fn host(self) -> &'static str {
        match self {
            Service::Backend => "netra-backend-staging-demo.a.run.app",
            Service::Auth => "netra-auth-service-demo.a.run.app",
            Service::Frontend => "netra-frontend-staging-demo.a.run.app",
            Service::Issuer => "netra-test-issuer-demo.a.run.app",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One value for each service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PerService<T> {
    /// The backend's.
    pub backend: T,
    /// The auth service's.
    pub auth: T,
    /// The frontend's.
    pub frontend: T,
    /// The test issuer's.
    pub issuer: T,
}

impl<T> PerService<T> {
    /// Asks `value` once for each service.
    pub fn each(mut value: impl FnMut(Service) -> T) -> Self {
        PerService {
            backend: value(Service::Backend),
            auth: value(Service::Auth),
            frontend: value(Service::Frontend),
            issuer: value(Service::Issuer),
        }
    }

    /// The value of one service.
    pub fn get(&self, service: Service) -> &T {
        match service {
            Service::Backend => &self.backend,
            Service::Auth => &self.auth,
            Service::Frontend => &self.frontend,
            Service::Issuer => &self.issuer,
        }
    }
}

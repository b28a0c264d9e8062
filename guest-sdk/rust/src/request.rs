//! Requests and where they go. A destination is a granted service or a URL whose host is granted; none is invented here.

use std::fmt;

use serde_json::Value;

use crate::{Millis, Opening};

/// How often a read may be sent again at most, whatever a configuration says.
const MOST_RETRIES: u32 = 10;

/// A service of the bundle that this phase may ask.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Service {
    name: String,
}

impl Service {
    pub(crate) fn new(name: String) -> Self {
        Self { name }
    }

    /// The name that the bundle gives it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A GET of a path below the service's URL, e.g. `/health?full=1`.
    pub fn get(&self, path: impl AsRef<str>) -> Request {
        self.request("GET", path)
    }

    /// A POST to a path below the service's URL: an effect, which is never sent again by the SDK.
    pub fn post(&self, path: impl AsRef<str>) -> Request {
        self.request("POST", path)
    }

    /// A request with any method, in upper case.
    pub fn request(&self, method: &str, path: impl AsRef<str>) -> Request {
        let path = path.as_ref();
        Request::new(method, self.at(path))
    }

    /// A WebSocket at a path below the service's URL.
    pub fn socket(&self, path: impl AsRef<str>) -> Opening {
        Opening::new(self.at(path.as_ref()))
    }

    fn at(&self, path: &str) -> Target {
        // The contract wants a leading slash; a configuration that leaves it out means the same.
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Target::Service { service: self.name.clone(), path }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// Where a request goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A service of the bundle, and a path below its URL.
    Service {
        /// The service's name in the bundle.
        service: String,
        /// Begins with `/`; may carry a query.
        path: String,
    },
    /// An absolute URL whose host a grant names.
    Url(String),
}

/// A request that has not been sent. It is shown as `GET backend /health`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    pub(crate) target: Target,
    pub(crate) method: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) timeout: Option<Millis>,
    pub(crate) follow: u32,
    pub(crate) retries: u32,
}

impl Request {
    /// A request with any method, in upper case.
    pub fn new(method: &str, target: Target) -> Self {
        Self {
            target,
            method: method.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            timeout: None,
            follow: 0,
            retries: 0,
        }
    }

    /// A GET of an absolute URL.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", Target::Url(url.into()))
    }

    /// Adds a header. `host` and the hop-by-hop headers are refused by the host.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body and its `content-type`.
    pub fn body(self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut request = self.header("content-type", media_type);
        request.body = body.into();
        request
    }

    /// Sets a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// The limit for the whole exchange: 1 ms to one minute; 30 s if it is not set.
    pub fn timeout(mut self, limit: Millis) -> Self {
        self.timeout = Some(Millis(limit.0.clamp(1, 60_000)));
        self
    }

    /// Follows up to this many redirects, at most 10; each hop must be granted.
    pub fn follow(mut self, hops: u32) -> Self {
        self.follow = hops.min(10);
        self
    }

    /// Sends a read up to this many times again, at most 10, after a short durable wait. An effect is never sent again.
    pub fn retries(mut self, retries: u32) -> Self {
        self.retries = retries.min(MOST_RETRIES);
        self
    }

    /// Where it goes.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Its method.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The service that it asks, if it is not a URL.
    pub fn service(&self) -> Option<&str> {
        match &self.target {
            Target::Service { service, .. } => Some(service),
            Target::Url(_) => None,
        }
    }

    /// The path below the service's URL, or the whole URL.
    pub fn path(&self) -> &str {
        match &self.target {
            Target::Service { path, .. } => path,
            Target::Url(url) => url,
        }
    }

    /// Whether it only reads, by its method.
    pub fn is_read(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS")
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Service { service, path } => write!(f, "{} {service} {path}", self.method),
            Target::Url(url) => write!(f, "{} {url}", self.method),
        }
    }
}

//! Grants of HTTP requests.

use std::fmt::Display;

use super::{GrantError, HostPattern, HostPort, HttpAuth, JsonPath, Method, PathPrefix, RequestPath, effective_class};
use crate::{Class, ServiceName};

/// Requests that a phase may send: any of the methods, to any of the services and hosts, below any of the paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpGrant {
    /// Services of the bundle's environment, by name.
    pub services: Vec<ServiceName>,
    /// Hosts by pattern, for absolute URLs.
    pub hosts: Vec<HostPattern>,
    /// An empty list grants nothing.
    pub methods: Vec<Method>,
    /// Absent: every path. An empty list grants nothing.
    pub paths: Option<Vec<PathPrefix>>,
    /// The class of these requests, where it is not that of their method.
    pub class: Option<Class>,
    /// What the host proves with that it may ask. For services only: a host that is named in a URL gets none.
    pub auth: Option<HttpAuth>,
    /// Places in JSON answers that hold session tokens.
    pub secret: Vec<JsonPath>,
    /// How an effect that was interrupted is looked up.
    pub read_back: Option<ReadBack>,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Destination {
    /// A service of the bundle, wherever it lives.
    Service(ServiceName),
    /// A host that the guest named.
    Host(HostPort),
}

/// A request that a guest wants to send, or a redirect that it wants to follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAsk {
    pub destination: Destination,
    pub method: Method,
    pub path: RequestPath,
}

impl HttpGrant {
    /// Whether the request may be sent under this grant.
    pub fn covers(&self, ask: &HttpAsk) -> bool {
        self.covers_destination(&ask.destination) && self.methods.contains(&ask.method) && self.covers_path(&ask.path)
    }

    pub(super) fn covers_destination(&self, destination: &Destination) -> bool {
        match destination {
            Destination::Service(name) => self.services.contains(name),
            Destination::Host(host) => self.hosts.iter().any(|pattern| pattern.covers(host)),
        }
    }

    pub(super) fn covers_path(&self, path: &RequestPath) -> bool {
        self.paths.as_ref().is_none_or(|paths| paths.iter().any(|prefix| prefix.covers(path)))
    }

    /// The class of a request of this method under this grant.
    pub fn class_of(&self, method: &Method) -> Class {
        effective_class(self.class, method)
    }

    /// The grant as an inline table of TOML.
    pub fn to_toml(&self) -> String {
        let mut parts = Vec::new();
        if !self.services.is_empty() {
            parts.push(format!("services = {}", list(&self.services)));
        }
        if !self.hosts.is_empty() {
            parts.push(format!("hosts = {}", list(&self.hosts)));
        }
        if let Some(paths) = &self.paths {
            parts.push(format!("paths = {}", list(paths)));
        }
        parts.push(format!("methods = {}", list(&self.methods)));
        if let Some(class) = self.class {
            parts.push(format!("class = \"{class}\""));
        }
        if let Some(auth) = self.auth {
            parts.push(format!("auth = {}", auth.to_toml()));
        }
        if !self.secret.is_empty() {
            parts.push(format!("secret = {}", list(&self.secret)));
        }
        if let Some(read_back) = &self.read_back {
            parts.push(format!("read-back = \"{}\"", read_back.0));
        }
        format!("{{ {} }}", parts.join(", "))
    }
}

/// The characters of patterns, prefixes and names need no escapes between quotes, so they are written as they stand.
pub(super) fn list<T: Display>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(|item| format!("\"{item}\"")).collect();
    format!("[{}]", items.join(", "))
}

/// The path that tells whether an effect happened: a GET of it with the idempotency key in the place of `{key}` answers 200 with
/// what the effect answered, or 404.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadBack(String);

impl ReadBack {
    const PLACE: &str = "{key}";

    /// Reads a path in which `{key}` occurs once, in the path or in the query.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |why: String| Err(GrantError::new(text, "a path to read back", why));
        if text.matches(Self::PLACE).count() != 1 {
            return refuse("it has the place {key} once, as in /effects/{key}".to_owned());
        }
        if text.contains(['"', '\\', '#']) || !text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
            return refuse("also in its query, quotation marks, backslashes, #, spaces and letters outside of ASCII are written with %".to_owned());
        }
        match RequestPath::parse(&text.replace(Self::PLACE, "k")) {
            Ok(_) => Ok(Self(text.to_owned())),
            Err(e) => refuse(e.why),
        }
    }

    /// The path for a key; whatever could have a meaning in a URL is escaped.
    pub fn path(&self, key: &str) -> String {
        let mut escaped = String::with_capacity(key.len() + 16);
        for byte in key.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => escaped.push(char::from(byte)),
                _ => escaped.push_str(&format!("%{byte:02X}")),
            }
        }
        self.0.replace(Self::PLACE, &escaped)
    }

    /// The template as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The narrowest prefix that covers the path of every key.
    pub(super) fn prefix(&self) -> PathPrefix {
        let path = self.0.split_once('?').map_or(self.0.as_str(), |(path, _)| path);
        let fixed = match path.split_once(Self::PLACE) {
            None => path,
            Some((before, _)) => before.rsplit_once('/').map_or("", |(parents, _)| parents),
        };
        PathPrefix::parse(fixed).unwrap_or_else(|_| PathPrefix::root())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_by_an_escaped_key() {
        let read_back = ReadBack::parse("/effects/{key}").unwrap();
        assert_eq!(read_back.path("run/health/3"), "/effects/run%2Fhealth%2F3");
        assert_eq!(read_back.prefix().as_str(), "/effects");
        assert_eq!(ReadBack::parse("/find?key={key}").unwrap().prefix().as_str(), "/find");
        assert_eq!(ReadBack::parse("/{key}").unwrap().prefix().as_str(), "/");
        for bad in [
            "",
            "/effects",
            "effects/{key}",
            "/{key}/{key}",
            "/../{key}",
            "/{key}?x=\\",
            "/{key}?x=\n",
            "/{key}?x=\"",
            "/{key}?#",
        ] {
            assert!(ReadBack::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }
}

//! Patterns of hosts: an exact name or address, or `*.suffix` on the borders of labels.
//!
//! Refused: a star anywhere else, patterns over addresses (`192.168.1.*`), and every second way to write an address or a name, so
//! that two patterns that look different are different.

use std::fmt;
use std::net::IpAddr;

use super::GrantError;

const WANTED: &str = "a host pattern";

/// A host and a port that a request would go to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPort {
    host: Host,
    port: u16,
}

impl HostPort {
    /// Takes a host as it stands in a URL: a name in lower case, an IPv4 address, or an IPv6 address with or without brackets.
    pub fn parse(host: &str, port: u16) -> Result<Self, GrantError> {
        Ok(Self { host: Host::parse(host, host)?, port })
    }

    /// The name or address; an IPv6 address without brackets.
    pub fn host(&self) -> String {
        match &self.host {
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        }
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }
}

/// `host:port`, without the port where it is one that a pattern covers unsaid.
impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.host.fmt(f)?;
        if DEFAULT_PORTS.contains(&self.port) { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Host {
    Name(String),
    Address(IpAddr),
}

impl Host {
    fn parse(host: &str, whole: &str) -> Result<Self, GrantError> {
        let refuse = |why: String| Err(GrantError::new(whole, WANTED, why));
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        if let Ok(address) = bare.parse::<IpAddr>() {
            // `::ffff:127.0.0.1` is 127.0.0.1 and must not pass where that address is not allowed.
            return Ok(Self::Address(address.to_canonical()));
        }
        if host.contains('[') || host.contains(':') {
            return refuse("it is not an IPv6 address".to_owned());
        }
        check_name(host).map_err(|why| GrantError::new(whole, WANTED, why))?;
        match url::Host::parse(host) {
            Ok(url::Host::Domain(name)) if name == host => Ok(Self::Name(name)),
            Ok(url::Host::Ipv4(address)) => refuse(format!("write the address as {address}")),
            Ok(other) => refuse(format!("write it as {other}")),
            Err(e) => refuse(e.to_string()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Address(address) => address.fmt(f),
        }
    }
}

fn check_name(name: &str) -> Result<(), String> {
    if name.len() > 253 {
        return Err("a name has at most 253 characters".to_owned());
    }
    for label in name.split('.') {
        if label.is_empty() || label.len() > 63 {
            return Err("every part between dots has 1 to 63 characters".to_owned());
        }
        if label.contains('*') {
            return Err("a star may only stand for whole parts at the front, as in *.example.com".to_owned());
        }
        if !label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_') {
            return Err("use a-z, 0-9, - and _; international names in their xn-- form".to_owned());
        }
    }
    Ok(())
}

/// The ports that a pattern without a port covers.
const DEFAULT_PORTS: [u16; 2] = [443, 80];

/// A pattern of hosts, with an optional port; without one it covers 443 and 80.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPattern {
    names: Names,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Names {
    Exactly(Host),
    Below(String),
}

impl HostPattern {
    /// Reads `api.example.com`, `*.example.com`, `10.0.0.1:8080`, `[::1]:8080`.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |why: &str| Err(GrantError::new(text, WANTED, why));
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
            _ => (text, None),
        };
        let port = match port.map(|p| (p, p.parse::<u16>())) {
            None => None,
            Some((p, Ok(n))) if n > 0 && n.to_string() == p => Some(n),
            Some(_) => return refuse("a port is a number from 1 to 65535"),
        };
        if host.contains('/') {
            return refuse("a host stands without a scheme and a path");
        }
        let Some(suffix) = host.strip_prefix("*.") else {
            return Ok(Self { names: Names::Exactly(Host::parse(host, text)?), port });
        };
        check_name(suffix).map_err(|why| GrantError::new(text, WANTED, why))?;
        let last = suffix.rsplit('.').next().unwrap_or_default();
        if last.chars().all(|c| c.is_ascii_digit()) {
            return refuse("an address must be exact");
        }
        if last == suffix {
            return refuse("after *. at least two parts must follow, as in *.example.com");
        }
        match Host::parse(suffix, text)? {
            Host::Name(name) => Ok(Self { names: Names::Below(name), port }),
            Host::Address(_) => refuse("an address must be exact"),
        }
    }

    /// The pattern of exactly one host and port.
    pub fn exactly(to: &HostPort) -> Self {
        let port = (!DEFAULT_PORTS.contains(&to.port)).then_some(to.port);
        Self { names: Names::Exactly(to.host.clone()), port }
    }

    /// Whether a request may go there.
    pub fn covers(&self, to: &HostPort) -> bool {
        let port = match self.port {
            Some(port) => port == to.port,
            None => DEFAULT_PORTS.contains(&to.port),
        };
        port && match (&self.names, &to.host) {
            (Names::Exactly(host), asked) => host == asked,
            (Names::Below(suffix), Host::Name(name)) => below(name, suffix),
            (Names::Below(_), Host::Address(_)) => false,
        }
    }

    /// Whether everything that `other` covers is covered.
    pub fn contains(&self, other: &Self) -> bool {
        let ports = match (self.port, other.port) {
            (None, Some(port)) => DEFAULT_PORTS.contains(&port),
            (mine, theirs) => mine == theirs,
        };
        ports
            && match (&self.names, &other.names) {
                (Names::Exactly(mine), Names::Exactly(theirs)) => mine == theirs,
                (Names::Exactly(_), Names::Below(_)) => false,
                (Names::Below(suffix), Names::Exactly(Host::Name(name))) => below(name, suffix),
                (Names::Below(_), Names::Exactly(Host::Address(_))) => false,
                (Names::Below(suffix), Names::Below(other)) => suffix == other || below(other, suffix),
            }
    }
}

fn below(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|front| front.len() > 1 && front.ends_with('.'))
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.names {
            Names::Exactly(host) => host.fmt(f)?,
            Names::Below(suffix) => write!(f, "*.{suffix}")?,
        }
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers() {
        for (pattern, host, port, expected) in [
            ("api.example.com", "api.example.com", 443, true),
            ("api.example.com", "api.example.com", 80, true),
            ("api.example.com", "api.example.com", 8443, false),
            ("api.example.com:8443", "api.example.com", 8443, true),
            ("api.example.com:8443", "api.example.com", 443, false),
            ("api.example.com", "xapi.example.com", 443, false),
            ("*.example.com", "api.example.com", 443, true),
            ("*.example.com", "a.b.example.com", 443, true),
            ("*.example.com", "example.com", 443, false),
            ("*.example.com", "evilexample.com", 443, false),
            ("*.example.com", "example.com.evil.org", 443, false),
            ("127.0.0.1:8080", "127.0.0.1", 8080, true),
            ("127.0.0.1", "::ffff:127.0.0.1", 80, true),
            ("[::1]:8080", "[::1]", 8080, true),
            ("::1", "::1", 80, true),
        ] {
            let asked = HostPort::parse(host, port).unwrap();
            assert_eq!(HostPattern::parse(pattern).unwrap().covers(&asked), expected, "{pattern} {host}:{port}");
        }
    }

    #[test]
    fn refuses_patterns_that_mean_more_than_they_say() {
        for bad in [
            "",
            "*",
            "*.",
            "*foo.com",
            "*.com",
            "a.*.com",
            "192.168.1.*",
            "*.168.1.1",
            "*.1.1",
            "127.1",
            "0x7f000001",
            "2130706433",
            "API.example.com",
            "example.com.",
            "a..b",
            "https://example.com",
            "example.com/x",
            "example.com:0",
            "example.com:99999",
            "example.com:*",
            "exämple.com",
            "user@example.com",
            "[::1",
            "1:2",
        ] {
            assert!(HostPattern::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn tells_how_to_write_an_address() {
        let message = HostPattern::parse("127.1").unwrap_err().to_string();
        assert_eq!(message, "`127.1` is not a host pattern: write the address as 127.0.0.1");
    }
}

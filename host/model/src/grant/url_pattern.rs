//! Patterns of service URLs: where the services of an environment may live.

use std::fmt;

use super::{GrantError, HostPort};

const WANTED: &str = "a URL pattern";

/// `http` or `https`, a host in which one `*` may stand for characters within one label, and an optional port or `:*`.
///
/// `https://netra-backend-staging-*.a.run.app` covers `https://netra-backend-staging-x7.a.run.app`; the star never crosses a dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UrlPattern {
    https: bool,
    /// The text before the star and after it; without a star the whole host.
    host: (String, Option<String>),
    port: Port,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Port {
    Exactly(u16),
    Any,
}

impl UrlPattern {
    /// Reads a pattern. It has no user, no path and no query.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        let refuse = |why: &str| Err(GrantError::new(text, WANTED, why));
        let (https, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (true, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (false, rest)
        } else {
            return refuse("it begins with https:// or http://");
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains(['/', '?', '#', '@']) {
            return refuse("it ends after the host and the port");
        }
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
            _ => (rest, None),
        };
        let port = match port {
            None => Port::Exactly(if https { 443 } else { 80 }),
            Some("*") => Port::Any,
            Some(port) => match port.parse::<u16>() {
                Ok(number) if number > 0 && number.to_string() == port => Port::Exactly(number),
                _ => return refuse("a port is a number from 1 to 65535, or *"),
            },
        };
        let host = match host.split_once('*') {
            None => (HostPort::parse(host, 1)?.host(), None),
            Some((_, after)) if after.contains('*') => return refuse("it has one star at most"),
            Some((before, after)) => {
                // A letter in place of the star must give a name that a pattern over addresses never gives.
                HostPort::parse(&format!("{before}a{after}"), 1)?;
                if after.split('.').skip(1).filter(|label| !label.is_empty()).count() < 2 {
                    return refuse(
                        "after the star's part at least two parts must follow, as in https://app-*.example.com",
                    );
                }
                if after.rsplit('.').next().is_some_and(|last| last.chars().all(|c| c.is_ascii_digit())) {
                    return refuse("an address must be exact");
                }
                (before.to_owned(), Some(after.to_owned()))
            }
        };
        Ok(Self { https, host, port })
    }

    /// Whether a service may live there.
    pub fn covers(&self, url: &url::Url) -> bool {
        let scheme = if self.https { "https" } else { "http" };
        let port = url.port_or_known_default();
        let host = url.host_str().unwrap_or_default();
        let plain =
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        plain
            && url.scheme() == scheme
            && match self.port {
                Port::Exactly(mine) => port == Some(mine),
                Port::Any => port.is_some(),
            }
            && self.covers_host(host.trim_start_matches('[').trim_end_matches(']'))
    }

    /// The star stands for one or more characters within its label.
    fn covers_host(&self, host: &str) -> bool {
        match &self.host {
            (whole, None) => host == whole,
            (before, Some(after)) => host
                .strip_prefix(before.as_str())
                .and_then(|rest| rest.strip_suffix(after.as_str()))
                .is_some_and(|star| !star.is_empty() && !star.contains('.')),
        }
    }

    /// Whether every URL that `other` covers is covered.
    pub fn contains(&self, other: &Self) -> bool {
        let ports = self.port == Port::Any || self.port == other.port;
        let hosts = match (&self.host, &other.host) {
            (_, (whole, None)) => self.covers_host(whole),
            ((_, None), (_, Some(_))) => false,
            ((before, Some(after)), (theirs_before, Some(theirs_after))) => {
                // Their star and what surrounds it in their label must fit into my star.
                theirs_before.strip_prefix(before.as_str()).is_some_and(|rest| !rest.contains('.'))
                    && theirs_after.strip_suffix(after.as_str()).is_some_and(|rest| !rest.contains('.'))
            }
        };
        self.https == other.https && ports && hosts
    }
}

impl fmt::Display for UrlPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        let (before, after) = &self.host;
        match after {
            None if before.contains(':') => write!(f, "{scheme}://[{before}]")?,
            None => write!(f, "{scheme}://{before}")?,
            Some(after) => write!(f, "{scheme}://{before}*{after}")?,
        }
        match self.port {
            Port::Any => f.write_str(":*"),
            Port::Exactly(443) if self.https => Ok(()),
            Port::Exactly(80) if !self.https => Ok(()),
            Port::Exactly(port) => write!(f, ":{port}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers() {
        for (pattern, url, expected) in [
            ("https://app-*.a.run.app", "https://app-x7.a.run.app", true),
            ("https://app-*.a.run.app", "https://app-x7.a.run.app/base", true),
            ("https://app-*.a.run.app", "http://app-x7.a.run.app", false),
            ("https://app-*.a.run.app", "https://app-x.evil.a.run.app", false),
            ("https://app-*.a.run.app", "https://app-.a.run.app", false),
            ("https://app-*.a.run.app", "https://app-x.a.run.app.evil.org", false),
            ("https://app-*.a.run.app", "https://app-x.a.run.app:8443", false),
            ("https://app-*.a.run.app", "https://user@app-x.a.run.app", false),
            ("http://127.0.0.1:*", "http://127.0.0.1:4711", true),
            ("http://127.0.0.1:8080", "http://127.0.0.1:4711", false),
            ("http://[::1]:8080", "http://[::1]:8080", true),
        ] {
            let url = url::Url::parse(url).unwrap();
            assert_eq!(UrlPattern::parse(pattern).unwrap().covers(&url), expected, "{pattern} {url}");
        }
    }

    #[test]
    fn refuses_patterns_that_cover_too_much() {
        for bad in [
            "*",
            "https://*",
            "https://*.app",
            "https://a*",
            "https://a-*.run-*.app",
            "https://10.0.0.*",
            "https://x/y",
            "ftp://x.org",
            "https://u@x.org",
            "https://x.org:0",
            "https://X.org",
            "https://*.0.0.1",
        ] {
            assert!(UrlPattern::parse(bad).is_err(), "{bad:?} should be refused");
        }
    }

    #[test]
    fn contains_narrower_patterns() {
        for (outer, inner, expected) in [
            ("https://app-*.a.run.app", "https://app-*.a.run.app", true),
            ("https://app-*.a.run.app", "https://app-blue-*.a.run.app", true),
            ("https://app-*.a.run.app", "https://app-*-blue.a.run.app", true),
            ("https://app-blue-*.a.run.app", "https://app-*.a.run.app", false),
            ("https://app-*.a.run.app", "https://app-*.run.app", false),
            ("https://*.run.app", "https://a.*.run.app", false),
            ("http://127.0.0.1:*", "http://127.0.0.1:80", true),
            ("http://127.0.0.1", "http://127.0.0.1:*", false),
        ] {
            let [outer, inner] = [outer, inner].map(|p| UrlPattern::parse(p).unwrap());
            assert_eq!(outer.contains(&inner), expected, "{outer} {inner}");
        }
    }
}

//! The shape of a request: whether it has one reading, and what it asks. Whether that is granted is decided elsewhere.

use holdpoint_model::{
    ServiceName,
    grant::{Destination, HostPort, HttpAsk, Method, RequestPath},
};
use http::{HeaderName, HeaderValue, uri::PathAndQuery};
use url::Url;

use crate::{Request, Target};

const MOST_HEADERS: usize = 100;
const HEADER_BYTES: usize = 64 << 10;
const BODY_BYTES: usize = 16 << 20;
const LONGEST_TARGET: usize = 8 << 10;
const LONGEST_TIMEOUT: u32 = 60_000;

/// Headers that belong to a connection, and those that the host writes itself.
const OURS: [&str; 12] = [
    "host",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "idempotency-key",
];

/// Why a request has no shape, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misshapen {
    pub reason: String,
    pub remedy: &'static str,
}

fn misshapen<T>(reason: impl Into<String>, remedy: &'static str) -> Result<T, Misshapen> {
    Err(Misshapen { reason: reason.into(), remedy })
}

/// An absolute URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Absolute<'a> {
    pub(crate) https: bool,
    /// As it stands in a URL: an IPv6 address has brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    /// Path and query as they were written.
    pub(crate) path: std::borrow::Cow<'a, str>,
}

/// Checks everything about a request that needs no grant, and gives what it asks.
pub fn check(request: &Request) -> Result<HttpAsk, Misshapen> {
    let Ok(method) = Method::parse(&request.method) else {
        return misshapen("the method is not one that is sent", "use an upper-case method, e.g. GET");
    };
    check_headers(request)?;
    if request.body.len() > BODY_BYTES {
        return misshapen("the body is larger than 16 MiB", "send less");
    }
    if !(1..=LONGEST_TIMEOUT).contains(&request.timeout_ms) {
        return misshapen(
            format!("a time-out of {} ms is not between 1 and 60,000", request.timeout_ms),
            "choose another time-out",
        );
    }
    match &request.target {
        Target::Service { service, path } => {
            let Ok(name) = ServiceName::parse(service) else {
                return misshapen("the service has no name", "name a service of the bundle, e.g. backend");
            };
            Ok(HttpAsk { destination: Destination::Service(name), method, path: check_path(path)? })
        }
        Target::Url(url) => {
            let absolute = absolute(url)?;
            let path = check_path(&absolute.path)?;
            match HostPort::parse(&absolute.host, absolute.port) {
                Ok(host) => Ok(HttpAsk { destination: Destination::Host(host), method, path }),
                Err(error) => misshapen(error.to_string(), "write the host as a grant would"),
            }
        }
    }
}

fn check_headers(request: &Request) -> Result<(), Misshapen> {
    if request.headers.len() > MOST_HEADERS {
        return misshapen(format!("there are more than {MOST_HEADERS} headers"), "send fewer");
    }
    let bytes: usize = request.headers.iter().map(|header| header.name.len() + header.value.len()).sum();
    if bytes > HEADER_BYTES {
        return misshapen("the headers are larger than 64 KiB", "send less");
    }
    for header in &request.headers {
        let Ok(name) = HeaderName::from_bytes(header.name.as_bytes()) else {
            return misshapen("a header's name is no token", "use letters, digits and -");
        };
        if OURS.contains(&name.as_str()) {
            return misshapen(format!("the header {name} is the host's"), "leave it out");
        }
        if HeaderValue::from_bytes(header.value.as_bytes()).is_err() {
            return misshapen(format!("the value of the header {name} has control characters"), "leave them out");
        }
    }
    Ok(())
}

fn check_path(path: &str) -> Result<RequestPath, Misshapen> {
    let remedy = "write a path that begins with one slash and has no dot segments, as in /health?full=1";
    if path.len() > LONGEST_TARGET {
        return misshapen("the path is longer than 8 KiB", remedy);
    }
    if path.starts_with("//") {
        return misshapen("a path that begins with two slashes can be read as a host", remedy);
    }
    if path.contains('#') || !path.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
        return misshapen("the path has a fragment, a space or a character outside of ASCII", remedy);
    }
    let parsed = match RequestPath::parse(path) {
        Ok(parsed) => parsed,
        Err(error) => return misshapen(error.to_string(), remedy),
    };
    if PathAndQuery::try_from(path).is_err() {
        return misshapen("the path has characters that are not sent", "write them with %");
    }
    Ok(parsed)
}

/// Takes a URL apart as it is written: whatever a parser would mend silently is refused.
pub(crate) fn absolute(text: &str) -> Result<Absolute<'_>, Misshapen> {
    let remedy = "write an absolute URL, as in https://api.example.com/v1";
    if text.len() > LONGEST_TARGET {
        return misshapen("the URL is longer than 8 KiB", remedy);
    }
    if text.contains('\\') || !text.bytes().all(|byte| (0x21..=0x7e).contains(&byte)) {
        return misshapen("the URL has a backslash, a space or a character outside of ASCII", remedy);
    }
    let (https, rest) = if let Some(rest) = text.strip_prefix("https://") {
        (true, rest)
    } else if let Some(rest) = text.strip_prefix("http://") {
        (false, rest)
    } else {
        return misshapen("the URL does not begin with https:// or http://", remedy);
    };
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if authority.contains('@') {
        return misshapen("the URL names a user", "send credentials in a header");
    }
    let path = if path.starts_with('/') { path.into() } else { format!("/{path}").into() };
    let url = Url::parse(&text[..text.len() - rest.len() + authority.len()]);
    match url.ok().and_then(|url| Some((url.host_str()?.to_owned(), url.port_or_known_default()?))) {
        Some((host, port)) if port > 0 => Ok(Absolute { https, host, port, path }),
        _ => misshapen("the URL has no host", remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Header;

    fn reason(request: &Request) -> String {
        check(request).expect_err("should be refused").reason
    }

    fn service(path: &str) -> Request {
        Request::get(Target::Service { service: "backend".into(), path: path.into() })
    }

    fn url(url: &str) -> Request {
        Request::get(Target::Url(url.into()))
    }

    #[test]
    fn takes_requests_as_they_are_written() {
        for path in ["/", "/health?full=1&x=..", "/users/@me", "/a%20b", "/a?u=http://x/"] {
            check(&service(path)).unwrap_or_else(|e| panic!("{path}: {e:?}"));
        }
        for (text, host) in [
            ("https://api.example.com", "api.example.com"),
            ("https://API.example.com/v1?x=1", "api.example.com"),
            ("http://api.example.com:8080?x=1", "api.example.com:8080"),
            ("http://2130706433/", "127.0.0.1"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("http://[::ffff:127.0.0.1]/", "127.0.0.1"),
        ] {
            let asked = check(&url(text)).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            let Destination::Host(to) = asked.destination else { panic!("{text} names a host") };
            assert_eq!(to.to_string(), host);
        }
    }

    #[test]
    fn refuses_paths_with_two_readings() {
        for path in [
            "",
            "health",
            "@evil.example.com/",
            "//evil.example.com/",
            "/a/../b",
            "/%2e%2e/b",
            "/a\\b",
            "/a b",
            "/a\r\nx: y",
            "/a#b",
            "/a?b#c",
            "/a%2fb",
            "http://evil.example.com/",
            "/<a>",
            &format!("/{}", "a".repeat(9_000)),
        ] {
            check(&service(path)).expect_err(path);
        }
        check(&Request::get(Target::Service { service: "a/b".into(), path: "/".into() }))
            .expect_err("a service has a name");
    }

    #[test]
    fn refuses_urls_that_a_parser_would_mend() {
        for text in [
            "",
            "/health",
            "ftp://x.org/",
            "HTTPS://x.org/",
            "file:///etc/passwd",
            "https:/x.org",
            "https://",
            "https:///x",
            "https://user@x.org/",
            "https://user:pw@x.org/",
            "https://@x.org/",
            "https://x.org\\@evil.org/",
            "https://x.org/a/../b",
            "https://x.org/%2e%2e/",
            "https://x.org/a\tb",
            "https://x.org//y",
            "https://x.org/#f",
            "https://x.org#f",
            "https://x.org.:443/",
            "https://x.org:0/",
            "https://x.org:99999/",
            "https://é.org/",
            " https://x.org/",
        ] {
            check(&url(text)).expect_err(text);
        }
    }

    #[test]
    fn refuses_headers_that_are_the_hosts() {
        let with = |name: &str, value: &str| {
            let mut request = service("/");
            request.headers.push(Header::new(name, value));
            request
        };
        for name in OURS {
            assert!(reason(&with(&name.to_uppercase(), "x")).contains("is the host's"), "{name}");
        }
        for (name, value) in [("x", "a\r\nb"), ("x", "a\nb"), ("x", "a\0b"), ("x y", "a"), ("", "a"), ("x:", "a")] {
            check(&with(name, value)).expect_err(name);
        }
        check(&with("x-note", "é und\ttab")).unwrap();
    }

    #[test]
    fn refuses_what_is_too_large() {
        let mut request = service("/");
        request.headers = vec![Header::new("x", "y"); 101];
        assert!(reason(&request).contains("more than 100"));
        request.headers = vec![Header::new("x", "y".repeat(64 << 10))];
        assert!(reason(&request).contains("64 KiB"));
        let mut request = service("/");
        request.body = vec![0; (16 << 20) + 1].into();
        assert!(reason(&request).contains("16 MiB"));
        for timeout_ms in [0, 60_001] {
            assert!(reason(&Request { timeout_ms, ..service("/") }).contains("time-out"));
        }
        for method in ["get", "CONNECT", "G T", ""] {
            assert!(reason(&Request { method: method.into(), ..service("/") }).contains("method"));
        }
    }
}

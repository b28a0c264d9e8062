//! Where a redirect leads. Following it is a request of its own, granted and recorded like any other.

use std::collections::BTreeMap;

use holdpoint_model::{Body, ServiceName};
use url::Url;

use crate::{Request, Response, Target};

/// What describes a body that is not sent on.
const OF_THE_BODY: [&str; 4] = ["content-type", "content-encoding", "content-language", "content-location"];
/// What is meant for one origin only.
const OF_THE_ORIGIN: [&str; 2] = ["authorization", "cookie"];

/// The absolute URL of a request.
pub fn url(services: &BTreeMap<ServiceName, Url>, request: &Request) -> Option<Url> {
    match &request.target {
        Target::Url(url) => Url::parse(url).ok(),
        Target::Service { service, path } => {
            let base = services.get(&ServiceName::parse(service).ok()?)?;
            let (path, query) = path.split_once('?').map_or((path.as_str(), None), |(path, query)| (path, Some(query)));
            let mut url = base.clone();
            url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
            url.set_query(query);
            Some(url)
        }
    }
}

/// The request that a redirect asks for, or none if the answer is no redirect that can be followed.
///
/// 303 turns every method but HEAD into GET, 301 and 302 turn POST into GET, 307 and 308 keep the method and the body. A change of
/// scheme, host or port drops `authorization` and `cookie`. What stays below the URL of the request's service stays with the service.
pub fn next(services: &BTreeMap<ServiceName, Url>, request: &Request, response: &Response) -> Option<Request> {
    let becomes_get = match response.status {
        301 | 302 => request.method == "POST",
        303 => request.method != "HEAD" && request.method != "GET",
        307 | 308 => false,
        _ => return None,
    };
    let from = url(services, request)?;
    let mut to = from.join(response.header("location")?).ok()?;
    to.set_fragment(None);
    if !matches!(to.scheme(), "http" | "https") || !to.has_host() {
        return None;
    }
    let same_origin = to.origin() == from.origin();
    let target = match &request.target {
        Target::Service { service, .. } if same_origin => stays(services, service, &to),
        _ => None,
    };
    let dropped =
        |name: &str| (becomes_get && OF_THE_BODY.contains(&name)) || (!same_origin && OF_THE_ORIGIN.contains(&name));
    Some(Request {
        target: target.unwrap_or_else(|| Target::Url(to.into())),
        method: if becomes_get { "GET".into() } else { request.method.clone() },
        headers: request.headers.iter().filter(|header| !dropped(&header.name.to_ascii_lowercase())).cloned().collect(),
        body: if becomes_get { Body::default() } else { request.body.clone() },
        timeout_ms: request.timeout_ms,
    })
}

/// The target with the service, if the URL lies below the service's.
fn stays(services: &BTreeMap<ServiceName, Url>, service: &str, to: &Url) -> Option<Target> {
    let base = services.get(&ServiceName::parse(service).ok()?)?;
    let below = to.path().strip_prefix(base.path().trim_end_matches('/'))?;
    if to.username() != "" || to.password().is_some() || !(below.is_empty() || below.starts_with('/')) {
        return None;
    }
    let path = if below.is_empty() { "/" } else { below };
    let path = to.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    Some(Target::Service { service: service.to_owned(), path })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Header, Timings};

    fn services() -> BTreeMap<ServiceName, Url> {
        let at = |name: &str, url: &str| (ServiceName::parse(name).unwrap(), Url::parse(url).unwrap());
        BTreeMap::from([at("backend", "https://b.example.com"), at("api", "https://b.example.com/api/")])
    }

    fn answer(status: u16, location: &str) -> Response {
        Response {
            status,
            headers: vec![Header::new("location", location)],
            body: Body::default(),
            truncated: false,
            length: 0.0,
            sha256: None,
            replaced: vec![],
            timings: Timings::default(),
            tls: None,
            peer: String::new(),
        }
    }

    fn request(method: &str, target: Target) -> Request {
        let headers =
            ["Authorization", "cookie", "content-type", "x-trace"].map(|name| Header::new(name, "v")).to_vec();
        Request { method: method.into(), headers, body: b"body".as_slice().into(), ..Request::get(target) }
    }

    fn service(service: &str, path: &str) -> Target {
        Target::Service { service: service.into(), path: path.into() }
    }

    fn at(url: &str) -> Target {
        Target::Url(url.into())
    }

    #[test]
    fn leads_to() {
        for (from, location, to) in [
            (service("backend", "/a/b?x=1"), "/c", service("backend", "/c")),
            (service("backend", "/a/b?x=1"), "c?y=2", service("backend", "/a/c?y=2")),
            (service("backend", "/a"), "https://b.example.com", service("backend", "/")),
            (service("backend", "/a"), "https://b.example.com:443/c#f", service("backend", "/c")),
            (service("backend", "/a"), "//evil.example.com/c", at("https://evil.example.com/c")),
            (service("backend", "/a"), "http://b.example.com/c", at("http://b.example.com/c")),
            (service("backend", "/a"), "https://b.example.com:8443/c", at("https://b.example.com:8443/c")),
            (service("api", "/a"), "/api/c", service("api", "/c")),
            (service("api", "/a"), "/api", service("api", "/")),
            (service("api", "/a"), "/apix", at("https://b.example.com/apix")),
            (service("api", "/a"), "../c", at("https://b.example.com/c")),
            (at("https://b.example.com/a"), "/c", at("https://b.example.com/c")),
        ] {
            let next = next(&services(), &request("GET", from.clone()), &answer(302, location)).unwrap();
            assert_eq!(next.target, to, "{from:?} {location}");
        }
    }

    #[test]
    fn methods_and_bodies() {
        for (status, method, expected) in [
            (301, "POST", ("GET", 0)),
            (302, "POST", ("GET", 0)),
            (302, "PUT", ("PUT", 4)),
            (303, "PUT", ("GET", 0)),
            (303, "HEAD", ("HEAD", 4)),
            (307, "POST", ("POST", 4)),
            (308, "DELETE", ("DELETE", 4)),
        ] {
            let next = next(&services(), &request(method, service("backend", "/a")), &answer(status, "/b")).unwrap();
            assert_eq!((next.method.as_str(), next.body.len()), expected, "{status} {method}");
            let describes = next.headers.iter().any(|header| header.name == "content-type");
            assert_eq!(describes, !next.body.is_empty(), "{status} {method}");
        }
    }

    #[test]
    fn credentials_stay_with_their_origin() {
        let names = |location: &str| -> Vec<String> {
            let next = next(&services(), &request("GET", service("backend", "/a")), &answer(302, location)).unwrap();
            next.headers.into_iter().map(|header| header.name).collect()
        };
        assert_eq!(names("/b"), ["Authorization", "cookie", "content-type", "x-trace"]);
        for other in ["https://evil.example.com/", "http://b.example.com/", "https://b.example.com:444/"] {
            assert_eq!(names(other), ["content-type", "x-trace"], "{other}");
        }
    }

    #[test]
    fn leads_nowhere() {
        let from = request("GET", service("backend", "/a"));
        for (status, location) in
            [(200, "/b"), (304, "/b"), (300, "/b"), (302, "ftp://x.org/"), (302, "javascript:1"), (302, "https://")]
        {
            assert_eq!(next(&services(), &from, &answer(status, location)), None, "{status} {location}");
        }
        assert_eq!(next(&services(), &from, &Response { headers: vec![], ..answer(302, "") }), None);
    }
}

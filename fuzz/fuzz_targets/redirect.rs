//! Redirects: a server that says where to go next gets nobody anywhere that a guest could not have gone itself.
//!
//! A chain of answers with any `location` is followed as an engine would follow it, each hop authorized anew. Then:
//! - every hop that is authorized goes to a service at its own place and below its path, or to a granted host;
//! - a request that leaves the origin has lost `authorization` and `cookie`;
//! - the URL of a request leads to where the request is sent.
#![no_main]

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use holdpoint_cap_http::{Header, Http, Request, Response, Target, Timings, fuzzing, redirect};
use holdpoint_fuzz::opinion;
use holdpoint_fuzz::pieces::{PathText, UrlText};
use holdpoint_gate::Capability as _;
use holdpoint_model::grant::{Grants, HostPattern, HttpGrant, Limits, Method, PathPrefix, RequestPath};
use holdpoint_model::{Body, PhaseId, ServiceName};
use libfuzzer_sys::fuzz_target;
use url::Url;

#[derive(Debug, Arbitrary)]
struct Input {
    base: Base,
    path: PathText,
    locations: [(u8, Location); 3],
}

#[derive(Debug, Arbitrary, Clone, Copy)]
enum Base {
    Root,
    Below,
    Port,
}

#[derive(Debug, Arbitrary)]
enum Location {
    Url(UrlText),
    Path(PathText),
    Any(String),
}

impl Location {
    fn text(&self) -> &str {
        match self {
            Self::Url(text) => &text.0,
            Self::Path(text) => &text.0,
            Self::Any(text) => text,
        }
    }
}

fn grants() -> Grants {
    let http = HttpGrant {
        services: vec![ServiceName::parse("backend").expect("a name")],
        hosts: vec![HostPattern::parse("*.example.com").expect("a pattern")],
        methods: vec![Method::parse("GET").expect("a method"), Method::parse("POST").expect("a method")],
        paths: Some(["/a", "/ab"].map(|path| PathPrefix::parse(path).expect("a prefix")).to_vec()),
        class: None,
        auth: None,
        secret: vec![],
        read_back: None,
    };
    let phase = PhaseId::parse("p").expect("an id");
    Grants { http: vec![http], ..Grants::none(phase) }
}

fn answer(status: u8, location: &str) -> Response {
    Response {
        status: 300 + u16::from(status % 10),
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

fuzz_target!(|input: Input| {
    let base = match input.base {
        Base::Root => "https://backend.run.app",
        Base::Below => "https://backend.run.app/base/",
        Base::Port => "http://10.0.0.1:8080/base",
    };
    let base = Url::parse(base).expect("a URL");
    let services: BTreeMap<ServiceName, Url> = [(ServiceName::parse("backend").expect("a name"), base.clone())].into();
    let grants = grants();
    let target = Target::Service { service: "backend".into(), path: format!("/a{}", input.path.0) };
    let headers = ["Authorization", "COOKIE", "x-trace"].map(|name| Header::new(name, "v")).to_vec();
    let mut request = Request { method: "POST".into(), headers, ..Request::get(target) };
    for (status, location) in &input.locations {
        if Http::authorize(&grants, &request).is_err() {
            return;
        }
        stays(&services, &base, &request);
        let before = redirect::url(&services, &request).expect("it was authorized");
        let Some(next) = redirect::next(&services, &request, &answer(*status, location.text())) else { return };
        if let Some(after) = redirect::url(&services, &next) {
            let credentials = next.headers.iter().any(|header| !header.name.eq_ignore_ascii_case("x-trace"));
            assert!(!credentials || after.origin() == before.origin(), "{before} leads to {after} with credentials");
        }
        request = next;
    }
    if Http::authorize(&grants, &request).is_ok() {
        stays(&services, &base, &request);
    }
});

fn stays(services: &BTreeMap<ServiceName, Url>, base: &Url, request: &Request) {
    let place = fuzzing::place(services, request).expect("it was authorized");
    let port = if place.https { 443 } else { 80 };
    match &place.service {
        Some(_) => {
            assert_eq!((Some(place.host.as_str()), Some(place.port)), (base.host_str(), base.port_or_known_default()));
            let below =
                place.path.strip_prefix(base.path().trim_end_matches('/')).expect("it is below the service's path");
            assert!(is_granted(below), "{below}");
        }
        None => {
            assert!(place.host.ends_with(".example.com") && [80, 443].contains(&place.port), "{place:?} at {port}");
            assert!(is_granted(&place.path), "{place:?}");
        }
    }
    let url = redirect::url(services, request).expect("it was authorized");
    assert_eq!((url.host_str(), url.port_or_known_default()), (Some(place.host.as_str()), Some(place.port)));
}

/// In its one reading, in which `%61` is `a`.
fn is_granted(path: &str) -> bool {
    let path = RequestPath::parse(path).expect("it was authorized");
    ["/a", "/ab"].iter().any(|prefix| opinion::below(prefix, path.as_str()))
}

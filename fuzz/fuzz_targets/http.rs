//! Requests of a guest: nothing is connected to that is not granted.
//!
//! Grants, services and requests are made of pieces. Whatever is authorized:
//! - goes to the URL of the service that it names, and stays below its path; or to a host that a pattern of a grant covers, which a second
//!   opinion says too;
//! - goes where the `url` crate reads the whole URL to lead, with the same scheme, host and port; `http::Uri` reads no other host;
//! - has an address, in whichever clothes, that `std::net` reads, or a name that no C library takes for an address;
//! - is written with a path alone in its first line, one Host header that names the place, and no framing of the guest's.
#![no_main]

use std::collections::BTreeMap;
use std::net::IpAddr;

use arbitrary::Arbitrary;
use holdpoint_cap_http::{
    Header, Http, Request, Target,
    fuzzing::{self, Place},
};
use holdpoint_cap_secret::RunVault;
use holdpoint_fuzz::opinion;
use holdpoint_fuzz::pieces::{HeaderText, HostText, MethodText, NameText, PathText, UrlText};
use holdpoint_gate::Capability as _;
use holdpoint_model::grant::{
    Destination, Grants, HostPattern, HostPort, HttpAsk, HttpGrant, Limits, Method, PathPrefix, RequestPath,
};
use holdpoint_model::{PhaseId, RunId, ServiceName};
use libfuzzer_sys::fuzz_target;
use url::Url;

#[derive(Debug, Arbitrary)]
struct Input {
    hosts: [HostText; 3],
    services: [(NameText, UrlText); 2],
    paths: Option<[PathText; 2]>,
    target: To,
    method: MethodText,
    headers: Vec<(HeaderText, HeaderText)>,
    /// Grant the host that the request names, so that what follows is reached.
    granted: bool,
}

#[derive(Debug, Arbitrary)]
enum To {
    Service(NameText, PathText),
    First(PathText),
    Pieces(UrlText),
    Parts { https: bool, host: HostText, path: PathText },
    Any(String),
}

impl Input {
    fn request(&self) -> Request {
        let target = match &self.target {
            To::Service(name, path) => Target::Service { service: name.0.clone(), path: path.0.clone() },
            To::First(path) => Target::Service { service: self.services[0].0.0.clone(), path: path.0.clone() },
            To::Pieces(url) => Target::Url(url.0.clone()),
            To::Parts { https, host, path } => {
                Target::Url(format!("{}://{}{}", if *https { "https" } else { "http" }, host.0, path.0))
            }
            To::Any(url) => Target::Url(url.clone()),
        };
        let headers = self.headers.iter().map(|(name, value)| Header::new(&name.0, &value.0)).collect();
        Request { method: self.method.0.clone(), headers, ..Request::get(target) }
    }

    fn services(&self) -> BTreeMap<ServiceName, Url> {
        let one = |(name, url): &(NameText, UrlText)| {
            let name = ServiceName::parse(&name.0).ok()?;
            Some((
                name,
                Url::parse(&url.0)
                    .ok()
                    .filter(|url| fuzzing::place(&[].into(), &Request::get(Target::Url(url.to_string()))).is_ok())?,
            ))
        };
        self.services.iter().filter_map(one).collect()
    }

    fn grants(&self, services: &BTreeMap<ServiceName, Url>, place: Option<&Place>) -> Grants {
        let mut hosts: Vec<HostPattern> =
            self.hosts.iter().filter_map(|text| HostPattern::parse(&text.0).ok()).collect();
        if self.granted
            && let Some(place) = place
        {
            hosts.extend(HostPort::parse(&place.host, place.port).ok().map(|host| HostPattern::exactly(&host)));
        }
        let http = HttpGrant {
            services: services.keys().cloned().collect(),
            hosts,
            methods: ["GET", "POST", "PUT", "G"].iter().filter_map(|method| Method::parse(method).ok()).collect(),
            paths: self
                .paths
                .as_ref()
                .map(|paths| paths.iter().filter_map(|text| PathPrefix::parse(&text.0).ok()).collect()),
            class: None,
            auth: None,
            secret: vec![],
            read_back: None,
        };
        let phase = PhaseId::parse("p").expect("an id");
        Grants { http: vec![http], ..Grants::none(phase) }
    }
}

fuzz_target!(|input: Input| {
    let (request, services) = (input.request(), input.services());
    let place = fuzzing::place(&services, &request);
    let grants = input.grants(&services, place.as_ref().ok());
    let summary = Http::summary(&request);
    assert!(summary.chars().count() < 400 && !summary.chars().any(char::is_control), "{summary}");
    if Http::authorize(&grants, &request).is_err() {
        return;
    }
    let Ok(place) = place else { return };
    match &request.target {
        Target::Service { service, path } => {
            let base = &services[&ServiceName::parse(service).expect("it was authorized")];
            assert_eq!(place.service.as_ref().map(ServiceName::as_str), Some(service.as_str()));
            assert_eq!(Some(format!("{}{path}", base.path().trim_end_matches('/'))), Some(place.path.clone()));
            same_place(&place, base);
        }
        Target::Url(text) => {
            let granted = &grants.http[0].hosts;
            let host = HostPort::parse(&place.host, place.port).expect("it was authorized");
            assert!(granted.iter().any(|pattern| pattern.covers(&host)), "{place:?} is not granted");
            let twice =
                granted.iter().any(|pattern| opinion::host_covers(&pattern.to_string(), &host.host(), place.port));
            assert!(twice, "{place:?} is not granted, says the second opinion");
            let whole = Url::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            same_place(&place, &whole);
            assert_eq!(whole.scheme() == "https", place.https);
            assert!(whole.username().is_empty() && whole.password().is_none(), "{text}");
            if let Ok(uri) = text.parse::<http::Uri>() {
                let other = uri.host().map(|host| host.trim_matches(['[', ']']).to_ascii_lowercase());
                let number = place.host.parse::<IpAddr>().is_ok() || text.contains('%');
                assert!(
                    number || other.as_deref() == Some(place.host.as_str()),
                    "{uri} leads to {other:?}, not {place:?}"
                );
            }
            let path = RequestPath::parse(&place.path).expect("it was authorized");
            let ask =
                HttpAsk { destination: Destination::Host(host), method: Method::parse("GET").expect("a method"), path };
            assert!(grants.http(&ask, "").is_ok());
        }
    }
    if place.host.parse::<IpAddr>().is_err() {
        assert_eq!(opinion::inet_aton(&place.host), None, "{place:?} is an address to some");
        assert!(!place.host.contains([':', '[', ']', '%', '/', '@', ' ']), "{place:?}");
    }
    written(&services, &request, &place);
});

fn same_place(place: &Place, url: &Url) {
    assert_eq!(url.host_str().map(|host| host.trim_matches(['[', ']'])), Some(place.host.as_str()));
    assert_eq!(url.port_or_known_default(), Some(place.port));
}

fn written(services: &BTreeMap<ServiceName, Url>, request: &Request, place: &Place) {
    let vault = RunVault::new(&RunId::parse("R").expect("an id"), vec![], None).expect("a vault");
    let Ok(head) = fuzzing::head(services, request, &PhaseId::parse("p").expect("an id"), &vault) else { return };
    assert!(head.uri.scheme().is_none() && head.uri.authority().is_none(), "{}", head.uri);
    assert_eq!(head.uri.path_and_query().map(ToString::to_string).as_deref(), Some(place.path.as_str()));
    let hosts: Vec<_> = head.headers.get_all("host").iter().collect();
    let host = hosts[0].to_str().expect("a host is ASCII");
    assert_eq!(hosts.len(), 1);
    let name = host.trim_start_matches('[').strip_prefix(place.host.as_str()).expect("the header names the place");
    assert!(["", "]"].contains(&name) || name.ends_with(&format!(":{}", place.port)), "{host}");
    for name in ["transfer-encoding", "connection", "upgrade", "te", "trailer", "proxy-authorization"] {
        assert!(!head.headers.contains_key(name), "{name}");
    }
    assert_eq!(head.headers.get_all("idempotency-key").iter().count(), 1);
    for value in head.headers.values() {
        assert!(!value.as_bytes().iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "{value:?}");
    }
}

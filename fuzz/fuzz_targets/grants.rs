//! Containment: whatever `contained` accepts, every request that the ask covers is covered by the ceiling, in no less dangerous a class.
//!
//! Grants are made of pieces; requests are drawn, and made from what the ask says. For each:
//! - our answer about a request is that of a second opinion that compares texts label by label and segment by segment;
//! - a request under contained grants is covered by one entry of the ceiling, whose class is not above it; so is its read-back;
//! - what is missing comes back as lines, and a file with those lines contains the ask;
//! - every ask is contained in itself.
#![no_main]

use arbitrary::Arbitrary;
use holdpoint_bundle::Operator;
use holdpoint_fuzz::opinion;
use holdpoint_fuzz::pieces::{HostText, MethodText, NameText, PathText};
use holdpoint_fuzz::sources;
use holdpoint_model::grant::{
    Ceiling, Destination, Grants, HostPattern, HostPort, HttpAsk, HttpGrant, Limits, Method, PathPrefix, ReadBack,
    RequestPath, contained,
};
use holdpoint_model::{Class, PhaseId, ServiceName};
use libfuzzer_sys::fuzz_target;

#[derive(Debug, Arbitrary)]
struct Input {
    ask: [Drawn; 2],
    ceiling: [Drawn; 3],
    /// Entries of the ask that the ceiling has too.
    shared: u8,
    hosts: [(HostText, u16); 2],
    path: PathText,
    method: MethodText,
}

#[derive(Debug, Arbitrary)]
struct Drawn {
    services: [NameText; 2],
    hosts: [HostText; 2],
    methods: [MethodText; 2],
    paths: Option<[PathText; 2]>,
    class: Option<u8>,
    read_back: Option<PathText>,
}

impl Drawn {
    fn grant(&self) -> HttpGrant {
        HttpGrant {
            services: self.services.iter().filter_map(|text| ServiceName::parse(&text.0).ok()).collect(),
            hosts: self.hosts.iter().filter_map(|text| HostPattern::parse(&text.0).ok()).collect(),
            methods: self.methods.iter().filter_map(|text| Method::parse(&text.0).ok()).collect(),
            paths: self
                .paths
                .as_ref()
                .map(|paths| paths.iter().filter_map(|text| PathPrefix::parse(&text.0).ok()).collect()),
            class: self.class.map(|class| Class::ALL[class as usize % Class::ALL.len()]),
            auth: None,
            secret: vec![],
            read_back: self.read_back.as_ref().and_then(|text| ReadBack::parse(&text.0).ok()),
        }
    }
}

fn plain(grant: &HttpGrant) -> opinion::Grant {
    opinion::Grant {
        services: grant.services.iter().map(ToString::to_string).collect(),
        hosts: grant.hosts.iter().map(ToString::to_string).collect(),
        methods: grant.methods.iter().map(ToString::to_string).collect(),
        paths: grant.paths.as_ref().map(|paths| paths.iter().map(ToString::to_string).collect()),
        class: grant.class,
    }
}

fn plain_ask(ask: &HttpAsk) -> opinion::Ask {
    let to = match &ask.destination {
        Destination::Service(name) => Ok(name.to_string()),
        Destination::Host(host) => Err((host.host(), host.port())),
    };
    opinion::Ask { to, method: ask.method.to_string(), path: ask.path.to_string() }
}

/// Requests that were drawn, and those that stand just within and just outside of what a grant says.
fn requests(input: &Input, grants: &[HttpGrant]) -> Vec<HttpAsk> {
    let mut to: Vec<Destination> = Vec::new();
    let mut methods: Vec<Method> = Method::parse(&input.method.0).into_iter().collect();
    let mut paths = vec![input.path.0.clone(), "/".to_owned()];
    let mut host = |text: &str, port| to.extend(HostPort::parse(text, port).ok().map(Destination::Host));
    for (text, port) in &input.hosts {
        host(&text.0, *port);
    }
    for grant in grants {
        for pattern in grant.hosts.iter().map(ToString::to_string) {
            let (name, port) = match pattern.rsplit_once(':') {
                Some((name, port)) if !name.contains(':') || name.ends_with(']') => (name, port.parse().unwrap_or(443)),
                _ => (pattern.as_str(), 443),
            };
            for name in [
                name.to_owned(),
                name.replace('*', "q"),
                name.replace("*.", ""),
                format!("q.{name}"),
                format!("q{name}"),
            ] {
                host(&name, port);
                host(&name, 80);
            }
        }
        methods.extend(grant.methods.iter().cloned());
        for prefix in grant.paths.iter().flatten().map(PathPrefix::as_str) {
            paths.extend([prefix.to_owned(), format!("{prefix}/z"), format!("{prefix}z"), format!("{prefix};/z")]);
        }
    }
    to.extend(grants.iter().flat_map(|grant| &grant.services).cloned().map(Destination::Service));
    let paths: Vec<RequestPath> = paths.iter().filter_map(|path| RequestPath::parse(path).ok()).collect();
    let mut asks = Vec::new();
    for destination in &to {
        for method in &methods {
            for path in &paths {
                asks.push(HttpAsk { destination: destination.clone(), method: method.clone(), path: path.clone() });
            }
        }
    }
    asks
}

fuzz_target!(|input: Input| {
    let http: Vec<HttpGrant> = input.ask.iter().map(Drawn::grant).collect();
    let shared =
        http.iter().enumerate().filter(|(place, _)| input.shared >> place & 1 == 1).map(|(_, grant)| grant.clone());
    let ceiling: Vec<HttpGrant> = input.ceiling.iter().map(Drawn::grant).chain(shared).collect();
    let phase = PhaseId::parse("p").expect("an id");
    let grants = Grants { http: http.clone(), ..Grants::none(phase) };
    let most = |http: Vec<HttpGrant>| {
        let mut ceiling = Ceiling::default();
        ceiling.http = http;
        ceiling
    };
    let asks = requests(&input, &http);
    for ask in &asks {
        for grant in http.iter().chain(&ceiling) {
            assert_eq!(grant.covers(ask), plain(grant).covers(&plain_ask(ask)), "{grant:?} {ask:?}");
        }
    }
    assert_eq!(contained(&grants, &most(http.clone())), Ok(()), "an ask is contained in itself");
    match contained(&grants, &most(ceiling.clone())) {
        Ok(()) => asks.iter().for_each(|ask| stays_below(&grants, &ceiling, ask)),
        Err(missing) => {
            let lines = missing.iter().map(|missing| {
                missing
                    .line
                    .strip_prefix("http = [")
                    .and_then(|line| line.strip_suffix(']'))
                    .expect("a grant of http")
                    .to_owned()
            });
            let text = format!("[bundles.b.e]\nhttp = [{}]\n", lines.collect::<Vec<_>>().join(", "));
            let operator = Operator::parse(&sources::operator(&text)).unwrap_or_else(|e| panic!("{e}\n{text}"));
            let mut wider = operator.ceiling("b", "e").expect("it has the entry");
            wider.http.extend(ceiling);
            assert_eq!(contained(&grants, &wider), Ok(()), "the lines that are shown are enough:\n{text}");
        }
    }
});

fn stays_below(grants: &Grants, ceiling: &[HttpGrant], ask: &HttpAsk) {
    let Ok(terms) = grants.http(ask, "") else { return };
    let covered = |ask: &HttpAsk, class: Class| {
        ceiling
            .iter()
            .map(plain)
            .any(|entry| entry.covers(&plain_ask(ask)) && entry.class(ask.method.as_str()) <= class)
    };
    assert!(covered(ask, terms.class), "{ask:?} is granted and not covered");
    if let Some(read_back) = terms.read_back {
        let path = RequestPath::parse(&read_back.path("key")).expect("a read-back has a path");
        let get =
            HttpAsk { method: Method::parse("GET").expect("a method"), path, destination: ask.destination.clone() };
        let named = ceiling.iter().any(|entry| {
            let to = HttpAsk { path: ask.path.clone(), ..ask.clone() };
            let anywhere = HttpGrant { methods: vec![to.method.clone()], paths: None, ..entry.clone() };
            entry.read_back.as_ref() == Some(&read_back) && anywhere.covers(&to)
        });
        assert!(named || covered(&get, Class::Read), "{get:?} reads back and is not covered");
    }
}

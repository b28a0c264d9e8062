//! Containment as a relation: what must hold for every ask and every ceiling.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::{Class, PhaseId, ServiceName};

const HOSTS: [&str; 6] =
    ["a.example.com", "b.a.example.com", "*.example.com", "*.a.example.com", "a.example.com:8443", "127.0.0.1:80"];
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "DELETE"];
const PATHS: [&str; 5] = ["/", "/a", "/a/b", "/ab", "/c"];
const SERVICES: [&str; 2] = ["backend", "auth"];
const READ_BACKS: [&str; 2] = ["/a/{key}", "/c/{key}"];

fn grant() -> impl Strategy<Value = HttpGrant> {
    (
        subsequence(SERVICES.to_vec(), 0..=2),
        subsequence(HOSTS.to_vec(), 0..=3),
        subsequence(METHODS.to_vec(), 0..=3),
        proptest::option::of(subsequence(PATHS.to_vec(), 0..=3)),
        proptest::option::of(select(Class::ALL.to_vec())),
        proptest::option::of(select(READ_BACKS.to_vec())),
        proptest::option::of(Just(HttpAuth::IdToken)),
    )
        .prop_map(|(services, hosts, methods, paths, class, read_back, auth)| HttpGrant {
            services: services.into_iter().map(|s| ServiceName::parse(s).unwrap()).collect(),
            hosts: hosts.into_iter().map(|h| HostPattern::parse(h).unwrap()).collect(),
            methods: methods.into_iter().map(|m| Method::parse(m).unwrap()).collect(),
            paths: paths.map(|paths| paths.into_iter().map(|p| PathPrefix::parse(p).unwrap()).collect()),
            class,
            auth,
            secret: vec![],
            read_back: read_back.map(|r| ReadBack::parse(r).unwrap()),
        })
}

const TOOLS: [&str; 3] = ["pytest", "go", "deploy"];

fn exec_grant() -> impl Strategy<Value = ExecGrant> {
    (subsequence(TOOLS.to_vec(), 0..=3), proptest::option::of(select(Class::ALL.to_vec()))).prop_map(
        |(tools, class)| ExecGrant {
            tools: tools.into_iter().map(|tool| ToolName::parse(tool).unwrap()).collect(),
            class,
        },
    )
}

fn exec_grants(exec: &[ExecGrant]) -> Grants {
    Grants { exec: exec.to_vec(), ..Grants::none(PhaseId::parse("p").unwrap()) }
}

fn exec_contained(ask: &[ExecGrant], within: &[ExecGrant]) -> Result<(), Vec<Missing>> {
    let mut ceiling = Ceiling::default();
    ceiling.exec = within.to_vec();
    contained(&exec_grants(ask), &ceiling)
}

fn socket_grant() -> impl Strategy<Value = WebsocketGrant> {
    grant().prop_map(|HttpGrant { services, hosts, paths, class, .. }| WebsocketGrant { services, hosts, paths, class })
}

fn socket_grants(websocket: &[WebsocketGrant]) -> Grants {
    Grants { websocket: websocket.to_vec(), ..Grants::none(PhaseId::parse("p").unwrap()) }
}

fn sockets_contained(ask: &[WebsocketGrant], within: &[WebsocketGrant]) -> Result<(), Vec<Missing>> {
    let mut ceiling = Ceiling::default();
    ceiling.websocket = within.to_vec();
    contained(&socket_grants(ask), &ceiling)
}

const PROJECTS: [&str; 2] = ["acme-staging", "acme-production"];

fn metrics_grant() -> impl Strategy<Value = MetricsGrant> {
    (
        subsequence(SERVICES.to_vec(), 0..=2),
        any::<bool>(),
        subsequence(PATHS.to_vec(), 0..=3),
        subsequence(PROJECTS.to_vec(), 0..=2),
    )
        .prop_map(|(services, queries, scrape, projects)| MetricsGrant {
            services: services.into_iter().map(|s| ServiceName::parse(s).unwrap()).collect(),
            queries,
            scrape: scrape.into_iter().map(|p| PathPrefix::parse(p).unwrap()).collect(),
            projects: projects.into_iter().map(|p| ProjectId::parse(p).unwrap()).collect(),
        })
}

fn metrics_grants(metrics: &[MetricsGrant]) -> Grants {
    Grants { metrics: metrics.to_vec(), ..Grants::none(PhaseId::parse("p").unwrap()) }
}

fn metrics_contained(ask: &[MetricsGrant], within: &[MetricsGrant]) -> Result<(), Vec<Missing>> {
    let mut ceiling = Ceiling::default();
    ceiling.metrics = within.to_vec();
    contained(&metrics_grants(ask), &ceiling)
}

/// Everything that can be asked for metrics, in the vocabulary of here.
fn all_metrics_asks() -> Vec<MetricsAsk> {
    let paths = ["/", "/a", "/a/b/c", "/ab", "/c/d"].map(|p| MetricsPiece::Scrape(RequestPath::parse(p).unwrap()));
    let projects = PROJECTS.map(|p| MetricsPiece::Project(ProjectId::parse(p).unwrap()));
    let pieces: Vec<MetricsPiece> = paths.into_iter().chain(projects).chain([MetricsPiece::Query]).collect();
    let services = SERVICES.map(|s| ServiceName::parse(s).unwrap());
    let of = |service: &ServiceName| {
        let service = service.clone();
        pieces.clone().into_iter().map(move |piece| MetricsAsk { service: service.clone(), piece })
    };
    services.iter().flat_map(of).collect()
}

const STORES: [&str; 2] = ["database", "cache"];
const TABLES: [&str; 2] = ["holdpoint", "users"];
const TEXTS: [&str; 3] = ["select 1", "select count(*) from users", "delete from holdpoint"];

fn data_grant() -> impl Strategy<Value = DataGrant> {
    (
        subsequence(STORES.to_vec(), 0..=2),
        subsequence(TABLES.to_vec(), 0..=2),
        subsequence(TEXTS.to_vec(), 0..=3),
        any::<bool>(),
    )
        .prop_map(|(stores, places, sql, write)| DataGrant {
            stores: stores.into_iter().map(|s| StoreName::parse(s).unwrap()).collect(),
            places: places.into_iter().map(|p| Place::parse(p).unwrap()).collect(),
            sql: sql.into_iter().map(|s| Sql::parse(s).unwrap()).collect(),
            write,
        })
}

fn data_grants(data: &[DataGrant]) -> Grants {
    Grants { data: data.to_vec(), ..Grants::none(PhaseId::parse("p").unwrap()) }
}

fn data_contained(ask: &[DataGrant], within: &[DataGrant]) -> Result<(), Vec<Missing>> {
    let mut ceiling = Ceiling::default();
    ceiling.data = within.to_vec();
    contained(&data_grants(ask), &ceiling)
}

/// Everything that can be asked of stores, in the vocabulary of here.
fn all_data_asks() -> Vec<DataAsk> {
    let places = TABLES.map(|p| Place::parse(p).unwrap());
    let entry = |place: Place| [false, true].map(|write| DataPiece::Entry { place: place.clone(), write });
    let texts = TEXTS.map(|s| DataPiece::Sql(Sql::parse(s).unwrap()));
    let pieces: Vec<DataPiece> = places.into_iter().flat_map(entry).chain(texts).chain([DataPiece::Facts]).collect();
    let of = |store: &str| {
        let store = StoreName::parse(store).unwrap();
        pieces.clone().into_iter().map(move |piece| DataAsk { store: store.clone(), piece })
    };
    STORES.into_iter().flat_map(of).collect()
}

fn grants(http: Vec<HttpGrant>) -> Grants {
    Grants { http, ..Grants::none(PhaseId::parse("p").unwrap()) }
}

fn ceiling(http: Vec<HttpGrant>) -> Ceiling {
    let mut ceiling = Ceiling::default();
    ceiling.http = http;
    ceiling
}

/// Asks for everything that the vocabulary can say.
fn all_asks() -> Vec<HttpAsk> {
    let services = SERVICES.map(|s| Destination::Service(ServiceName::parse(s).unwrap()));
    let hosts = [
        ("a.example.com", 443),
        ("a.example.com", 8443),
        ("b.a.example.com", 80),
        ("x.example.com", 443),
        ("127.0.0.1", 80),
    ]
    .map(|(host, port)| Destination::Host(HostPort::parse(host, port).unwrap()));
    let mut asks = Vec::new();
    for destination in services.into_iter().chain(hosts) {
        for method in METHODS {
            for path in ["/", "/a", "/a/b/c", "/ab", "/c/d"] {
                asks.push(HttpAsk {
                    destination: destination.clone(),
                    method: Method::parse(method).unwrap(),
                    path: RequestPath::parse(path).unwrap(),
                });
            }
        }
    }
    asks
}

proptest! {
    #[test]
    fn containment_is_reflexive(http in prop::collection::vec(grant(), 0..4)) {
        prop_assert_eq!(contained(&grants(http.clone()), &ceiling(http)), Ok(()));
    }

    #[test]
    fn containment_is_transitive(
        a in prop::collection::vec(grant(), 0..2),
        b in prop::collection::vec(grant(), 1..4),
        c in prop::collection::vec(grant(), 1..4),
    ) {
        // Taking over what was drawn makes the premise hold often enough to say something.
        let b: Vec<_> = a.iter().cloned().chain(b).collect();
        let c: Vec<_> = b.iter().cloned().chain(c).collect();
        prop_assert_eq!(contained(&grants(a.clone()), &ceiling(b.clone())), Ok(()));
        prop_assert_eq!(contained(&grants(b), &ceiling(c.clone())), Ok(()));
        prop_assert_eq!(contained(&grants(a), &ceiling(c)), Ok(()));
    }

    #[test]
    fn containment_of_unrelated_grants_is_transitive(
        a in grant(), b in grant(), c in prop::collection::vec(grant(), 1..4),
    ) {
        let [a, b] = [a, b].map(|grant| vec![grant]);
        if contained(&grants(a.clone()), &ceiling(b.clone())).is_ok() && contained(&grants(b), &ceiling(c.clone())).is_ok() {
            prop_assert_eq!(contained(&grants(a), &ceiling(c)), Ok(()));
        }
    }

    #[test]
    fn a_ceiling_covers_what_a_contained_ask_covers(
        a in prop::collection::vec(grant(), 1..3),
        b in prop::collection::vec(grant(), 1..4),
    ) {
        let (a, b) = (grants(a), ceiling(b));
        if contained(&a, &b).is_ok() {
            for ask in all_asks() {
                if let Ok(terms) = a.http(&ask, "") {
                    let covering = b.http.iter().find(|entry| {
                        entry.covers(&ask)
                            && entry.class_of(&ask.method) <= terms.class
                            && (terms.auth.is_none() || entry.auth == terms.auth)
                    });
                    prop_assert!(covering.is_some(), "{:?} is not covered", ask);
                }
            }
        }
    }

    #[test]
    fn adding_the_ask_makes_it_contained(a in prop::collection::vec(grant(), 1..3), b in prop::collection::vec(grant(), 0..3)) {
        let wider = b.into_iter().chain(a.clone()).collect();
        prop_assert_eq!(contained(&grants(a), &ceiling(wider)), Ok(()));
    }

    #[test]
    fn a_ceiling_covers_every_start_that_a_contained_ask_covers(
        a in prop::collection::vec(exec_grant(), 0..3),
        b in prop::collection::vec(exec_grant(), 0..4),
        c in prop::collection::vec(exec_grant(), 0..3),
    ) {
        prop_assert_eq!(exec_contained(&a, &a), Ok(()));
        let wider: Vec<_> = b.iter().cloned().chain(a.clone()).collect();
        prop_assert_eq!(exec_contained(&a, &wider), Ok(()));
        if exec_contained(&a, &b).is_ok() {
            let grants = exec_grants(&a);
            for tool in TOOLS {
                if let Ok(class) = grants.exec(tool) {
                    let name = ToolName::parse(tool).unwrap();
                    prop_assert!(b.iter().any(|entry| entry.covers(&name) && entry.class() <= class));
                }
            }
            if exec_contained(&b, &c).is_ok() {
                prop_assert_eq!(exec_contained(&a, &c), Ok(()));
            }
        }
    }

    #[test]
    fn a_ceiling_covers_every_socket_that_a_contained_ask_covers(
        a in prop::collection::vec(socket_grant(), 0..3),
        b in prop::collection::vec(socket_grant(), 0..4),
        c in prop::collection::vec(socket_grant(), 0..3),
    ) {
        prop_assert_eq!(sockets_contained(&a, &a), Ok(()));
        let wider: Vec<_> = b.iter().cloned().chain(a.clone()).collect();
        prop_assert_eq!(sockets_contained(&a, &wider), Ok(()));
        if sockets_contained(&a, &b).is_ok() {
            let grants = socket_grants(&a);
            for HttpAsk { destination, path, .. } in all_asks() {
                let ask = WebsocketAsk { destination, path };
                if let Ok(opening) = grants.websocket(&ask, "") {
                    // Every frame that goes over it has at least the class that the operator has it under.
                    let frames = grants.websocket_frame("").unwrap();
                    let allows = |e: &&WebsocketGrant| e.covers(&ask) && e.class() <= frames && e.class_of_opening() <= opening;
                    prop_assert!(b.iter().any(|entry| allows(&entry)), "{:?} is not covered", ask);
                }
            }
            if sockets_contained(&b, &c).is_ok() {
                prop_assert_eq!(sockets_contained(&a, &c), Ok(()));
            }
        }
    }

    #[test]
    fn a_ceiling_covers_every_question_that_a_contained_ask_covers(
        a in prop::collection::vec(metrics_grant(), 0..3),
        b in prop::collection::vec(metrics_grant(), 0..4),
        c in prop::collection::vec(metrics_grant(), 0..3),
    ) {
        prop_assert_eq!(metrics_contained(&a, &a), Ok(()));
        let wider: Vec<_> = b.iter().cloned().chain(a.clone()).collect();
        prop_assert_eq!(metrics_contained(&a, &wider), Ok(()));
        if metrics_contained(&a, &b).is_ok() {
            let grants = metrics_grants(&a);
            for ask in all_metrics_asks() {
                if grants.metrics(&ask, "").is_ok() {
                    prop_assert!(b.iter().any(|entry| entry.covers(&ask)), "{:?} is not covered", ask);
                }
            }
            if metrics_contained(&b, &c).is_ok() {
                prop_assert_eq!(metrics_contained(&a, &c), Ok(()));
            }
        }
    }

    #[test]
    fn a_ceiling_covers_everything_of_stores_that_a_contained_ask_covers(
        a in prop::collection::vec(data_grant(), 0..3),
        b in prop::collection::vec(data_grant(), 0..4),
        c in prop::collection::vec(data_grant(), 0..3),
    ) {
        prop_assert_eq!(data_contained(&a, &a), Ok(()));
        let wider: Vec<_> = b.iter().cloned().chain(a.clone()).collect();
        prop_assert_eq!(data_contained(&a, &wider), Ok(()));
        if data_contained(&a, &b).is_ok() {
            let grants = data_grants(&a);
            for ask in all_data_asks() {
                if grants.data(&ask, "").is_ok() {
                    prop_assert!(b.iter().any(|entry| entry.covers(&ask)), "{:?} is not covered", ask);
                }
            }
            if data_contained(&b, &c).is_ok() {
                prop_assert_eq!(data_contained(&a, &c), Ok(()));
            }
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC{0,40}") {
        let _ = HostPattern::parse(&text);
        let _ = PathPrefix::parse(&text);
        let _ = RequestPath::parse(&text);
        let _ = UrlPattern::parse(&text);
        let _ = ReadBack::parse(&text);
        let _ = ToolName::parse(&text);
        let _ = Sql::parse(&text);
        let _ = Place::parse(&text);
        let _ = parse_duration(&text);
        let _ = parse_size(&text);
    }

    #[test]
    fn a_pattern_reads_back_as_written(text in select(HOSTS.to_vec())) {
        let pattern = HostPattern::parse(text).unwrap();
        prop_assert_eq!(HostPattern::parse(&pattern.to_string()).unwrap(), pattern);
    }
}

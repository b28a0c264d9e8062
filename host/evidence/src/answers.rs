//! Reads the little that evidence needs from the JSON of requests and answers. What says something else, or is no JSON at all, is no evidence.

use serde::{Deserialize, de::IgnoredAny};

/// A request of `http` to a service of the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probe {
    pub(crate) service: String,
    /// `GET backend /health`, without what follows `?`.
    pub(crate) route: String,
}

/// The most bytes of the path of a route.
const PATH: usize = 200;

#[derive(Deserialize)]
struct HttpRequest {
    target: Target,
    method: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Target {
    Service { service: String, path: String },
    Url(#[expect(dead_code, reason = "a URL is of no service")] String),
}

#[derive(Deserialize)]
struct HttpAnswer {
    status: u16,
    timings: Timings,
}

#[derive(Deserialize)]
struct Timings {
    total: f64,
}

/// Whom a request of `http` asks. None for a URL, which is of no service.
pub(crate) fn probe(request: &str) -> Option<Probe> {
    let HttpRequest { target: Target::Service { service, path }, method } = serde_json::from_str(request).ok()? else {
        return None;
    };
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let cut = (0..=PATH.min(path.len())).rev().find(|at| path.is_char_boundary(*at)).unwrap_or(0);
    Some(Probe { route: format!("{method} {service} {}", &path[..cut]), service })
}

/// The status of an answer, and how many milliseconds it took.
pub(crate) fn answered(answer: &str) -> Option<(u16, f64)> {
    let HttpAnswer { status, timings } = serde_json::from_str(answer).ok()?;
    Some((status, timings.total))
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LoadRequest {
    Start(Plan),
    Poll { load: u32 },
    Stop { load: u32 },
}

#[derive(Deserialize)]
struct Plan {
    work: Work,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Work {
    Request(IgnoredAny),
    User(IgnoredAny),
}

/// What is asked of loads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LoadAsked {
    /// One is to begin.
    Start { of_users: bool },
    /// How this one is.
    About(u32),
}

/// What a request asks of loads.
pub(crate) fn load_asked(request: &str) -> Option<LoadAsked> {
    Some(match serde_json::from_str(request).ok()? {
        LoadRequest::Start(Plan { work: Work::Request(_) }) => LoadAsked::Start { of_users: false },
        LoadRequest::Start(Plan { work: Work::User(_) }) => LoadAsked::Start { of_users: true },
        LoadRequest::Poll { load } | LoadRequest::Stop { load } => LoadAsked::About(load),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LoadAnswer {
    Started,
    Running(Running),
    Ended(Ended),
}

#[derive(Deserialize)]
struct Running {
    elapsed_ms: f64,
    leaks: u32,
    own_count: u32,
    windows: Vec<Window>,
}

#[derive(Deserialize)]
struct Ended {
    elapsed_ms: f64,
    leak_count: u32,
    own_count: u32,
    windows: Vec<Window>,
}

/// What a load says of itself.
#[derive(Debug)]
pub(crate) enum Load {
    Started,
    Told(Told),
}

/// What a load tells while it goes on and when it has ended.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) ended: bool,
    /// In the time of its plan.
    pub(crate) elapsed_ms: f64,
    /// From its start on.
    pub(crate) leaks: u32,
    pub(crate) own_canaries: u32,
    /// What was not told before.
    pub(crate) windows: Vec<Window>,
}

/// What a load says of itself in an answer.
pub(crate) fn load(answer: &str) -> Option<Load> {
    Some(match serde_json::from_str(answer).ok()? {
        LoadAnswer::Started => Load::Started,
        LoadAnswer::Running(Running { elapsed_ms, leaks, own_count, windows }) => {
            Load::Told(Told { ended: false, elapsed_ms, leaks, own_canaries: own_count, windows })
        }
        LoadAnswer::Ended(Ended { elapsed_ms, leak_count, own_count, windows }) => {
            Load::Told(Told { ended: true, elapsed_ms, leaks: leak_count, own_canaries: own_count, windows })
        }
    })
}

#[derive(Debug, Deserialize)]
pub(crate) struct Window {
    pub(crate) at_ms: f64,
    pub(crate) incarnation: u32,
    pub(crate) users: u32,
    pub(crate) routes: Vec<Route>,
}

/// A list in the order of these fields; earlier versions wrote objects. So are its parts.
#[derive(Debug, Deserialize)]
pub(crate) struct Route {
    pub(crate) route: String,
    pub(crate) exchanges: u32,
    pub(crate) failures: Failures,
    pub(crate) deliberate: u32,
    #[serde(rename = "sent_bytes")]
    _sent_bytes: IgnoredAny,
    #[serde(rename = "received_bytes")]
    _received_bytes: IgnoredAny,
    pub(crate) latency: Option<Latency>,
    #[serde(rename = "service")]
    _service: IgnoredAny,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Failures {
    connect: u32,
    tls: u32,
    timeout: u32,
    reset: u32,
    malformed: u32,
    status: u32,
    content: u32,
}

impl Failures {
    pub(crate) fn all(&self) -> u32 {
        let Self { connect, tls, timeout, reset, malformed, status, content } = *self;
        [connect, tls, timeout, reset, malformed, status, content].into_iter().fold(0, u32::saturating_add)
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Latency {
    #[serde(rename = "min")]
    _min: IgnoredAny,
    pub(crate) mean: f64,
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p95: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_has_a_service_and_a_route_without_what_was_asked() {
        let request = |path: &str| {
            format!(
                r#"{{"target":{{"service":{{"service":"backend","path":"{path}"}}}},"method":"GET","headers":[],"timeout_ms":1}}"#
            )
        };
        let probe = probe(&request("/health?token=1")).unwrap();
        assert_eq!((probe.service.as_str(), probe.route.as_str()), ("backend", "GET backend /health"));
        let long = super::probe(&request(&format!("/{}", "ä".repeat(1_000)))).unwrap().route;
        assert!(long.len() <= PATH + "GET backend ".len(), "{}", long.len());
        assert_eq!(super::probe(r#"{"target":{"url":"https://example.com/"},"method":"GET"}"#), None);
        assert_eq!(super::probe("no json"), None);
    }

    #[test]
    fn a_load_that_was_asked_about_is_its_number() {
        assert_eq!(load_asked(r#"{"poll":{"load":3,"wait_ms":1000}}"#), Some(LoadAsked::About(3)));
        assert_eq!(load_asked(r#"{"stop":{"load":4}}"#), Some(LoadAsked::About(4)));
        for (work, of_users) in [("request", false), ("user", true)] {
            let start = format!(r#"{{"start":{{"executor":{{}},"work":{{"{work}":{{}}}},"thresholds":[]}}}}"#);
            assert_eq!(load_asked(&start), Some(LoadAsked::Start { of_users }));
        }
        assert_eq!(load_asked(""), None);
    }

    #[test]
    fn windows_are_lists_and_were_objects() {
        let window = |route: &str| {
            let window = format!(r#"{{"at_ms":1.0,"incarnation":1,"users":4,"routes":[{route}]}}"#);
            let text = format!(r#"{{"running":{{"elapsed_ms":9.0,"leaks":2,"own_count":7,"windows":[{window}]}}}}"#);
            let Some(Load::Told(told)) = load(&text) else { panic!("{text}") };
            format!("{:?}", told.windows)
        };
        let list = window(r#"["r",9,[0,2,0,0,0,1],1,10.0,20.0,[1.0,2.5,2.0,3.0,4.0,5.0,6.0],null]"#);
        let object = window(
            r#"{"route":"r","exchanges":9,"deliberate":1,"sent_bytes":10.0,"received_bytes":20.0,
            "failures":{"connect":0,"tls":2,"timeout":0,"reset":0,"malformed":0,"status":1,"content":0},
            "latency":{"min":1.0,"mean":2.5,"p50":2.0,"p90":3.0,"p95":4.0,"p99":5.0,"max":6.0},"service":null}"#,
        );
        assert_eq!(list, object);
        assert!(list.contains("tls: 2") && list.contains("status: 1") && list.contains("p99: 5.0"), "{list}");
    }

    #[test]
    fn what_is_no_answer_is_no_evidence() {
        assert_eq!(answered(r#"{"status":503,"timings":{"dns":null,"total":12.5}}"#), Some((503, 12.5)));
        assert_eq!(answered(r#"{"failed":"x"}"#), None);
        assert!(load(r#"{"failed":"x"}"#).is_none());
        assert!(matches!(load(r#""started""#), Some(Load::Started)));
    }
}

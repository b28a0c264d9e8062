//! WebSockets: where a phase may open them, and how dangerous the frames are that it sends.
//!
//! An empty list grants nothing. A frame names a socket and no place, so the class of frames is one for all sockets of a phase: the most
//! dangerous that any of its grants has.

use super::http::list;
use super::{Destination, HostPattern, Missing, PathPrefix, RequestPath};
use crate::{Class, Denial, PhaseId, ServiceName};

/// Sockets that a phase may open, or that the operator allows at most: to any of the services and hosts, below any of the paths.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebsocketGrant {
    /// Services of the bundle's environment, by name.
    pub services: Vec<ServiceName>,
    /// Hosts by pattern, for absolute URLs.
    pub hosts: Vec<HostPattern>,
    /// Absent: every path. An empty list grants nothing.
    pub paths: Option<Vec<PathPrefix>>,
    /// What a frame does to the world, if it is not an effect.
    pub class: Option<Class>,
}

/// A socket that a guest wants to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebsocketAsk {
    pub destination: Destination,
    pub path: RequestPath,
}

impl WebsocketGrant {
    /// Whether the socket may be opened under this grant.
    pub fn covers(&self, ask: &WebsocketAsk) -> bool {
        let there = match &ask.destination {
            Destination::Service(name) => self.services.contains(name),
            Destination::Host(host) => self.hosts.iter().any(|pattern| pattern.covers(host)),
        };
        there && self.paths.as_ref().is_none_or(|paths| paths.iter().any(|prefix| prefix.covers(&ask.path)))
    }

    /// Whether it lets nothing through.
    pub fn is_empty(&self) -> bool {
        (self.services.is_empty() && self.hosts.is_empty()) || self.paths.as_ref().is_some_and(Vec::is_empty)
    }

    /// The class of a frame: the grant's, if it states one, else an effect.
    pub fn class(&self) -> Class {
        self.class.unwrap_or(Class::Effect)
    }

    /// The class of opening. The handshake changes nothing that lasts, so it may be sent again.
    pub fn class_of_opening(&self) -> Class {
        match self.class() {
            Class::Effect => Class::Repeatable,
            class => class,
        }
    }

    /// What it lets through, for a person.
    pub fn words(&self) -> String {
        if self.is_empty() {
            return "a grant of websocket that grants nothing".to_owned();
        }
        let class = self.class.map_or(String::new(), |class| format!(", frames as {class}"));
        format!("open sockets to {}{class}", self.places())
    }

    fn places(&self) -> String {
        let services: Vec<&str> = self.services.iter().map(ServiceName::as_str).collect();
        let hosts: Vec<String> = self.hosts.iter().map(HostPattern::to_string).collect();
        let mut to = Vec::new();
        if !services.is_empty() {
            to.push(format!("services {}", services.join(", ")));
        }
        if !hosts.is_empty() {
            to.push(format!("hosts {}", hosts.join(", ")));
        }
        let below: Vec<&str> = self.paths.iter().flatten().map(PathPrefix::as_str).collect();
        let below = if below.is_empty() { String::new() } else { format!(" below {}", below.join(", ")) };
        format!("{}{below}", to.join(" and "))
    }

    /// The grant as a line of a bundle or an operator's file.
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
        if let Some(class) = self.class {
            parts.push(format!("class = \"{class}\""));
        }
        format!("{{ {} }}", parts.join(", "))
    }
}

/// Decides about a socket: the class of opening it, the most dangerous of those that cover it, or why it is denied. `shown` is the
/// destination as people read it, e.g. `backend /ws`.
pub(super) fn opening(
    phase: &PhaseId,
    grants: &[WebsocketGrant],
    ask: &WebsocketAsk,
    shown: &str,
) -> Result<Class, Denial> {
    let covering = grants.iter().filter(|grant| grant.covers(ask)).map(WebsocketGrant::class_of_opening).max();
    covering.ok_or_else(|| {
        let (destination, services, hosts) = match &ask.destination {
            Destination::Service(name) => (format!("service {name}"), vec![name.clone()], vec![]),
            Destination::Host(host) => (format!("host {host}"), vec![], vec![HostPattern::exactly(host)]),
        };
        let paths = PathPrefix::parse(ask.path.as_str()).ok().map(|prefix| vec![prefix]);
        let line = WebsocketGrant { services, hosts, paths, class: None }.to_toml();
        Denial {
            wanted: format!("websocket {shown}"),
            reason: format!("no grant covers {} of {destination}; granted: {}", ask.path, granted(grants)),
            remedy: remedy(phase, &line),
        }
    })
}

/// Decides about a frame: its class, or why there is no socket that it could go over.
pub(super) fn frame(phase: &PhaseId, grants: &[WebsocketGrant], wanted: &str) -> Result<Class, Denial> {
    let class = grants.iter().filter(|grant| !grant.is_empty()).map(WebsocketGrant::class).max();
    class.ok_or_else(|| Denial {
        wanted: format!("websocket {wanted}"),
        reason: "no socket is granted".to_owned(),
        remedy: remedy(phase, "{ services = [\"…\"] }"),
    })
}

fn granted(grants: &[WebsocketGrant]) -> String {
    let words: Vec<String> = grants.iter().filter(|grant| !grant.is_empty()).map(WebsocketGrant::places).collect();
    if words.is_empty() { "nothing".to_owned() } else { words.join("; ") }
}

fn remedy(phase: &PhaseId, line: &str) -> String {
    format!(
        "to allow it, add to [phase.grants] of '{phase}' in bundle.toml:\n    websocket = [{line}]\nand to the operator's file, which bounds every bundle on this machine"
    )
}

/// The sockets that the grants cover and the operator does not allow. Frames may be called more dangerous than the operator has them,
/// never less.
pub(super) fn missing(ask: &[WebsocketGrant], ceiling: &[WebsocketGrant]) -> Vec<Missing> {
    let root = [PathPrefix::root()];
    let mut missing = Vec::new();
    for grant in ask {
        for path in grant.paths.as_deref().unwrap_or(&root) {
            let allows = |entry: &&WebsocketGrant| {
                entry.class() <= grant.class()
                    && entry.paths.as_ref().is_none_or(|paths| paths.iter().any(|prefix| prefix.contains(path)))
            };
            let allowing: Vec<&WebsocketGrant> = ceiling.iter().filter(allows).collect();
            let services = grant.services.iter().filter(|s| !allowing.iter().any(|e| e.services.contains(s)));
            let hosts =
                grant.hosts.iter().filter(|h| !allowing.iter().any(|e| e.hosts.iter().any(|mine| mine.contains(h))));
            let lacking = WebsocketGrant {
                services: services.cloned().collect(),
                hosts: hosts.cloned().collect(),
                paths: grant.paths.as_ref().map(|_| vec![path.clone()]),
                class: grant.class,
            };
            if !lacking.is_empty() {
                let line = format!("websocket = [{}]", lacking.to_toml());
                missing.push(Missing { what: lacking.words(), table: "", line });
            }
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::HostPort;

    fn grant(services: &[&str], hosts: &[&str], paths: Option<&[&str]>, class: Option<Class>) -> WebsocketGrant {
        WebsocketGrant {
            services: services.iter().map(|s| ServiceName::parse(s).unwrap()).collect(),
            hosts: hosts.iter().map(|h| HostPattern::parse(h).unwrap()).collect(),
            paths: paths.map(|paths| paths.iter().map(|p| PathPrefix::parse(p).unwrap()).collect()),
            class,
        }
    }

    fn service(name: &str, path: &str) -> WebsocketAsk {
        let destination = Destination::Service(ServiceName::parse(name).unwrap());
        WebsocketAsk { destination, path: RequestPath::parse(path).unwrap() }
    }

    fn open(grants: &[WebsocketGrant], ask: &WebsocketAsk) -> Result<Class, Denial> {
        opening(&PhaseId::parse("chat").unwrap(), grants, ask, "backend /ws")
    }

    fn send(grants: &[WebsocketGrant]) -> Result<Class, Denial> {
        frame(&PhaseId::parse("chat").unwrap(), grants, "send 3")
    }

    #[test]
    fn an_empty_list_grants_nothing() {
        let ask = service("backend", "/ws");
        for grants in [vec![], vec![grant(&[], &[], None, None)], vec![grant(&["backend"], &[], Some(&[]), None)]] {
            assert!(open(&grants, &ask).is_err());
            assert!(send(&grants).is_err(), "there is no socket either");
            assert_eq!(missing(&grants, &[]), []);
        }
        let some = [grant(&["backend"], &[], Some(&["/ws"]), None)];
        assert_eq!(missing(&some, &[grant(&["backend"], &[], Some(&[]), None)]).len(), 1);
        assert!(open(&some, &ask).is_ok() && send(&some).is_ok());
    }

    #[test]
    fn covers_its_places_and_no_others() {
        let grants = [grant(&["backend"], &["*.example.com"], Some(&["/ws"]), None)];
        let host = |host: &str, port, path: &str| WebsocketAsk {
            destination: Destination::Host(HostPort::parse(host, port).unwrap()),
            path: RequestPath::parse(path).unwrap(),
        };
        for ask in [service("backend", "/ws/chat?x=1"), host("a.example.com", 443, "/ws")] {
            assert_eq!(open(&grants, &ask), Ok(Class::Repeatable));
        }
        for ask in [
            service("auth", "/ws"),
            service("backend", "/wss"),
            host("example.com", 443, "/ws"),
            host("a.example.com", 8443, "/ws"),
            host("a.example.com.evil.org", 443, "/ws"),
        ] {
            assert!(open(&grants, &ask).is_err(), "{ask:?}");
        }
    }

    #[test]
    fn the_most_dangerous_class_counts() {
        let (read, plain) = (grant(&["a"], &[], None, Some(Class::Read)), grant(&["backend"], &[], None, None));
        let both = [read.clone(), plain];
        assert_eq!((send(&both[..1]), send(&both)), (Ok(Class::Read), Ok(Class::Effect)));
        assert_eq!(open(&both, &service("a", "/")), Ok(Class::Read), "opening one has its own class");
        let [repeatable, disruptive] =
            [Class::Repeatable, Class::Disruptive].map(|c| grant(&["a"], &[], None, Some(c)));
        assert_eq!(open(&[read.clone(), repeatable], &service("a", "/")), Ok(Class::Repeatable));
        assert_eq!(open(&[read, disruptive], &service("a", "/")), Ok(Class::Disruptive));
    }

    #[test]
    fn a_denial_names_the_line_that_would_allow_it() {
        let denial = open(&[grant(&["auth"], &[], Some(&["/x"]), None)], &service("backend", "/ws?a=1")).unwrap_err();
        assert_eq!(denial.wanted, "websocket backend /ws");
        assert_eq!(denial.reason, "no grant covers /ws of service backend; granted: services auth below /x");
        assert!(
            denial.remedy.contains(
                "of 'chat' in bundle.toml:\n    websocket = [{ services = [\"backend\"], paths = [\"/ws\"] }]\nand to"
            ),
            "{}",
            denial.remedy
        );
    }

    #[test]
    fn asks_for_the_difference_only() {
        let ceiling = [
            grant(&["backend"], &["*.example.com"], Some(&["/ws"]), None),
            grant(&["quiet"], &[], None, Some(Class::Read)),
        ];
        let lines = |ask| -> Vec<String> { missing(&[ask], &ceiling).into_iter().map(|m| m.line).collect() };
        assert_eq!(lines(grant(&["backend"], &["a.example.com"], Some(&["/ws/chat"]), None)), [""; 0]);
        assert_eq!(lines(grant(&["quiet"], &[], None, None)), [""; 0]);
        assert_eq!(
            lines(grant(&["backend", "auth"], &["b.org"], Some(&["/ws", "/x"]), None)),
            [
                "websocket = [{ services = [\"auth\"], hosts = [\"b.org\"], paths = [\"/ws\"] }]",
                "websocket = [{ services = [\"backend\", \"auth\"], hosts = [\"b.org\"], paths = [\"/x\"] }]",
            ]
        );
        assert_eq!(
            lines(grant(&["backend", "quiet"], &[], None, None)),
            ["websocket = [{ services = [\"backend\"] }]"]
        );
        assert_eq!(
            lines(grant(&["backend"], &[], Some(&["/ws"]), Some(Class::Read))),
            ["websocket = [{ services = [\"backend\"], paths = [\"/ws\"], class = \"read\" }]"],
            "an effect is not called a read behind the operator's back"
        );
    }
}

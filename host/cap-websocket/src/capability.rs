//! What a guest may do with sockets. Judged from the request and the grants; no name is resolved.

use std::time::Duration;

use holdpoint_cap_http::{Misshapen, shown};
use holdpoint_gate::{Capability, Handle};
use holdpoint_model::{Class, Denial, Seq, grant::Grants};

use crate::{Request, Response, ask};

/// The capability `websocket`.
pub enum Websocket {}

impl Capability for Websocket {
    const NAME: &'static str = "websocket";
    const VERSION: u32 = 1;
    type Request = Request;
    type Response = Response;
    type Grants = Grants;

    fn authorize(grants: &Grants, request: &Request) -> Result<Class, Denial> {
        let refused =
            |why: Misshapen| Denial { wanted: wanted(request), reason: why.reason, remedy: why.remedy.into() };
        if let Request::Open(opening) = request {
            let asked = ask::opening(opening).map_err(refused)?;
            return grants.websocket(&asked, &Self::summary(request));
        }
        ask::use_of(request).map_err(refused)?;
        let frame = grants.websocket_frame(&Self::summary(request))?;
        Ok(match request {
            Request::Send { .. } => frame,
            // They only reach what the same phase has opened, and a socket that a dry run could open it must be able to close.
            _ => Class::Read,
        })
    }

    fn summary(request: &Request) -> String {
        match request {
            Request::Open(opening) => format!("open {}", shown(&opening.target)),
            Request::Send { socket, text: true, content } => format!("send {socket} text of {} bytes", content.len()),
            Request::Send { socket, content, .. } => format!("send {socket} binary of {} bytes", content.len()),
            Request::Receive { socket, .. } => format!("receive {socket}"),
            Request::Ping { socket } => format!("ping {socket}"),
            Request::Close { socket, code, .. } => format!("close {socket} with {code}"),
            Request::Count { socket } => format!("count {socket}"),
        }
    }

    fn handle(request: &Request) -> Handle {
        match request {
            Request::Open(_) => Handle::Opens,
            Request::Close { socket, .. } => Handle::Closes(Seq(*socket)),
            Request::Send { socket, .. }
            | Request::Receive { socket, .. }
            | Request::Ping { socket }
            | Request::Count { socket } => Handle::Uses(Seq(*socket)),
        }
    }

    /// The backend ends everything at its own limits, so the gate only ends what hangs beyond them.
    fn limit(request: &Request) -> Duration {
        let own = match request {
            Request::Open(opening) => opening.timeout_ms.min(60_000),
            Request::Receive { wait_ms, .. } => *wait_ms,
            Request::Send { .. } | Request::Ping { .. } | Request::Close { .. } | Request::Count { .. } => 15_000,
        };
        Duration::from_millis(u64::from(own) + 2_000)
    }
}

/// What was asked, as a denial says it.
pub(crate) fn wanted(request: &Request) -> String {
    format!("websocket {}", Websocket::summary(request))
}

#[cfg(test)]
mod tests {
    use holdpoint_model::{
        PhaseId, ServiceName,
        grant::{PathPrefix, WebsocketGrant},
    };

    use super::*;
    use crate::{Opening, Target};

    fn grants(class: Option<Class>) -> Grants {
        let websocket = vec![WebsocketGrant {
            services: vec![ServiceName::parse("backend").unwrap()],
            hosts: vec![],
            paths: Some(vec![PathPrefix::parse("/ws").unwrap()]),
            class,
        }];
        Grants { websocket, ..Grants::none(PhaseId::parse("chat").unwrap()) }
    }

    fn open(target: Target) -> Request {
        Request::Open(Opening::of(target))
    }

    fn service(path: &str) -> Request {
        open(Target::Service { service: "backend".into(), path: path.into() })
    }

    fn send(bytes: usize) -> Request {
        Request::Send { socket: 3, text: true, content: vec![b'x'; bytes].into() }
    }

    #[test]
    fn the_class_of_frames_is_the_grants() {
        let class = |class, request: &Request| Websocket::authorize(&grants(class), request).unwrap();
        for (granted, opening, frame) in [
            (None, Class::Repeatable, Class::Effect),
            (Some(Class::Repeatable), Class::Repeatable, Class::Repeatable),
            (Some(Class::Read), Class::Read, Class::Read),
            (Some(Class::Disruptive), Class::Disruptive, Class::Disruptive),
        ] {
            assert_eq!((class(granted, &service("/ws")), class(granted, &send(1))), (opening, frame));
            for request in [
                Request::Receive { socket: 3, wait_ms: 0 },
                Request::Ping { socket: 3 },
                Request::Count { socket: 3 },
                Request::Close { socket: 3, code: 1000, reason: String::new() },
            ] {
                assert_eq!(class(granted, &request), Class::Read);
            }
        }
    }

    #[test]
    fn denies_what_no_grant_covers() {
        for request in [
            service("/"),
            service("/wss"),
            service("/ws/../x"),
            open(Target::Service { service: "auth".into(), path: "/ws".into() }),
            open(Target::Url("wss://backend/ws".into())),
            open(Target::Url("https://backend/ws".into())),
            send((1 << 20) + 1),
        ] {
            Websocket::authorize(&grants(None), &request).expect_err("should be denied");
        }
        let none = Grants::none(PhaseId::parse("chat").unwrap());
        for request in
            [service("/ws"), send(1), Request::Receive { socket: 0, wait_ms: 0 }, Request::Count { socket: 0 }]
        {
            Websocket::authorize(&none, &request).expect_err("nothing is granted");
        }
    }

    #[test]
    fn a_denial_carries_the_line_that_would_allow_it() {
        let denial =
            Websocket::authorize(&grants(None), &open(Target::Url("wss://chat.example.com/ws".into()))).unwrap_err();
        assert_eq!(denial.wanted, "websocket open wss://chat.example.com/ws");
        assert!(
            denial.remedy.contains(r#"websocket = [{ hosts = ["chat.example.com"], paths = ["/ws"] }]"#),
            "{denial:?}"
        );
    }

    #[test]
    fn a_summary_is_one_short_line() {
        let summary = Websocket::summary(&service(&format!("/\n{}", "a".repeat(9_000))));
        assert!(summary.starts_with("open backend /\u{fffd}a") && summary.chars().count() < 400, "{summary}");
        assert_eq!(Websocket::summary(&send(7)), "send 3 text of 7 bytes");
    }

    #[test]
    fn a_socket_is_the_number_of_its_opening() {
        assert_eq!(Websocket::handle(&service("/ws")), Handle::Opens);
        assert_eq!(Websocket::handle(&send(1)), Handle::Uses(Seq(3)));
        assert_eq!(
            Websocket::handle(&Request::Close { socket: 3, code: 1000, reason: String::new() }),
            Handle::Closes(Seq(3))
        );
    }

    #[test]
    fn no_call_lasts_longer_than_a_minute() {
        for request in [service("/ws"), send(1), Request::Receive { socket: 3, wait_ms: 50_000 }] {
            assert!(Websocket::limit(&request) < Duration::from_secs(61));
        }
        assert!(Websocket::authorize(&grants(None), &Request::Receive { socket: 3, wait_ms: 50_001 }).is_err());
    }
}

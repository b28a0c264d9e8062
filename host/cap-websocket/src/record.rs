//! Requests and responses, version 1 of the records. The contents of frames stand beside them.

use holdpoint_cap_http::{Header, Target, Timings, TlsFacts};
use holdpoint_gate::{Message, Scrubber};
use holdpoint_model::Body;
use serde::{Deserialize, Serialize};

/// The limit of an opening that states none.
pub const DEFAULT_TIMEOUT_MS: u32 = 30_000;

/// What a guest asks. A socket is the number of the call that opened it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Request {
    Open(Opening),
    Send {
        socket: u32,
        /// Else it is binary.
        text: bool,
        #[serde(skip)]
        content: Body,
    },
    Receive {
        socket: u32,
        wait_ms: u32,
    },
    Ping {
        socket: u32,
    },
    Close {
        socket: u32,
        code: u16,
        reason: String,
    },
    Count {
        socket: u32,
    },
}

/// A socket to be opened. It holds placeholders, never secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    pub target: Target,
    pub subprotocols: Vec<String>,
    pub headers: Vec<Header>,
    /// For connecting and the handshake, in milliseconds.
    pub timeout_ms: u32,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Response {
    Opened(Handshake),
    /// A frame or a ping was handed to the network.
    Sent,
    Received {
        event: Event,
        /// Milliseconds that it had waited.
        age: f64,
    },
    Closed(Ending),
    Counted(Counters),
}

/// How the server answered. Only status 101 opens a socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handshake {
    pub status: u16,
    pub headers: Vec<Header>,
    pub subprotocol: Option<String>,
    pub timings: Timings,
    pub tls: Option<TlsFacts>,
    /// `ip:port`.
    pub peer: String,
}

/// What came over a socket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Event {
    Text {
        #[serde(skip)]
        content: Body,
    },
    Binary {
        #[serde(skip)]
        content: Body,
    },
    /// The answer to a ping, after so many milliseconds.
    Pong(f64),
    /// So many frames were thrown away here.
    Dropped(u32),
    Closed(Ending),
    /// Nothing came in time.
    Nothing,
}

/// How a socket ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ending {
    pub code: u16,
    pub reason: String,
    /// The server sent a close frame.
    pub clean: bool,
}

/// What has gone over a socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counters {
    pub frames_sent: u32,
    pub frames_received: u32,
    pub bytes_sent: f64,
    pub bytes_received: f64,
    pub pings_sent: u32,
    pub pings_received: u32,
    pub pongs_received: u32,
    pub dropped: u32,
    pub waiting: u32,
}

impl Opening {
    /// A socket without subprotocols and headers.
    pub fn of(target: Target) -> Self {
        Self { target, subprotocols: vec![], headers: vec![], timeout_ms: DEFAULT_TIMEOUT_MS }
    }
}

impl Message for Request {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        if let Self::Send { content, .. } = self {
            visit(content);
        }
    }
}

impl Message for Response {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        if let Self::Received { event: Event::Text { content } | Event::Binary { content }, .. } = self {
            visit(content);
        }
    }

    fn scrub(&mut self, scrubber: &dyn Scrubber) {
        match self {
            Self::Opened(handshake) => {
                // Also a name is the server's to choose, of a header as of a certificate.
                let headers = handshake.headers.iter_mut().flat_map(|header| [&mut header.name, &mut header.value]);
                let certificate = handshake.tls.iter_mut().flat_map(|tls| &mut tls.names);
                headers.chain(certificate).for_each(|text| scrubber.scrub_text(text));
            }
            Self::Received { event: Event::Text { content } | Event::Binary { content }, .. } => {
                if let Some(scrubbed) = scrubber.scrub(content.bytes()) {
                    *content = scrubbed.bytes.into();
                }
            }
            Self::Received { event: Event::Closed(ending), .. } | Self::Closed(ending) => {
                scrubber.scrub_text(&mut ending.reason);
            }
            Self::Sent | Self::Counted(_) | Self::Received { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_gate::{Encoded, Scrubbed};

    use super::*;

    struct Stars;

    impl Scrubber for Stars {
        fn scrub(&self, bytes: &[u8]) -> Option<Scrubbed> {
            let text = std::str::from_utf8(bytes).ok().filter(|text| text.contains("secret"))?;
            Some(Scrubbed { bytes: text.replace("secret", "***").into_bytes(), replaced: vec![] })
        }
    }

    fn received(event: Event) -> Response {
        Response::Received { event, age: 1.5 }
    }

    fn all() -> Vec<Response> {
        let ending = Ending { code: 1000, reason: "a secret".into(), clean: true };
        let content = || b"a secret".as_slice().into();
        let tls = TlsFacts {
            version: String::new(),
            cipher: String::new(),
            names: vec!["secret.example.com".into()],
            not_after: 0.0,
        };
        vec![
            Response::Opened(Handshake {
                status: 101,
                headers: vec![Header::new("x-secret", "a secret")],
                subprotocol: Some("chat".into()),
                timings: Timings::default(),
                tls: Some(tls),
                peer: "127.0.0.1:80".into(),
            }),
            Response::Sent,
            received(Event::Text { content: content() }),
            received(Event::Binary { content: content() }),
            received(Event::Pong(0.25)),
            received(Event::Dropped(3)),
            received(Event::Closed(ending.clone())),
            received(Event::Nothing),
            Response::Closed(ending),
            Response::Counted(Counters { frames_sent: 1, bytes_received: 2.0, ..Counters::default() }),
        ]
    }

    #[test]
    fn no_text_of_a_server_is_left_unsearched() {
        for mut response in all() {
            response.scrub(&Stars);
            let kept = Encoded::of(&response).unwrap();
            let bodies = kept.bodies.iter().map(|body| String::from_utf8_lossy(body.bytes()).into_owned());
            let whole = bodies.fold(kept.json, |whole, body| whole + &body);
            assert!(!whole.contains("secret"), "{whole}");
        }
    }

    #[test]
    fn records_survive_encoding() {
        for answer in all() {
            assert_eq!(Encoded::of(&answer).unwrap().decode::<Response>().unwrap(), answer);
        }
        let target = Target::Service { service: "backend".into(), path: "/ws".into() };
        for request in [
            Request::Open(Opening { subprotocols: vec!["a".into()], ..Opening::of(target) }),
            Request::Send { socket: 3, text: true, content: b"hello".as_slice().into() },
            Request::Receive { socket: 3, wait_ms: 5 },
            Request::Ping { socket: 3 },
            Request::Close { socket: 3, code: 1000, reason: "bye".into() },
            Request::Count { socket: 3 },
        ] {
            assert_eq!(Encoded::of(&request).unwrap().decode::<Request>().unwrap(), request);
        }
    }
}

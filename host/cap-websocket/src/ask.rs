//! The shape of a request: whether it has one reading and stays within its bounds. Whether it is granted is decided elsewhere.

use holdpoint_cap_http::{self as cap_http, Misshapen, Target};
use holdpoint_model::{Body, grant::WebsocketAsk};

use crate::{Opening, Request};

/// Bytes of a frame, in either direction.
pub(crate) const FRAME_BYTES: usize = 1 << 20;
const MOST_SUBPROTOCOLS: usize = 16;
const LONGEST_SUBPROTOCOL: usize = 64;
/// Milliseconds that one call waits for an event.
const LONGEST_WAIT: u32 = 50_000;
/// What fits into a control frame beside the code.
const LONGEST_REASON: usize = 123;

fn misshapen<T>(reason: impl Into<String>, remedy: &'static str) -> Result<T, Misshapen> {
    Err(Misshapen { reason: reason.into(), remedy })
}

/// Checks everything about an opening that needs no grant, and gives what it asks.
pub(crate) fn opening(opening: &Opening) -> Result<WebsocketAsk, Misshapen> {
    let asked = cap_http::shape(&request(opening)?)?;
    if let Some(header) = opening.headers.iter().find(|h| h.name.to_ascii_lowercase().starts_with("sec-websocket-")) {
        return misshapen(format!("the header {} is the host's", header.name), "leave it out");
    }
    if opening.subprotocols.len() > MOST_SUBPROTOCOLS {
        return misshapen(format!("there are more than {MOST_SUBPROTOCOLS} subprotocols"), "offer fewer");
    }
    for (at, name) in opening.subprotocols.iter().enumerate() {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || name.len() > LONGEST_SUBPROTOCOL || !name.bytes().all(token) {
            return misshapen(
                format!("subprotocol {} is no token of 1 to 64 characters", at + 1),
                "use a name as in chat.v1",
            );
        }
        if opening.subprotocols[..at].contains(name) {
            return misshapen(format!("subprotocol {name} is offered twice"), "offer it once");
        }
    }
    Ok(WebsocketAsk { destination: asked.destination, path: asked.path })
}

/// The opening as the request that it is sent as.
pub(crate) fn request(opening: &Opening) -> Result<cap_http::Request, Misshapen> {
    let target = match &opening.target {
        Target::Service { .. } => opening.target.clone(),
        Target::Url(url) => {
            let plain = |(scheme, like)| url.strip_prefix(scheme).map(|rest| format!("{like}{rest}"));
            match [("wss://", "https://"), ("ws://", "http://")].into_iter().find_map(plain) {
                Some(url) => Target::Url(url),
                None => {
                    let remedy = "write an absolute URL, as in wss://api.example.com/ws";
                    return misshapen("the URL does not begin with wss:// or ws://", remedy);
                }
            }
        }
    };
    Ok(cap_http::Request {
        target,
        method: "GET".into(),
        headers: opening.headers.clone(),
        body: Body::default(),
        timeout_ms: opening.timeout_ms,
    })
}

/// Checks what goes over a socket that is open.
pub(crate) fn use_of(request: &Request) -> Result<(), Misshapen> {
    match request {
        Request::Send { content, .. } if content.len() > FRAME_BYTES => {
            misshapen("the frame is larger than 1 MiB", "send smaller frames")
        }
        Request::Send { text: true, content, .. } if std::str::from_utf8(content.bytes()).is_err() => {
            misshapen("the text is no UTF-8", "send it as binary")
        }
        Request::Receive { wait_ms, .. } if *wait_ms > LONGEST_WAIT => {
            misshapen(format!("one call waits at most {LONGEST_WAIT} ms"), "receive again")
        }
        Request::Close { code, .. } if !matches!(code, 1000 | 1001 | 1003 | 1007..=1011 | 3000..=4999) => {
            misshapen(format!("{code} is no code that a client closes with"), "use 1000")
        }
        Request::Close { reason, .. } if reason.len() > LONGEST_REASON => {
            misshapen(format!("the reason is longer than {LONGEST_REASON} bytes"), "say it in fewer words")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use holdpoint_model::grant::Destination;

    use super::*;
    use crate::Header;

    fn service() -> Opening {
        Opening::of(Target::Service { service: "backend".into(), path: "/ws?x=1".into() })
    }

    fn url(url: &str) -> Opening {
        Opening::of(Target::Url(url.into()))
    }

    #[test]
    fn takes_openings_as_they_are_written() {
        opening(&service()).unwrap();
        for (text, host) in [
            ("wss://chat.example.com/ws", "chat.example.com"),
            ("ws://chat.example.com:8080/ws", "chat.example.com:8080"),
            ("wss://[::1]:9/", "[::1]:9"),
        ] {
            let Destination::Host(to) = opening(&url(text)).unwrap().destination else { panic!("{text} names a host") };
            assert_eq!(to.to_string(), host);
        }
        let header = |name: &str| Opening { headers: vec![Header::new(name, "https://a.example.com")], ..service() };
        for name in ["Origin", "authorization", "cookie", "user-agent"] {
            opening(&header(name)).unwrap();
        }
        for name in ["Sec-WebSocket-Key", "sec-websocket-extensions", "Upgrade", "Connection", "Host"] {
            opening(&header(name)).expect_err(name);
        }
    }

    #[test]
    fn refuses_urls_of_other_schemes_or_readings() {
        for text in [
            "",
            "https://a.example.com/",
            "http://a.example.com/",
            "WSS://a.example.com/",
            "wss:/a.example.com",
            "wss://user@a.example.com/",
            "wss://a.example.com\\@b.org/",
            "wss://a.example.com/../x",
            "wss://a.example.com/#f",
            "wss://",
        ] {
            opening(&url(text)).expect_err(text);
        }
    }

    #[test]
    fn openings_are_bounded() {
        let with = |subprotocols: Vec<String>| Opening { subprotocols, ..service() };
        let numbered = |most: usize| (0..most).map(|n| format!("chat.v{n}")).collect::<Vec<_>>();
        opening(&with(numbered(16))).unwrap();
        for bad in [
            numbered(17),
            vec!["a".into(), "a".into()],
            vec![String::new()],
            vec!["a b".into()],
            vec!["a,b".into()],
            vec!["a\r\nx: y".into()],
            vec!["a".repeat(65)],
        ] {
            opening(&with(bad.clone())).expect_err(&format!("{bad:?}"));
        }
        for timeout_ms in [0, 60_001] {
            opening(&Opening { timeout_ms, ..service() }).unwrap_err();
        }
        let large = vec![Header::new("x", "v".repeat(70 << 10))];
        opening(&Opening { headers: large, ..service() }).unwrap_err();
    }

    #[test]
    fn what_goes_over_a_socket_is_bounded() {
        let send = |text, bytes: Vec<u8>| Request::Send { socket: 0, text, content: bytes.into() };
        let close = |code, reason: &str| Request::Close { socket: 0, code, reason: reason.into() };
        let receive = |wait_ms| Request::Receive { socket: 0, wait_ms };
        for fine in [
            send(false, vec![0xff; 1 << 20]),
            send(true, vec![]),
            close(1000, &"r".repeat(123)),
            close(4_999, ""),
            receive(50_000),
            Request::Ping { socket: 0 },
        ] {
            use_of(&fine).unwrap();
        }
        for bad in [
            send(false, vec![0; (1 << 20) + 1]),
            send(true, vec![0xff]),
            close(1000, &"é".repeat(62)),
            close(999, ""),
            close(1005, ""),
            close(1006, ""),
            close(1015, ""),
            close(2_000, ""),
            close(5_000, ""),
            receive(50_001),
        ] {
            use_of(&bad).expect_err("should be refused");
        }
    }
}

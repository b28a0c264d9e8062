//! One request of a user and its answer, searched for foreign canaries while it is read.

use std::error::Error as _;

use bytes::Bytes;
use holdpoint_canary::{Scanner, Seen};
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;

use crate::{
    Unanswered,
    connection::Connection,
    encoding,
    exchange::{are_whole, unreadable},
    sender::{Unheard, is_malformed},
};

/// Bytes of a body that a user is given. What comes after them is searched and thrown away.
pub(super) const KEPT: usize = 1 << 20;
/// Bytes of a body that are read at all. An encoded one has to be held whole.
const LARGEST: usize = 8 << 20;

/// An answer, read to its end and searched.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) truncated: bool,
    /// Bytes of the body, decoded.
    pub(super) length: usize,
    pub(super) first_byte: f64,
    pub(super) seen: Seen,
}

/// An exchange without an answer that was read and searched.
pub(super) struct Broken {
    pub(super) why: Unanswered,
    pub(super) text: String,
    /// Nobody has acted on the request, because it has not left or the server says so, and here it is again.
    pub(super) unsent: Option<http::Request<Full<Bytes>>>,
    /// Of an answer that began to come.
    pub(super) status: Option<u16>,
    /// What was seen in it before it broke.
    pub(super) seen: Seen,
}

impl Broken {
    pub(super) fn malformed(text: impl Into<String>, status: u16) -> Self {
        Self {
            why: Unanswered::Malformed,
            text: text.into(),
            unsent: None,
            status: Some(status),
            seen: Seen::default(),
        }
    }

    fn of(error: &hyper::Error, connection: &Connection, status: Option<u16>) -> Self {
        let flooded = connection.meter.flooded();
        let why = if flooded || is_malformed(error) { Unanswered::Malformed } else { Unanswered::Reset };
        let text = match error.source() {
            _ if flooded => "more came than an answer begins with, and no answer".to_owned(),
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        };
        Self { why, text, unsent: None, status, seen: Seen::default() }
    }
}

/// Sends a request and reads the answer.
pub(super) async fn exchange(
    connection: &mut Connection,
    message: http::Request<Full<Bytes>>,
    scanner: impl FnOnce() -> Scanner,
) -> Result<Answer, Broken> {
    connection.meter.begin();
    if let Err(error) = connection.sender.ready().await {
        return Err(Broken { unsent: Some(message), ..Broken::of(&error, connection, None) });
    }
    let (head, mut incoming) = match connection.sender.try_send_request(message, &connection.meter).await {
        Ok(answer) => answer.into_parts(),
        Err(unheard) => {
            let Unheard { error, unsent } = *unheard;
            return Err(Broken { unsent, ..Broken::of(&error, connection, None) });
        }
    };
    connection.meter.head_is_whole();
    let (first_byte, status) = (connection.meter.first_byte(), head.status.as_u16());
    if head.status == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Broken::malformed("the server changed to another protocol, which nobody asked for", status));
    }
    if let Some(why) = unreadable(&head.headers) {
        return Err(Broken::malformed(why, status));
    }
    // It takes a kilobyte, so there is one only while an answer is read.
    let mut scanner = scanner();
    search(&mut scanner, &head.headers);
    let read = read(&mut incoming, &head.headers, connection, status, &mut scanner).await;
    let seen = scanner.finish();
    match read {
        Ok((body, length)) => {
            let truncated = length > body.len();
            Ok(Answer { status, headers: head.headers, body, truncated, length, first_byte, seen })
        }
        Err(broken) => Err(Broken { seen, ..broken }),
    }
}

/// Reads a body: what a user is given of it, and how long it is.
pub(super) async fn read(
    incoming: &mut Incoming,
    headers: &HeaderMap,
    connection: &Connection,
    status: u16,
    scanner: &mut Scanner,
) -> Result<(Vec<u8>, usize), Broken> {
    let encoding = headers.get(header::CONTENT_ENCODING).map_or("", |value| value.to_str().unwrap_or("?"));
    let plain = matches!(encoding.trim(), "" | "identity");
    let (mut body, mut length) = (Vec::new(), 0);
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| Broken::of(&error, connection, Some(status)))?;
        match frame.into_data() {
            Ok(data) => {
                length += data.len();
                if length > LARGEST {
                    return Err(Broken::malformed("the body is larger than 8 MiB", status));
                }
                let kept = if plain { data.len().min(KEPT - body.len()) } else { data.len() };
                body.extend_from_slice(&data[..kept]);
                if plain {
                    scanner.feed(&data);
                }
            }
            Err(frame) => {
                if let Ok(trailers) = frame.into_trailers() {
                    if !are_whole(&trailers, &connection.meter) {
                        return Err(Broken::malformed("the trailers are larger than 16 KiB", status));
                    }
                    search(scanner, &trailers);
                }
            }
        }
    }
    if !plain {
        // What can't be decoded was not searched, so it is no answer.
        let (decoded, cut) = encoding::decode(encoding, body, false).map_err(|why| Broken::malformed(why, status))?;
        if cut {
            return Err(Broken::malformed("the decoded body is larger than 8 MiB", status));
        }
        scanner.feed(&decoded);
        (length, body) = (decoded.len(), decoded);
        body.truncate(KEPT);
    }
    Ok((body, length))
}

/// Header names are the server's to choose as well.
pub(super) fn search(scanner: &mut Scanner, headers: &HeaderMap) {
    scanner.separate();
    for (name, value) in headers {
        scanner.feed(name.as_str().as_bytes());
        scanner.separate();
        scanner.feed(value.as_bytes());
        scanner.separate();
    }
}

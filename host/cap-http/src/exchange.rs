//! One request and its answer over an open connection.

use std::error::Error as _;

use bytes::Bytes;
use holdpoint_gate::Room;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, upgrade::Upgraded};

use crate::{connection::Connection, meter::Meter};

/// Bytes of an answer's body that are kept.
pub(crate) const BODY_BYTES: usize = 8 << 20;
/// Headers of an answer, and trailers. In HTTP/1.1 more are not even parsed.
const MOST_HEADERS: usize = 100;
/// Bytes of trailers in HTTP/2.
const TRAILER_BYTES: usize = 16 << 10;

/// An answer as it came.
pub(crate) struct Received {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// There was more; the connection can't be used again.
    pub(crate) truncated: bool,
    pub(crate) first_byte: f64,
}

impl Received {
    /// The length that the server announced.
    pub(crate) fn announced(&self) -> Option<f64> {
        self.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse::<u64>().ok().map(|length| length as f64)
    }
}

/// An answer that did not come, or not whole.
pub(crate) struct Broken {
    pub(crate) text: String,
    /// It was larger than what is read.
    pub(crate) too_large: bool,
}

impl Broken {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), too_large: false }
    }

    fn of(error: &hyper::Error, meter: &Meter) -> Self {
        let mut text = error.to_string();
        if let Some(source) = error.source() {
            text = format!("{text}: {source}");
        }
        let too_large = meter.flooded() || error.is_parse_too_large();
        if meter.flooded() {
            text = "more than 1 MiB came, and no answer".into();
        } else if too_large {
            text = "the head of the answer is larger than 64 KiB, has more than 100 headers, or a length beyond all measure".into();
        }
        Self { text, too_large }
    }
}

/// Sends a request and reads the answer, as far as there is room for it.
pub(crate) async fn exchange(
    connection: &mut Connection,
    request: http::Request<Full<Bytes>>,
    room: Option<&Room>,
) -> Result<Received, Broken> {
    let meter = connection.meter.clone();
    let broken = |error: hyper::Error| Broken::of(&error, &meter);
    meter.begin();
    connection.sender.ready().await.map_err(broken)?;
    let (head, mut incoming) = connection.sender.send_request(request).await.map_err(broken)?.into_parts();
    meter.head_is_whole();
    let first_byte = meter.first_byte();
    if head.status == http::StatusCode::SWITCHING_PROTOCOLS {
        return Err(Broken::new("the server changed to another protocol, which nobody asked for"));
    }
    if let Some(why) = unreadable(&head.headers) {
        return Err(Broken::new(why));
    }
    let mut body = Vec::new();
    let mut truncated = false;
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        let left = BODY_BYTES - body.len();
        let kept = &data[..data.len().min(left)];
        if let Some(Err(full)) = room.map(|room| room.take(kept.len())) {
            return Err(Broken { text: full.to_string(), too_large: true });
        }
        body.extend_from_slice(kept);
        if data.len() > left {
            truncated = true;
            break;
        }
    }
    Ok(Received { status: head.status.as_u16(), headers: head.headers, body, truncated, first_byte })
}

/// What became of a connection that was to change over.
pub(crate) enum Changed {
    /// It speaks the other protocol from now on.
    Over(Upgraded),
    /// It does not, and this is the body of the answer.
    Not(Incoming),
}

/// Sends a request that asks for another protocol, and reads the head of the answer.
pub(crate) async fn change_over(
    connection: &mut Connection,
    request: http::Request<Full<Bytes>>,
) -> Result<(http::response::Parts, f64, Changed), Broken> {
    let meter = connection.meter.clone();
    let broken = |error: hyper::Error| Broken::of(&error, &meter);
    meter.begin();
    connection.sender.ready().await.map_err(broken)?;
    let mut answer = connection.sender.send_request(request).await.map_err(broken)?;
    meter.head_is_whole();
    let first_byte = meter.first_byte();
    if answer.status() == http::StatusCode::SWITCHING_PROTOCOLS {
        let upgraded = hyper::upgrade::on(&mut answer).await.map_err(broken)?;
        return Ok((answer.into_parts().0, first_byte, Changed::Over(upgraded)));
    }
    let (head, body) = answer.into_parts();
    Ok((head, first_byte, Changed::Not(body)))
}

/// Whether these are all trailers of an answer. The code of HTTP/2 leaves out what comes after 64 KiB, and does not say so. As long as less was
/// written, however tightly, and less was kept, no single one can have been so large. That of HTTP/1.1 has bounds of its own.
pub(crate) fn are_whole(trailers: &HeaderMap, meter: &Meter) -> bool {
    let kept: usize = trailers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let bounded = trailers.len() <= MOST_HEADERS && kept <= TRAILER_BYTES && meter.block() <= TRAILER_BYTES as u64;
    bounded || !meter.is_framed()
}

/// Why an answer with this head is not read, if so: the end of its body could be found in two places, the body be something else than it
/// seems, or there is more than HTTP/1.1 has room for.
pub(crate) fn unreadable(headers: &HeaderMap) -> Option<&'static str> {
    if headers.len() > MOST_HEADERS {
        return Some("the answer has more than 100 headers");
    }
    let mut encodings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let encoding = encodings.next()?;
    if encodings.next().is_some() || !encoding.as_bytes().eq_ignore_ascii_case(b"chunked") {
        return Some("the answer has a transfer-encoding other than chunked");
    }
    headers
        .contains_key(header::CONTENT_LENGTH)
        .then_some("the answer has both a content-length and a transfer-encoding")
}

//! Asks over an open connection, in whichever version of HTTP was agreed.

use std::error::Error as _;

use bytes::Bytes;
use http::{Request, Response, header, uri};
use http_body_util::Full;
use hyper::{
    body::Incoming,
    client::conn::{http1, http2},
};

use crate::meter::Meter;

type Message = Request<Full<Bytes>>;

/// One side of a connection. It asks one thing at a time.
pub(crate) enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// A request that brought no head of an answer.
pub(crate) struct Unheard {
    pub(crate) error: hyper::Error,
    /// The request, if nobody has acted on it: it has not left, or the server says that it was not looked at.
    pub(crate) unsent: Option<Message>,
}

impl Sender {
    pub(crate) fn is_closed(&self) -> bool {
        match self {
            Self::Http1(sender) => sender.is_closed(),
            Self::Http2(sender) => sender.is_closed(),
        }
    }

    pub(crate) async fn ready(&mut self) -> hyper::Result<()> {
        match self {
            Self::Http1(sender) => sender.ready().await,
            Self::Http2(sender) => sender.ready().await,
        }
    }

    /// Sends a request, and reads the head of the answer.
    pub(crate) async fn send_request(&mut self, message: Message) -> hyper::Result<Response<Incoming>> {
        match self {
            Self::Http1(sender) => sender.send_request(message).await,
            Self::Http2(sender) => sender.send_request(absolute(message)).await,
        }
    }

    /// The same, and gives the request back where it can be sent elsewhere.
    pub(crate) async fn try_send_request(
        &mut self,
        message: Message,
        meter: &Meter,
    ) -> Result<Response<Incoming>, Box<Unheard>> {
        match self {
            Self::Http1(sender) => sender.try_send_request(message).await.map_err(|mut error| {
                let unsent = error.take_message();
                Box::new(Unheard { error: error.into_error(), unsent })
            }),
            Self::Http2(sender) => {
                let again = message.clone();
                sender.try_send_request(absolute(message)).await.map_err(|mut error| {
                    let unsent = error.take_message().is_some() || unprocessed(error.error()) || !meter.wrote();
                    Box::new(Unheard { error: error.into_error(), unsent: unsent.then_some(again) })
                })
            }
        }
    }
}

/// The request as HTTP/2 writes it: the place stands in its URI and in no header. There is no HTTP/2 without TLS here.
fn absolute(mut message: Message) -> Message {
    let host = message.headers_mut().remove(header::HOST);
    let authority = host.and_then(|host| uri::Authority::try_from(host.as_bytes()).ok());
    let mut parts = std::mem::take(message.uri_mut()).into_parts();
    parts.scheme = Some(uri::Scheme::HTTPS);
    parts.authority = authority;
    // Without a place nothing is sent, and the error says so.
    *message.uri_mut() = uri::Uri::from_parts(parts).unwrap_or_default();
    message
}

fn of_http2(error: &hyper::Error) -> Option<&h2::Error> {
    error.source()?.downcast_ref()
}

/// Whether the server says that it has not looked at the request: by refusing it, or by naming an earlier one as its last.
fn unprocessed(error: &hyper::Error) -> bool {
    of_http2(error).is_some_and(|error| {
        let refused = error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM);
        // To a request that it may have looked at, a server that goes away gives its answer, or the connection ends.
        error.is_remote() && (refused || error.is_go_away())
    })
}

/// Whether an answer broke the rules of its protocol or the bounds of this side, rather than off.
pub(crate) fn is_malformed(error: &hyper::Error) -> bool {
    error.is_parse() || error.is_parse_too_large() || of_http2(error).is_some_and(h2::Error::is_library)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_goes_from_the_header_into_the_uri() {
        for host in ["backend.test", "backend.test:8443", "[::1]:8443"] {
            let message = Request::get("/a?b=c").header(header::HOST, host).body(Full::default()).unwrap();
            let message = absolute(message);
            assert_eq!(message.uri().to_string(), format!("https://{host}/a?b=c"));
            assert!(!message.headers().contains_key(header::HOST));
        }
    }
}

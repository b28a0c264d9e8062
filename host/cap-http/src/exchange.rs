//! One request and its answer over an open connection.

use std::error::Error as _;

use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, Full};

use crate::connection::Connection;

/// Bytes of an answer's body that are kept.
pub(crate) const BODY_BYTES: usize = 8 << 20;

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
    /// Its head was larger than what is read.
    pub(crate) too_large: bool,
}

impl From<hyper::Error> for Broken {
    fn from(error: hyper::Error) -> Self {
        let mut text = error.to_string();
        if let Some(source) = error.source() {
            text = format!("{text}: {source}");
        }
        if error.is_parse_too_large() {
            text = "the head of the answer is larger than 64 KiB or has more than 100 headers".into();
        }
        Self { text, too_large: error.is_parse_too_large() }
    }
}

/// Sends a request and reads the answer.
pub(crate) async fn exchange(
    connection: &mut Connection,
    request: http::Request<Full<Bytes>>,
) -> Result<Received, Broken> {
    connection.sender.ready().await?;
    connection.meter.begin();
    let (head, mut incoming) = connection.sender.send_request(request).await?.into_parts();
    let first_byte = connection.meter.first_byte();
    let mut body = Vec::new();
    let mut truncated = false;
    while let Some(frame) = incoming.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        let room = BODY_BYTES - body.len();
        body.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            truncated = true;
            break;
        }
    }
    Ok(Received { status: head.status.as_u16(), headers: head.headers, body, truncated, first_byte })
}

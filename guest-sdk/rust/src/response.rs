//! An answer and what is known about how it came. It judges nothing: whether 503 or 3 s are wrong is for the phase to say.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use crate::{Evidence, Millis, Time};

/// Milliseconds of each part of an exchange. A part that did not take place is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timings {
    /// Name resolution.
    pub dns: Option<f64>,
    /// Opening the connection.
    pub connect: Option<f64>,
    /// The TLS handshake.
    pub tls: Option<f64>,
    /// From the last byte of the request to the first of the answer.
    pub first_byte: f64,
    /// From before name resolution to the last byte of the body.
    pub total: f64,
}

/// What the TLS handshake showed.
#[derive(Clone, Debug, PartialEq)]
pub struct Tls {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: String,
    /// The cipher suite by its IANA name.
    pub cipher: String,
    /// Subject alternative names of the certificate.
    pub names: Vec<String>,
    /// When the certificate ends to be valid.
    pub not_after: Time,
}

/// A redirect that was followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The status of the redirect.
    pub status: u16,
    /// The URL that was asked.
    pub url: String,
    /// Where it pointed to.
    pub location: String,
}

/// A secret or session token that the host found in the answer and replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    /// What stands there now.
    pub placeholder: String,
    /// How the value was written: `plain`, `base64`, `hex`, `url`.
    pub encoding: String,
    /// How often.
    pub count: u32,
}

/// An answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) truncated: bool,
    pub(crate) length: f64,
    pub(crate) sha256: Option<String>,
    pub(crate) replaced: Vec<Replacement>,
    pub(crate) hops: Vec<Hop>,
    pub(crate) timings: Timings,
    pub(crate) tls: Option<Tls>,
    pub(crate) peer: String,
    /// The calls that led to it: earlier attempts first, its own last.
    pub(crate) calls: Vec<u32>,
}

impl Response {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// All headers in the order of the answer, names in lower case.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The body after content decoding and scrubbing, at most 8 MiB.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as text; bytes outside of UTF-8 are replaced by U+FFFD.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON, whatever its `content-type` says.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// Whether the body was longer and has been cut.
    pub fn truncated(&self) -> bool {
        self.truncated
    }

    /// Bytes that the server sent as body, before scrubbing.
    pub fn length(&self) -> f64 {
        self.length
    }

    /// SHA-256 in hex of the body, unless something in it was replaced.
    pub fn sha256(&self) -> Option<&str> {
        self.sha256.as_deref()
    }

    /// Secrets and session tokens that were found in the answer.
    pub fn replaced(&self) -> &[Replacement] {
        &self.replaced
    }

    /// Redirects that were followed.
    pub fn hops(&self) -> &[Hop] {
        &self.hops
    }

    /// How long each part took.
    pub fn timings(&self) -> &Timings {
        &self.timings
    }

    /// How long the exchange took, rounded up to whole milliseconds.
    pub fn total(&self) -> Millis {
        Millis::from_f64(self.timings.total)
    }

    /// How long the first byte took, rounded up to whole milliseconds.
    pub fn first_byte(&self) -> Millis {
        Millis::from_f64(self.timings.first_byte)
    }

    /// What the TLS handshake showed; absent without TLS.
    pub fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// The address that answered, `ip:port`.
    pub fn peer(&self) -> &str {
        &self.peer
    }

    /// The number of this call among the guest's calls, from 0.
    pub fn seq(&self) -> u32 {
        self.calls.last().copied().unwrap_or_default()
    }

    /// How many attempts it took, at least 1.
    pub fn attempts(&self) -> usize {
        self.calls.len()
    }
}

impl Evidence for Response {
    fn calls(&self) -> Vec<u32> {
        self.calls.clone()
    }
}

//! Requests and responses, version 1 of the records. Bodies stand beside them.

use std::collections::BTreeMap;

use holdpoint_gate::{Message, Scrubber};
use holdpoint_model::Body;
use serde::{Deserialize, Serialize};

/// The limit of a request that states none.
pub const DEFAULT_TIMEOUT_MS: u32 = 30_000;

/// A request. It holds placeholders, never secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    pub target: Target,
    pub method: String,
    pub headers: Vec<Header>,
    #[serde(skip)]
    pub body: Body,
    /// For the whole exchange, in milliseconds.
    pub timeout_ms: u32,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Target {
    /// A service of the bundle and a path below its URL.
    Service { service: String, path: String },
    /// An absolute URL.
    Url(String),
}

/// A header; in responses its name is in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// An answer to one request; redirects are answers like others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<Header>,
    /// After content decoding and scrubbing.
    #[serde(skip)]
    pub body: Body,
    /// The body was longer and has been cut.
    pub truncated: bool,
    /// Bytes of the body before scrubbing; of a cut body what the server announced, if it did.
    pub length: f64,
    /// In hexadecimal digits, of the body before scrubbing. Absent where something was replaced.
    pub sha256: Option<String>,
    pub replaced: Vec<Replacement>,
    pub timings: Timings,
    pub tls: Option<TlsFacts>,
    /// `ip:port`.
    pub peer: String,
}

/// Milliseconds of each part; what did not take place is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timings {
    pub dns: Option<f64>,
    pub connect: Option<f64>,
    pub tls: Option<f64>,
    /// From the last byte of the request to the first byte of the answer.
    pub first_byte: f64,
    /// From before name resolution to the last byte of the body.
    pub total: f64,
}

/// What was agreed with a server that speaks TLS.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFacts {
    /// `TLSv1.2` or `TLSv1.3`.
    pub version: String,
    /// By its IANA name.
    pub cipher: String,
    /// Subject alternative names of the certificate, at most 100.
    pub names: Vec<String>,
    /// When the certificate ends to be valid, in milliseconds since 1970.
    pub not_after: f64,
}

/// A secret that was found in the answer and replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    pub placeholder: String,
    /// `plain`, `base64`, `hex` or `url`.
    pub encoding: String,
    pub count: u32,
}

impl Header {
    /// A header.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl Request {
    /// A GET without headers and body.
    pub fn get(target: Target) -> Self {
        Self { target, method: "GET".into(), headers: vec![], body: Body::default(), timeout_ms: DEFAULT_TIMEOUT_MS }
    }
}

impl Response {
    /// The value of the first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name == name).map(|header| header.value.as_str())
    }
}

impl Message for Request {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        visit(&mut self.body);
    }
}

impl Message for Response {
    fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
        visit(&mut self.body);
    }

    fn scrub(&mut self, scrubber: &dyn Scrubber) {
        let mut counts: BTreeMap<(String, &'static str), u32> = BTreeMap::new();
        let mut count = |replaced: Vec<holdpoint_gate::Replacement>| {
            for one in replaced {
                *counts.entry((one.placeholder, one.encoding)).or_default() += one.count;
            }
        };
        // Also a name is the server's to choose, of a header as of a certificate.
        let headers = self.headers.iter_mut().flat_map(|header| [&mut header.name, &mut header.value]);
        let certificate = self.tls.iter_mut().flat_map(|tls| &mut tls.names);
        for text in headers.chain(certificate) {
            if let Some(scrubbed) = scrubber.scrub(text.as_bytes()) {
                *text = String::from_utf8_lossy(&scrubbed.bytes).into_owned();
                count(scrubbed.replaced);
            }
        }
        if let Some(scrubbed) = scrubber.scrub(self.body.bytes()) {
            self.body = scrubbed.bytes.into();
            // It would tell a guess of the secret from a wrong one.
            self.sha256 = None;
            count(scrubbed.replaced);
        }
        self.replaced.extend(counts.into_iter().map(|((placeholder, encoding), count)| Replacement {
            placeholder,
            encoding: encoding.to_owned(),
            count,
        }));
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
            let count = u32::try_from(text.matches("secret").count()).unwrap();
            let replaced = vec![holdpoint_gate::Replacement { placeholder: "***".into(), encoding: "plain", count }];
            Some(Scrubbed { bytes: text.replace("secret", "***").into_bytes(), replaced })
        }
    }

    fn response(header: &str, body: &str) -> Response {
        Response {
            status: 200,
            headers: vec![Header::new("x", header)],
            body: body.as_bytes().into(),
            truncated: false,
            length: 6.0,
            sha256: Some("aa".into()),
            replaced: vec![],
            timings: Timings::default(),
            tls: None,
            peer: "127.0.0.1:80".into(),
        }
    }

    #[test]
    fn scrubs_headers_and_body_and_says_so() {
        let mut both = response("a secret", "secret secret");
        both.scrub(&Stars);
        assert_eq!(
            (both.headers[0].value.as_str(), both.body.bytes(), both.sha256),
            ("a ***", b"*** ***".as_slice(), None)
        );
        assert_eq!(both.replaced, [Replacement { placeholder: "***".into(), encoding: "plain".into(), count: 3 }]);

        let mut header = response("a secret", "body");
        header.scrub(&Stars);
        assert_eq!(header.sha256.as_deref(), Some("aa"));

        let mut named = Response {
            headers: vec![Header::new("x-secret", "a")],
            tls: Some(TlsFacts {
                version: String::new(),
                cipher: String::new(),
                names: vec!["secret.example.com".into()],
                not_after: 0.0,
            }),
            ..response("a", "body")
        };
        named.scrub(&Stars);
        assert_eq!((named.headers[0].name.as_str(), named.replaced[0].count), ("x-***", 2));
        assert_eq!(named.tls.unwrap().names, ["***.example.com"]);
    }

    #[test]
    fn records_survive_encoding() {
        let answer = response("x", "body");
        assert_eq!(Encoded::of(&answer).unwrap().decode::<Response>().unwrap(), answer);
        let mut request = Request::get(Target::Service { service: "backend".into(), path: "/".into() });
        request.body = b"body".as_slice().into();
        assert_eq!(Encoded::of(&request).unwrap().decode::<Request>().unwrap(), request);
    }
}

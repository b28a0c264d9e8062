//! What a script answers to a request.

use serde_json::Value;

use crate::{Cause, Denial, Millis, Replacement, Request, Response, Time, Timings, Tls};

/// An answer of a script.
#[derive(Clone, Debug)]
pub struct Scripted {
    outcome: Outcome,
    after: Millis,
    replaced: Vec<Replacement>,
    tls: Option<Tls>,
}

#[derive(Clone, Debug)]
enum Outcome {
    Answer { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    Denied,
    Timeout,
    Refused,
}

/// 200 with a JSON body, after 10 ms.
pub fn ok(body: Value) -> Scripted {
    status(200).json(&body)
}

/// 200 with a text, after 10 ms.
pub fn text(body: &str) -> Scripted {
    status(200).header("content-type", "text/plain").body(body)
}

/// A status without a body, after 10 ms.
pub fn status(status: u16) -> Scripted {
    Scripted::new(Outcome::Answer { status, headers: Vec::new(), body: Vec::new() }, Millis(10))
}

/// No answer within the request's limit.
pub fn timeout() -> Scripted {
    Scripted::new(Outcome::Timeout, Millis(0))
}

/// No grant covers it.
pub fn denied() -> Scripted {
    Scripted::new(Outcome::Denied, Millis(0))
}

/// Nothing listens there.
pub fn refused() -> Scripted {
    Scripted::new(Outcome::Refused, Millis(1))
}

impl Scripted {
    fn new(outcome: Outcome, after: Millis) -> Self {
        Self { outcome, after, replaced: Vec::new(), tls: None }
    }

    /// How long it takes; past the request's limit it becomes a time-out.
    #[must_use]
    pub fn after(mut self, duration: Millis) -> Self {
        self.after = duration;
        self
    }

    /// Adds a header; an answer that is an error has none.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Outcome::Answer { headers, .. } = &mut self.outcome {
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        self
    }

    /// Sets the body; an answer that is an error has none.
    #[must_use]
    pub fn body(mut self, content: impl Into<Vec<u8>>) -> Self {
        if let Outcome::Answer { body, .. } = &mut self.outcome {
            *body = content.into();
        }
        self
    }

    /// Sets a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// Says that the host has replaced a value by this placeholder, which is what the script's answer holds.
    #[must_use]
    pub fn replaced(mut self, placeholder: &str, encoding: &str) -> Self {
        let (placeholder, encoding) = (placeholder.to_owned(), encoding.to_owned());
        self.replaced.push(Replacement { placeholder, encoding, count: 1 });
        self
    }

    /// Says that it came over TLS of this version, with a certificate that is valid until then.
    #[must_use]
    pub fn tls(mut self, version: &str, not_after: Time) -> Self {
        let (version, cipher) = (version.to_owned(), "TLS13_AES_128_GCM_SHA256".to_owned());
        self.tls = Some(Tls { version, cipher, names: Vec::new(), not_after });
        self
    }

    /// What the phase gets from the call of that number, and how long it took.
    pub(crate) fn play(&self, request: &Request, call: u32) -> (Millis, Result<Response, Cause>) {
        let limit = request.timeout.unwrap_or(Millis(30_000));
        if self.after > limit || matches!(self.outcome, Outcome::Timeout) {
            return (limit, Err(Cause::Timeout(limit)));
        }
        let outcome = match &self.outcome {
            Outcome::Answer { status, headers, body } => Ok(self.answer(*status, headers, body, call)),
            Outcome::Timeout => Err(Cause::Timeout(limit)),
            Outcome::Refused => Err(Cause::Failed("connection refused".to_owned())),
            Outcome::Denied => Err(Cause::Denied(denial(&format!("http {request}")))),
        };
        (self.after, outcome)
    }

    fn answer(&self, status: u16, headers: &[(String, String)], body: &[u8], call: u32) -> Response {
        #[expect(clippy::cast_precision_loss, reason = "a scripted body is short")]
        let length = body.len() as f64;
        let after = self.after.as_f64();
        Response {
            status,
            headers: headers.to_vec(),
            body: body.to_vec(),
            truncated: false,
            length,
            sha256: None,
            replaced: self.replaced.clone(),
            hops: Vec::new(),
            timings: Timings { first_byte: after, total: after, ..Timings::default() },
            tls: self.tls.clone(),
            peer: "127.0.0.1:443".to_owned(),
            calls: vec![call],
        }
    }
}

pub(crate) fn denial(wanted: &str) -> Denial {
    Denial {
        wanted: wanted.to_owned(),
        reason: "no grant covers it".to_owned(),
        remedy: "to allow it, add it to [phase.grants] in bundle.toml".to_owned(),
    }
}

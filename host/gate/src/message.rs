//! Requests and responses as messages: JSON for the journal and for people, with the bodies beside it.

use holdpoint_model::{Answer, Body, CallError, Denial, Digest, OutcomeKind};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::Scrubber;

/// A request or response of a capability: a versioned record of its own, not a generated type.
///
/// Bodies are fields with `#[serde(skip)]` that [`Message::bodies`] visits, always all of them and in the same order. They are stored
/// beside the record, large ones once by their digest.
pub trait Message: Serialize + DeserializeOwned + Clone + Send + Sync + 'static {
    /// Visits every body.
    fn bodies(&mut self, _visit: &mut dyn FnMut(&mut Body)) {}

    /// Takes known secrets out of every text and body.
    fn scrub(&mut self, _scrubber: &dyn Scrubber) {}
}

impl Message for () {}

/// A message as it is stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encoded {
    pub json: String,
    pub bodies: Vec<Body>,
}

/// A stored message that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a recorded message can't be read: {0}")]
pub struct MessageError(String);

impl MessageError {
    pub(crate) fn new(error: &dyn std::error::Error) -> Self {
        Self(error.to_string())
    }
}

/// The bodies of a message, without a copy.
pub(crate) fn bodies<M: Message>(message: &M) -> Vec<Body> {
    let mut bodies = Vec::new();
    // Visiting needs a mutable message, and cloning one copies no bodies.
    message.clone().bodies(&mut |body| bodies.push(body.clone()));
    bodies
}

impl Encoded {
    /// Encodes a message.
    pub fn of<M: Message>(message: &M) -> Result<Self, MessageError> {
        let json = serde_json::to_string(message).map_err(|e| MessageError(e.to_string()))?;
        Ok(Self { json, bodies: bodies(message) })
    }

    /// Decodes a message.
    pub fn decode<M: Message>(&self) -> Result<M, MessageError> {
        let mut message: M = serde_json::from_str(&self.json).map_err(|e| MessageError(e.to_string()))?;
        let mut stored = self.bodies.iter();
        let mut missing = false;
        message.bodies(&mut |body| match stored.next() {
            Some(bytes) => *body = bytes.clone(),
            None => missing = true,
        });
        if missing || stored.next().is_some() {
            return Err(MessageError("the number of bodies is not what the record needs".into()));
        }
        Ok(message)
    }

    /// Bytes of the record and its bodies.
    pub fn size(&self) -> u64 {
        self.json.len() as u64 + self.bodies.iter().map(|body| body.len() as u64).sum::<u64>()
    }

    /// The digest of a call: what it asks, in which version of the capability's protocol.
    pub fn digest(&self, capability: &str, version: u32) -> Digest {
        let version = version.to_le_bytes();
        let digests: Vec<Digest> = self.bodies.iter().map(|body| Digest::of(body.bytes())).collect();
        let mut parts: Vec<&[u8]> = vec![capability.as_bytes(), &version, self.json.as_bytes()];
        parts.extend(digests.iter().map(|digest| digest.0.as_slice()));
        Digest::of_parts(&parts)
    }
}

/// An answer as it is stored: the response, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedAnswer {
    pub kind: OutcomeKind,
    pub message: Encoded,
}

/// The record of an error, version 1. `Denied` keeps its parts, the others are a number or a text.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ErrorV1 {
    Denied { wanted: String, reason: String, remedy: String },
    Timeout(u32),
    Failed(String),
    InDoubt(String),
    Interrupted(String),
    Exhausted(String),
}

impl EncodedAnswer {
    /// Encodes an answer.
    pub fn of<M: Message>(answer: &Answer<M>) -> Result<Self, MessageError> {
        match answer {
            Ok(response) => Ok(Self { kind: OutcomeKind::Answered, message: Encoded::of(response)? }),
            Err(error) => Ok(Self::of_error(error)),
        }
    }

    /// Encodes an error.
    pub fn of_error(error: &CallError) -> Self {
        let record = match error.clone() {
            CallError::Denied(Denial { wanted, reason, remedy }) => ErrorV1::Denied { wanted, reason, remedy },
            CallError::Timeout(limit) => ErrorV1::Timeout(limit),
            CallError::Failed(text) => ErrorV1::Failed(text),
            CallError::InDoubt(text) => ErrorV1::InDoubt(text),
            CallError::Interrupted(text) => ErrorV1::Interrupted(text),
            CallError::Exhausted(text) => ErrorV1::Exhausted(text),
        };
        let json = serde_json::to_string(&record).expect("a record of strings and numbers always encodes");
        Self { kind: error.kind(), message: Encoded { json, bodies: Vec::new() } }
    }

    /// Decodes an answer.
    pub fn decode<M: Message>(&self) -> Result<Answer<M>, MessageError> {
        if self.kind == OutcomeKind::Answered { self.message.decode().map(Ok) } else { self.error().map(Err) }
    }

    /// Decodes the error of an answer that is one.
    pub fn error(&self) -> Result<CallError, MessageError> {
        let record = serde_json::from_str(&self.message.json).map_err(|e| MessageError(e.to_string()))?;
        Ok(match record {
            ErrorV1::Denied { wanted, reason, remedy } => CallError::Denied(Denial { wanted, reason, remedy }),
            ErrorV1::Timeout(limit) => CallError::Timeout(limit),
            ErrorV1::Failed(text) => CallError::Failed(text),
            ErrorV1::InDoubt(text) => CallError::InDoubt(text),
            ErrorV1::Interrupted(text) => CallError::Interrupted(text),
            ErrorV1::Exhausted(text) => CallError::Exhausted(text),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Page {
        status: u16,
        took: f64,
        #[serde(skip)]
        body: Body,
    }

    impl Message for Page {
        fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
            visit(&mut self.body);
        }
    }

    fn page(body: &[u8]) -> Page {
        Page { status: 200, took: 0.1 + 0.2, body: body.into() }
    }

    #[test]
    fn decodes_what_it_encoded_to_the_last_bit() {
        let answer = Ok(page(b"hello"));
        let stored = EncodedAnswer::of(&answer).unwrap();
        assert_eq!(stored.message.json, r#"{"status":200,"took":0.30000000000000004}"#);
        assert_eq!(stored.decode::<Page>().unwrap(), answer);
    }

    #[test]
    fn every_error_survives() {
        let denial = Denial { wanted: "w".into(), reason: "r".into(), remedy: "m".into() };
        for error in [
            CallError::Denied(denial),
            CallError::Timeout(5),
            CallError::Failed("f".into()),
            CallError::InDoubt("d".into()),
            CallError::Interrupted("i".into()),
            CallError::Exhausted("e".into()),
        ] {
            let stored = EncodedAnswer::of::<Page>(&Err(error.clone())).unwrap();
            assert_eq!(stored.kind, error.kind());
            assert_eq!(stored.decode::<Page>().unwrap(), Err(error));
        }
    }

    #[test]
    fn the_digest_covers_the_bodies_and_the_version() {
        let (a, b) = (Encoded::of(&page(b"a")).unwrap(), Encoded::of(&page(b"b")).unwrap());
        assert_eq!(a.json, b.json);
        assert_ne!(a.digest("http", 1), b.digest("http", 1));
        assert_ne!(a.digest("http", 1), a.digest("http", 2));
    }

    #[test]
    fn refuses_a_record_whose_body_is_missing() {
        let mut stored = Encoded::of(&page(b"a")).unwrap();
        stored.bodies.clear();
        assert!(stored.decode::<Page>().is_err());
    }
}

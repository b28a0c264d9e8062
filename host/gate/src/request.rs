//! A request as it is kept: whole up to a bound, and beyond it by its size and digest alone, so that no guest fills a disk by asking.

use std::io;

use holdpoint_model::{Body, CallError, Digest, Hasher};

use crate::{Budget, Encoded, Message, MessageError};

/// Bytes of a request without its bodies, as JSON. Every request that a capability takes is smaller.
const LARGEST_RECORD: u64 = 256 << 10;
/// Bytes of its bodies together.
const LARGEST_BODIES: u64 = 16 << 20;

/// Encodes a request, and counts it. The error is for the guest: the request is too large, or there were too many; what is recorded then
/// still tells it from every other request.
pub(crate) fn encode<M: Message>(
    request: &M,
    budget: &mut Budget,
) -> Result<(Encoded, Result<(), CallError>), MessageError> {
    let mut record = Record::default();
    serde_json::to_writer(&mut record, request).map_err(|e| MessageError::new(&e))?;
    let bodies = crate::message::bodies(request);
    let body_bytes: u64 = bodies.iter().map(|body| body.len() as u64).sum();
    let bytes = record.length + body_bytes;
    let fits = if record.length > LARGEST_RECORD || body_bytes > LARGEST_BODIES {
        let most = LARGEST_RECORD + LARGEST_BODIES;
        Err(CallError::Exhausted(format!("a request of {bytes} bytes is larger than any that is taken, {most}")))
    } else {
        budget.request(bytes)
    };
    let encoded = match &fits {
        Ok(()) => Encoded { json: record.text()?, bodies },
        Err(_) => stand_in(bytes, &record.digest(), &bodies),
    };
    Ok((encoded, fits))
}

/// What is recorded in the place of a request that is not kept.
fn stand_in(bytes: u64, record: &Digest, bodies: &[Body]) -> Encoded {
    let digests: Vec<Digest> = bodies.iter().map(|body| Digest::of(body.bytes())).collect();
    let mut parts: Vec<&[u8]> = vec![&record.0];
    parts.extend(digests.iter().map(|digest| digest.0.as_slice()));
    let digest = Digest::of_parts(&parts);
    Encoded { json: format!(r#"{{"not-kept":{{"bytes":{bytes},"digest":"{digest}"}}}}"#), bodies: Vec::new() }
}

/// The JSON of a request while it is written. It is held as long as it is small, and only hashed from there on.
#[derive(Default)]
struct Record {
    length: u64,
    held: Vec<u8>,
    hasher: Option<Hasher>,
}

impl Record {
    fn text(self) -> Result<String, MessageError> {
        String::from_utf8(self.held).map_err(|e| MessageError::new(&e))
    }

    fn digest(&self) -> Digest {
        self.hasher.as_ref().map_or_else(|| Digest::of(&self.held), Hasher::digest)
    }
}

impl io::Write for Record {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.length += bytes.len() as u64;
        if self.length > LARGEST_RECORD {
            let held = std::mem::take(&mut self.held);
            let hasher = self.hasher.get_or_insert_default();
            hasher.update(&held);
            hasher.update(bytes);
        } else {
            self.held.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::Limits;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    struct Ask {
        text: String,
        #[serde(skip)]
        body: Body,
    }

    impl Message for Ask {
        fn bodies(&mut self, visit: &mut dyn FnMut(&mut Body)) {
            visit(&mut self.body);
        }
    }

    fn ask(text: usize, body: usize) -> Ask {
        Ask { text: "t".repeat(text), body: vec![b'b'; body].into() }
    }

    fn encoded(ask: &Ask) -> (Encoded, Result<(), CallError>) {
        encode(ask, &mut Budget::new(Limits::default())).unwrap()
    }

    #[test]
    fn a_request_within_the_bounds_is_kept_whole() {
        for ask in [ask(0, 0), ask(200_000, 16 << 20)] {
            let (kept, fits) = encoded(&ask);
            assert_eq!(fits, Ok(()));
            assert_eq!(kept, Encoded::of(&ask).unwrap());
        }
    }

    #[test]
    fn of_a_larger_one_size_and_digest_are_kept() {
        for (large, other) in [
            (ask(300_000, 1), ask(300_001, 1)),
            (ask(300_000, 1), ask(300_000, 2)),
            (ask(1, 17 << 20), ask(2, 17 << 20)),
        ] {
            let (kept, fits) = encoded(&large);
            assert!(matches!(fits, Err(CallError::Exhausted(_))), "{fits:?}");
            assert!(kept.json.starts_with(r#"{"not-kept":{"bytes":"#) && kept.json.len() < 200, "{}", kept.json);
            assert!(kept.bodies.is_empty());
            assert_eq!(kept, encoded(&large).0);
            assert_ne!(kept, encoded(&other).0);
        }
    }

    #[test]
    fn nothing_is_kept_beyond_the_budget() {
        let mut budget = Budget::new(Limits { request_bytes: 1_000, ..Limits::default() });
        assert!(encode(&ask(1, 900), &mut budget).unwrap().1.is_ok());
        let (kept, fits) = encode(&ask(1, 900), &mut budget).unwrap();
        assert_eq!(fits, Err(CallError::Exhausted("the phase's budget of 1000 bytes of requests is used up".into())));
        assert!(kept.bodies.is_empty());
    }
}

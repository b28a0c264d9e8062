//! Records as a journal may hold them, whoever wrote it: requests and answers of every capability.
//!
//! The input is a record in JSON and bodies, between zero bytes. Whatever decodes is encoded again to what decodes to the same; nothing
//! panics, and a record whose bodies are not those that it needs is refused.
#![no_main]

use std::fmt::Debug;

use holdpoint_gate::{Capability, Encoded, EncodedAnswer, Message};
use holdpoint_model::OutcomeKind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|byte| *byte == 0);
    let Ok(json) = std::str::from_utf8(parts.next().unwrap_or_default()) else { return };
    let encoded = Encoded { json: json.to_owned(), bodies: parts.take(3).map(Into::into).collect() };
    capability::<holdpoint_cap_http::Http>(&encoded);
    capability::<holdpoint_cap_files::Files>(&encoded);
    capability::<holdpoint_cap_secret::Secrets>(&encoded);
    capability::<holdpoint_cap_clock::Clock>(&encoded);
    let answer = EncodedAnswer { kind: OutcomeKind::Failed, message: encoded };
    if let Ok(error) = answer.error() {
        let again = EncodedAnswer::of_error(&error);
        assert_eq!(again.error().as_ref(), Ok(&error));
    }
});

fn capability<C: Capability>(encoded: &Encoded) {
    if let Some(request) = round::<C::Request>(encoded) {
        let summary = C::summary(&request);
        assert!(summary.chars().count() < 1_000 && !summary.chars().any(char::is_control), "{summary}");
        assert!(C::limit(&request).as_secs() < 8 * 86_400);
    }
    round::<C::Response>(encoded);
}

fn round<M: Message>(encoded: &Encoded) -> Option<M> {
    let message: M = encoded.decode().ok()?;
    let again = Encoded::of(&message).unwrap_or_else(|e| fail(e));
    assert_eq!(again.bodies, encoded.bodies);
    let third = Encoded::of(&again.decode::<M>().unwrap_or_else(|e| fail(e))).unwrap_or_else(|e| fail(e));
    assert_eq!(again, third);
    Some(message)
}

fn fail<T>(error: impl Debug) -> T {
    panic!("what was decoded is not encoded again: {error:?}")
}

//! Emulators as the tests want them.

use std::collections::BTreeSet;

use holdpoint_gcp_emulator::{Emulator, InitialService, Options};
use serde_json::Value;

pub(crate) const OLD: &str =
    "us-docker.pkg.dev/netra/app/backend@sha256:1111111111111111111111111111111111111111111111111111111111111111";
pub(crate) const NEW: &str =
    "us-docker.pkg.dev/netra/app/backend@sha256:2222222222222222222222222222222222222222222222222222222222222222";
pub(crate) const UNKNOWN: &str =
    "us-docker.pkg.dev/netra/app/backend@sha256:3333333333333333333333333333333333333333333333333333333333333333";

/// Backend and frontend, of which two images are known.
pub(crate) fn options() -> Options {
    Options {
        services: vec![InitialService::new("backend", OLD), InitialService::new("frontend", OLD)],
        images: Some(BTreeSet::from([OLD.to_owned(), NEW.to_owned()])),
        ..Options::default()
    }
}

pub(crate) async fn cloud() -> Emulator {
    Emulator::start(options()).await.unwrap()
}

/// A service of a state, as the API shows it.
pub(crate) fn service(emulator: &Emulator, name: &str) -> Value {
    entry(emulator, name)["service"].clone()
}

/// A service of a state, with its revisions and its policy; nothing if it is not there.
pub(crate) fn entry(emulator: &Emulator, name: &str) -> Value {
    let state = emulator.state();
    let services = state["services"].as_array().unwrap();
    services.iter().find(|entry| entry["service"]["metadata"]["name"] == name).cloned().unwrap_or_default()
}

/// Revision and percent of what has traffic.
pub(crate) fn shares(emulator: &Emulator, name: &str) -> Vec<(String, u64)> {
    let service = service(emulator, name);
    let parts = service["status"]["traffic"].as_array().cloned().unwrap_or_default();
    let share = |part: &Value| Some((part["revisionName"].as_str()?.to_owned(), part["percent"].as_u64()?));
    parts.iter().filter_map(share).collect()
}

/// How many requests changed something.
pub(crate) fn effects(emulator: &Emulator) -> usize {
    emulator.log().iter().filter(|seen| seen.effect.is_some()).count()
}

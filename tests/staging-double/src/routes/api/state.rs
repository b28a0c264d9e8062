//! States by key, and a counter that echoes nothing: each user's own, or everybody's while a fault has them so.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use serde_json::json;

use super::{Caller, Refused, Shared, failure, full, no_room, not_found, parsed};
use crate::api::{MOST_STATES, Shelf};
use crate::change::Change;

const LONGEST_KEY: usize = 128;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    value: String,
}

pub(super) async fn write(
    State(shared): State<Arc<Shared>>,
    Path(key): Path<String>,
    caller: Caller,
    body: Result<Bytes, BytesRejection>,
) -> Response<Body> {
    if key.len() > LONGEST_KEY {
        return failure(StatusCode::BAD_REQUEST, "a key has at most 128 bytes");
    }
    let Written { value } = match parsed(body) {
        Ok(written) => written,
        Err(refused) => return *refused,
    };
    let text = value.clone();
    let written = with_own(&shared, &caller, |shelf| {
        let old = shelf.states.get(&key).map(|(old, version)| (old.len() + key.len(), *version));
        if old.is_none() && shelf.states.len() >= MOST_STATES {
            return None;
        }
        let (gone, version) = old.unwrap_or_default();
        if !shared.users.budget.take(value.len() + key.len(), gone) {
            return None;
        }
        shelf.states.insert(key.clone(), (value, version + 1));
        Some(version + 1)
    });
    match written {
        Ok(Some(version)) => caller.answers(StatusCode::OK, &json!({ "key": key, "version": version }), &text),
        Ok(None) => full(),
        Err(refused) => *refused,
    }
}

pub(super) async fn read(State(shared): State<Arc<Shared>>, Path(key): Path<String>, caller: Caller) -> Response<Body> {
    match with_own(&shared, &caller, |shelf| shelf.states.get(&key).cloned()) {
        Ok(Some((value, version))) => {
            caller.answers(StatusCode::OK, &json!({ "key": key, "value": value, "version": version }), &value)
        }
        Ok(None) => not_found(),
        Err(refused) => *refused,
    }
}

pub(super) async fn count(State(shared): State<Arc<Shared>>, caller: Caller) -> Response<Body> {
    counter(&shared, &caller, 1)
}

pub(super) async fn counted(State(shared): State<Arc<Shared>>, caller: Caller) -> Response<Body> {
    counter(&shared, &caller, 0)
}

fn counter(shared: &Shared, caller: &Caller, more: u64) -> Response<Body> {
    let value = with_own(shared, caller, |shelf| {
        shelf.counter += more;
        shelf.counter
    });
    match value {
        Ok(value) => caller.answers(StatusCode::OK, &json!({ "value": value }), ""),
        Err(refused) => *refused,
    }
}

fn with_own<T>(shared: &Shared, caller: &Caller, act: impl FnOnce(&mut Shelf) -> T) -> Result<T, Refused> {
    let is_shared = caller.has(|change| *change == Change::SharedGlobal);
    shared.users.with_states(&caller.person.id, is_shared, act).map_err(no_room)
}

//! A transfer between two pots of a user: a transaction of two writes with work in between. Whoever breaks off has caused nothing, and nobody sees it
//! half done, unless a fault has it so.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{Response, StatusCode};
use serde_json::json;

use super::{Caller, Shared, failure, no_room, parsed};
use crate::api::{Full, Pot, Pots};
use crate::change::{Change, HalfDone};

/// The work between the two writes.
const BETWEEN: Duration = Duration::from_millis(120);
const MOST: i64 = 1_000;

#[derive(Clone, Copy, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfer {
    from: Pot,
    to: Pot,
    amount: i64,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, caller: Caller) -> Response<Body> {
    answered(&caller, StatusCode::OK, shared.users.with(&caller.person.id, |shelf| Some(shelf.pots)))
}

pub(super) async fn transfer(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    body: Result<Bytes, BytesRejection>,
) -> Response<Body> {
    let transfer: Transfer = match parsed(body) {
        Ok(transfer) => transfer,
        Err(refused) => return *refused,
    };
    if !(1..=MOST).contains(&transfer.amount) || transfer.from == transfer.to {
        return failure(StatusCode::BAD_REQUEST, "1 to 1000 is moved from one pot to the other");
    }
    let user = caller.person.id.clone();
    let moved = if caller.has(|change| *change == Change::HalfDone(HalfDone::LeftBehind)) {
        in_halves(Arc::clone(&shared), user, transfer).await
    } else if caller.has(|change| *change == Change::HalfDone(HalfDone::Seen)) {
        // It goes on without whoever has asked for it.
        match tokio::spawn(in_halves(Arc::clone(&shared), user, transfer)).await {
            Ok(moved) => moved,
            Err(_) => return failure(StatusCode::INTERNAL_SERVER_ERROR, "the transfer was broken off"),
        }
    } else {
        tokio::time::sleep(BETWEEN).await;
        shared.users.with(&user, |shelf| {
            let is_taken = shelf.pots.take(transfer.from, transfer.amount);
            if is_taken {
                shelf.pots.put(transfer.to, transfer.amount);
            }
            is_taken.then_some(shelf.pots)
        })
    };
    answered(&caller, StatusCode::CREATED, moved)
}

/// Two writes, each seen at once.
async fn in_halves(shared: Arc<Shared>, user: String, transfer: Transfer) -> Result<Option<Pots>, Full> {
    if !shared.users.with(&user, |shelf| shelf.pots.take(transfer.from, transfer.amount))? {
        return Ok(None);
    }
    tokio::time::sleep(BETWEEN).await;
    shared.users.with(&user, |shelf| {
        shelf.pots.put(transfer.to, transfer.amount);
        Some(shelf.pots)
    })
}

fn answered(caller: &Caller, status: StatusCode, pots: Result<Option<Pots>, Full>) -> Response<Body> {
    match pots {
        Ok(Some(pots)) => caller.answers(status, &json!({ "pots": pots }), ""),
        Ok(None) => failure(StatusCode::CONFLICT, "the pot does not have that much"),
        Err(refused) => *no_room(refused),
    }
}

//! Agents: started, listed, run and ended by their user. One that nobody ends does so by itself.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{Response, StatusCode};
use serde_json::{Value, json};

use super::{Caller, Refused, Shared, failure, full, no_room, not_found, parsed, success};
use crate::api::{Agent, MOST_AGENTS, Shelf};
use crate::change::{Breach, Change};

type Sent = Result<Bytes, BytesRejection>;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    prompt: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    input: String,
    /// The agent fails at it.
    #[serde(default)]
    fail: bool,
}

pub(super) async fn start(State(shared): State<Arc<Shared>>, caller: Caller, body: Sent) -> Response<Body> {
    let Wanted { name, prompt } = match parsed(body) {
        Ok(wanted) => wanted,
        Err(refused) => return *refused,
    };
    let agent = Agent { id: shared.users.fresh_id(), name, prompt, ends: Instant::now() + shared.agent_lifetime };
    let answer = caller.answers(StatusCode::CREATED, &shown(&agent), &agent.prompt);
    let started = with_own(&shared, &caller, |shelf| {
        if shelf.agents.len() >= MOST_AGENTS {
            return failure(StatusCode::TOO_MANY_REQUESTS, "this user has too many agents");
        }
        if !shared.users.budget.take(agent.bytes(), 0) {
            return full();
        }
        shelf.agents.push(agent);
        answer
    });
    started.unwrap_or_else(|refused| *refused)
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, caller: Caller) -> Response<Body> {
    let listed = with_own(&shared, &caller, |shelf| {
        let text = shelf.agents.last().map_or(String::new(), |agent| agent.prompt.clone());
        (shelf.agents.iter().map(shown).collect::<Vec<_>>(), text)
    });
    match listed {
        Ok((agents, text)) => caller.answers(StatusCode::OK, &json!({ "agents": agents }), &text),
        Err(refused) => *refused,
    }
}

pub(super) async fn read(State(shared): State<Arc<Shared>>, Path(id): Path<String>, caller: Caller) -> Response<Body> {
    if caller.has(|change| *change == Change::Breach(Breach::OwnerIgnored)) {
        let found = number(&id).and_then(|number| shared.users.agent_of_anybody(number));
        return found.map_or_else(not_found, |agent| success(shown(&agent)));
    }
    match own(&shared, &caller, &id) {
        Ok(agent) => caller.answers(StatusCode::OK, &shown(&agent), &agent.prompt),
        Err(refused) => *refused,
    }
}

pub(super) async fn end(State(shared): State<Arc<Shared>>, Path(id): Path<String>, caller: Caller) -> Response<Body> {
    let number = number(&id);
    let ended = with_own(&shared, &caller, |shelf| {
        let place = shelf.agents.iter().position(|agent| Some(agent.id) == number)?;
        Some(shelf.agents.remove(place))
    });
    match ended {
        Ok(Some(agent)) => {
            shared.users.budget.give(agent.bytes());
            if caller.has(|change| *change == Change::Orphans) {
                shared.users.orphan();
            }
            if caller.has(|change| matches!(change, Change::AgentLeak(_))) {
                shared.switchboard.strikes.leave();
            }
            caller.answers(StatusCode::OK, &json!({ "id": id, "ended": true }), "")
        }
        Ok(None) => not_found(),
        Err(refused) => *refused,
    }
}

pub(super) async fn run(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    caller: Caller,
    body: Sent,
) -> Response<Body> {
    let Input { input, fail } = match parsed(body) {
        Ok(input) => input,
        Err(refused) => return *refused,
    };
    let agent = match own(&shared, &caller, &id) {
        Ok(agent) => agent,
        Err(refused) => return *refused,
    };
    if fail {
        if let Some(lasts) = spreads(&caller) {
            shared.switchboard.strikes.crash(&caller.person.id, Instant::now(), lasts);
        }
        return failure(StatusCode::INTERNAL_SERVER_ERROR, "the agent has failed");
    }
    let result = json!({ "id": id, "agent": agent.name, "result": format!("{} has read: {input}", agent.name) });
    caller.answers(StatusCode::OK, &result, &input)
}

/// How long the failure of an agent is everybody's.
fn spreads(caller: &Caller) -> Option<Duration> {
    caller.changes.iter().find_map(|change| match change {
        Change::SharedCrash(lasts) => Some(*lasts),
        _ => None,
    })
}

fn shown(agent: &Agent) -> Value {
    json!({ "id": agent.id.to_string(), "name": agent.name, "prompt": agent.prompt, "status": "running" })
}

fn number(id: &str) -> Option<u64> {
    id.parse().ok()
}

fn own(shared: &Shared, caller: &Caller, id: &str) -> Result<Agent, Refused> {
    let number = number(id);
    let found = with_own(shared, caller, |shelf| shelf.agents.iter().find(|agent| Some(agent.id) == number).cloned());
    found?.ok_or_else(|| Box::new(not_found()))
}

/// The caller's shelf, without agents whose time is over.
fn with_own<T>(shared: &Shared, caller: &Caller, act: impl FnOnce(&mut Shelf) -> T) -> Result<T, Refused> {
    let orphaned = caller.has(|change| *change == Change::Orphans);
    let swept = shared.users.with(&caller.person.id, |shelf| {
        shared.users.sweep(shelf, Instant::now(), orphaned);
        act(shelf)
    });
    swept.map_err(no_room)
}

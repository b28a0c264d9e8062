//! What the bundle says: which socket, for how long, and how messages are told apart.

use holdpoint::Login;
use holdpoint::prelude::*;

/// Heartbeats that fit into the calls of a phase.
const MOST_BEATS: u32 = 500;
const MOST_EVENTS: usize = 32;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) service: String,
    pub(crate) login: Option<Login>,
    #[serde(default = "path")]
    pub(crate) path: String,
    #[serde(default = "subprotocols")]
    pub(crate) subprotocols: Vec<String>,
    #[serde(default = "six_minutes")]
    pub(crate) hold: Millis,
    /// The time-out of what balances before it: a socket that is held no longer shows nothing.
    #[serde(default = "five_minutes")]
    pub(crate) past: Millis,
    #[serde(default = "twenty_seconds")]
    pub(crate) heartbeat: Millis,
    #[serde(default = "five_seconds")]
    pub(crate) within: Millis,
    /// `{id}` and `{text}` in its texts are filled in.
    #[serde(default = "message")]
    pub(crate) message: Value,
    /// The events that answer a message, in their order, by what stands at `kind`.
    #[serde(default = "events")]
    pub(crate) events: Vec<String>,
    #[serde(default = "kind")]
    pub(crate) kind: String,
    /// Where an event says which message it answers.
    #[serde(default = "id")]
    pub(crate) id: String,
}

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        if !self.path.starts_with('/') {
            return Err(Error::new(format!("config.path `{}` must begin with `/`", self.path)));
        }
        if self.within == Millis(0) || self.within > Millis(30_000) {
            return Err(Error::new("config.within is more than nothing and at most 30s"));
        }
        if self.heartbeat < self.within {
            return Err(Error::new("config.heartbeat is as long as config.within or longer, or answers would overlap"));
        }
        let beats = self.hold.0 / self.heartbeat.0.max(1);
        if !(2..=MOST_BEATS).contains(&beats) {
            return Err(Error::new(format!(
                "config.hold is 2 to {MOST_BEATS} times config.heartbeat, not {beats} times"
            )));
        }
        if !(1..=MOST_EVENTS).contains(&self.events.len()) {
            return Err(Error::new(format!("config.events names 1 to {MOST_EVENTS} events")));
        }
        for (field, place) in [("kind", &self.kind), ("id", &self.id)] {
            if !place.starts_with('/') {
                return Err(Error::new(format!("config.{field} is a place within JSON, as in \"/type\"")));
            }
        }
        Ok(())
    }
}

fn path() -> String {
    "/ws/chat".to_owned()
}

fn subprotocols() -> Vec<String> {
    vec!["chat.v1".to_owned()]
}

fn six_minutes() -> Millis {
    Millis(360_000)
}

fn five_minutes() -> Millis {
    Millis(300_000)
}

fn twenty_seconds() -> Millis {
    Millis(20_000)
}

fn five_seconds() -> Millis {
    Millis(5_000)
}

fn message() -> Value {
    json!({ "type": "message", "id": "{id}", "text": "{text}" })
}

fn events() -> Vec<String> {
    ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"].map(String::from).into()
}

fn kind() -> String {
    "/type".to_owned()
}

fn id() -> String {
    "/message".to_owned()
}

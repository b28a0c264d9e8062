//! What the bundle says of a chat: how a message is written and how its events are told apart. The places within JSON are pointers as of RFC 6901.

use holdpoint::prelude::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    #[serde(default = "backend")]
    pub(crate) service: String,
    #[serde(default = "path")]
    pub(crate) path: String,
    /// Those that are offered. One may be `bearer.{token}`, for servers that look for the token of an identity there.
    #[serde(default = "subprotocols")]
    pub(crate) subprotocols: Vec<String>,
    /// A message; `{id}` and `{text}` in its texts are filled in.
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
    /// Where an event has its number on this socket, counted from 1. If it is empty, events are numbered by their place in `events`.
    #[serde(default = "number")]
    pub(crate) number: String,
    /// Where the last event has the text of its message. If it is empty, none is looked for.
    #[serde(default = "text")]
    pub(crate) text: String,
    /// Within which all events of a message come, and the answer to a ping.
    #[serde(default = "within")]
    pub(crate) within: Millis,
    /// Messages of an iteration.
    #[serde(default = "messages")]
    pub(crate) messages: u32,
    /// The longest pause before a message; each is drawn anew.
    #[serde(default)]
    pub(crate) think: Millis,
}

/// Calls that an iteration has; each message takes one to send, and one for each event.
const MOST_MESSAGES: u32 = 20;

impl Config {
    pub(crate) fn check(&self) -> Result<()> {
        if self.events.is_empty() || self.events.len() > 64 {
            return Err(Error::new("config.events names 1 to 64 events; without any nothing could be missed"));
        }
        if !(1..=MOST_MESSAGES).contains(&self.messages) {
            return Err(Error::new(format!("config.messages is 1 to {MOST_MESSAGES}")));
        }
        if self.within == Millis(0) || self.within > Millis(10_000) {
            return Err(Error::new("config.within is more than nothing and at most 10s"));
        }
        for (name, place) in [("kind", &self.kind), ("id", &self.id), ("number", &self.number), ("text", &self.text)] {
            let is_left_out = place.is_empty() && matches!(name, "number" | "text");
            if !is_left_out && !place.starts_with('/') {
                return Err(Error::new(format!("config.{name} is a place within JSON, as in \"/type\"")));
            }
        }
        Ok(())
    }
}

fn backend() -> String {
    "backend".to_owned()
}

fn path() -> String {
    "/ws/chat".to_owned()
}

fn subprotocols() -> Vec<String> {
    vec!["chat.v1".to_owned()]
}

fn message() -> Value {
    json!({ "type": "message", "id": "{id}", "text": "{text}" })
}

fn events() -> Vec<String> {
    ["agent_started", "agent_thinking", "tool_executing", "tool_completed", "agent_completed"]
        .map(str::to_owned)
        .to_vec()
}

fn kind() -> String {
    "/type".to_owned()
}

fn id() -> String {
    "/message".to_owned()
}

fn number() -> String {
    "/seq".to_owned()
}

fn text() -> String {
    "/text".to_owned()
}

fn within() -> Millis {
    Millis(5_000)
}

fn messages() -> u32 {
    3
}

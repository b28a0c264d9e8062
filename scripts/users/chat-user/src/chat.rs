//! One socket, and the messages that go over it.

use holdpoint::prelude::*;
use holdpoint::{Event, Me, UserSocket, granted};

use crate::config::Config;
use crate::sequence::{Sequence, Wrong};

/// A chat that is open.
pub(crate) struct Chat {
    socket: UserSocket,
    sequence: Sequence,
    /// The number of the last event that was due before the next message.
    due: u32,
}

/// What the events of one message came to.
#[derive(Default)]
struct Answer {
    again: bool,
    late: bool,
    /// The text, or that there is none that is mine.
    mine: Option<bool>,
    /// The socket has ended, or said what is no event.
    broken: bool,
}

impl Chat {
    /// Opens a socket. One that does not open is judged, and none.
    pub(crate) fn open(me: &Me, config: &Config) -> Result<Option<Self>> {
        let token = me.identity().unwrap_or_default();
        let mut opening = me.service(&config.service).socket(&config.path);
        for name in &config.subprotocols {
            opening = opening.subprotocol(name.replace("{token}", &token));
        }
        let Some(handshake) = granted(me.open(&opening))? else { return Ok(None) };
        let socket = me.socket(&handshake);
        let chosen = config.subprotocols.is_empty() || handshake.subprotocol().is_some();
        me.check("the socket opens", socket.is_some() && chosen);
        let socket = socket.filter(|_| chosen);
        Ok(socket.map(|socket| Self { socket, sequence: Sequence::default(), due: 0 }))
    }

    /// Says something and waits for its events. False if the socket is of no use any more.
    pub(crate) fn say(&mut self, me: &Me, config: &Config, number: u32, text: &str) -> bool {
        let message = filled(&config.message, number, text);
        if self.socket.send(message.to_string()).is_err() {
            return false;
        }
        self.due += count(&config.events);
        let answer = self.hear(me, config, number, text);
        let lost = self.sequence.lost(self.due);
        let is_mine = answer.mine.unwrap_or(config.text.is_empty() || lost > 0);
        me.check("no event is lost", lost == 0);
        me.check("no event comes twice", !answer.again);
        me.check("events come in order", !answer.late);
        me.check("the answer is mine", is_mine);
        if lost == 0 && is_mine && !answer.broken {
            return true;
        }
        if !answer.broken {
            // Silent, or half open: a server that is there answers at least this.
            me.check("pings are answered", self.is_there(me, config));
        }
        false
    }

    /// Takes events until all of them came, or the time is over.
    fn hear(&mut self, me: &Me, config: &Config, number: u32, text: &str) -> Answer {
        let mut answer = Answer::default();
        let start = me.now();
        while !self.sequence.is_whole(self.due) {
            let left = Millis(config.within.0.saturating_sub(me.now().since(start).0));
            let content = match self.socket.receive(left) {
                Ok(Event::Text(content)) => content,
                Ok(Event::Pong(_)) => continue,
                Ok(Event::Nothing) => break,
                Ok(Event::Binary(_) | Event::Dropped(_) | Event::Closed(_)) | Err(_) => {
                    answer.broken = true;
                    break;
                }
            };
            let Ok(event) = serde_json::from_str::<Value>(&content) else {
                answer.broken = true;
                break;
            };
            self.take(config, &event, number, text, &mut answer);
        }
        answer
    }

    fn take(&mut self, config: &Config, event: &Value, number: u32, text: &str, answer: &mut Answer) {
        let place = |pointer: &str| event.pointer(pointer);
        let kind = place(&config.kind).and_then(Value::as_str);
        let index = kind.and_then(|kind| config.events.iter().position(|known| known == kind));
        // What is no event of a chat may come as often as it likes.
        let Some(index) = index.and_then(|index| u32::try_from(index).ok()) else { return };
        let is_of_this = place(&config.id).is_some_and(|id| is_number(id, number));
        let first = self.due - count(&config.events);
        let numbered = if config.number.is_empty() {
            is_of_this.then_some(first + index + 1)
        } else {
            place(&config.number).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok())
        };
        // An event without a number, or of a message that is over, came before or belongs to nobody here.
        match numbered.map(|numbered| self.sequence.came(numbered)) {
            Some(None) => {}
            Some(Some(Wrong::Late)) => answer.late = true,
            Some(Some(Wrong::Again)) | None => answer.again = true,
        }
        if is_of_this && index + 1 == count(&config.events) && !config.text.is_empty() {
            answer.mine = Some(place(&config.text).and_then(Value::as_str) == Some(text));
        }
    }

    /// Whether the server answers a ping in time.
    fn is_there(&self, me: &Me, config: &Config) -> bool {
        if self.socket.ping().is_err() {
            return false;
        }
        let start = me.now();
        loop {
            let left = Millis(config.within.0.saturating_sub(me.now().since(start).0));
            match self.socket.receive(left) {
                Ok(Event::Pong(_)) => return true,
                Ok(Event::Text(_) | Event::Binary(_) | Event::Dropped(_)) => {}
                Ok(Event::Nothing | Event::Closed(_)) | Err(_) => return false,
            }
        }
    }

    /// Says goodbye.
    pub(crate) fn leave(self) {
        // Whether the server answers it says nothing of its events.
        let _ = self.socket.close(1000, "");
    }
}

/// A message with its number and text in their places.
fn filled(message: &Value, number: u32, text: &str) -> Value {
    match message {
        Value::String(place) => place.replace("{id}", &number.to_string()).replace("{text}", text).into(),
        Value::Array(items) => items.iter().map(|item| filled(item, number, text)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), filled(value, number, text))).collect()
        }
        other => other.clone(),
    }
}

/// Whether this is the number of a message, however it was written.
fn is_number(value: &Value, number: u32) -> bool {
    value.as_u64() == Some(u64::from(number)) || value.as_str() == Some(&number.to_string())
}

fn count(events: &[String]) -> u32 {
    u32::try_from(events.len()).unwrap_or(u32::MAX)
}

//! What came of one heartbeat: the events of its message, in which order and how often. Pure.

use holdpoint::Event;
use holdpoint::prelude::*;

use crate::config::Config;

/// How many events of messages this is, where none was to come: an event of a message is one, and what was thrown away may have been as many. Hellos and
/// signs of life are none.
pub(crate) fn unasked(config: &Config, event: &Event) -> u32 {
    match event {
        Event::Text(text) => {
            u32::from(serde_json::from_str::<Value>(text).is_ok_and(|told| place(config, &told).is_some()))
        }
        Event::Dropped(frames) => *frames,
        Event::Binary(_) | Event::Pong(_) | Event::Closed(_) | Event::Nothing => 0,
    }
}

/// Which of the events it is, if it is one.
fn place(config: &Config, told: &Value) -> Option<usize> {
    let kind = told.pointer(&config.kind)?.as_str()?;
    config.events.iter().position(|known| known == kind)
}

/// The events of one message so far.
#[derive(Debug)]
pub(crate) struct Heard {
    number: u32,
    /// Which of the events came.
    came: Vec<bool>,
    pub(crate) twice: u32,
    pub(crate) disordered: u32,
    /// Events of other messages, which are over.
    pub(crate) late: u32,
}

impl Heard {
    pub(crate) fn new(config: &Config, number: u32) -> Self {
        Self { number, came: vec![false; config.events.len()], twice: 0, disordered: 0, late: 0 }
    }

    /// A text came. What is no event may come as often as it likes.
    pub(crate) fn take(&mut self, config: &Config, text: &str) {
        let Ok(event) = serde_json::from_str::<Value>(text) else { return };
        let Some(at) = place(config, &event) else { return };
        if !event.pointer(&config.id).is_some_and(|id| is_number(id, self.number)) {
            self.late += 1;
            return;
        }
        if self.came[at] {
            self.twice += 1;
            return;
        }
        // One that belongs behind it was here before.
        self.disordered += u32::from(self.came[at..].contains(&true));
        self.came[at] = true;
    }

    pub(crate) fn is_whole(&self) -> bool {
        self.lost() == 0
    }

    /// How many did not come.
    pub(crate) fn lost(&self) -> u32 {
        u32::try_from(self.came.iter().filter(|came| !**came).count()).unwrap_or(u32::MAX)
    }
}

/// A message with its number and text in their places.
pub(crate) fn filled(message: &Value, number: u32) -> Value {
    match message {
        Value::String(place) => {
            place.replace("{id}", &number.to_string()).replace("{text}", &format!("beat {number}")).into()
        }
        Value::Array(items) => items.iter().map(|item| filled(item, number)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), filled(value, number))).collect(),
        other => other.clone(),
    }
}

/// Whether this is the number of a message, however it was written.
fn is_number(value: &Value, number: u32) -> bool {
    value.as_u64() == Some(u64::from(number)) || value.as_str() == Some(&number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        serde_json::from_value(json!({ "service": "backend", "events": ["a", "b", "c"] })).unwrap()
    }

    fn heard(events: &[(&str, u32)]) -> Heard {
        let config = config();
        let mut heard = Heard::new(&config, 7);
        for (kind, message) in events {
            heard.take(&config, &json!({ "type": kind, "message": message }).to_string());
        }
        heard
    }

    #[test]
    fn what_is_lost_doubled_late_or_out_of_order_is_told_apart() {
        let told = |events: &[(&str, u32)]| {
            let heard = heard(events);
            [heard.lost(), heard.twice, heard.disordered, heard.late]
        };
        assert_eq!(told(&[("a", 7), ("b", 7), ("c", 7)]), [0; 4]);
        assert_eq!(told(&[("a", 7), ("c", 7)]), [1, 0, 0, 0]);
        assert_eq!(told(&[("a", 7), ("a", 7), ("b", 7), ("c", 7)]), [0, 1, 0, 0]);
        assert_eq!(told(&[("b", 7), ("a", 7), ("c", 7)]), [0, 0, 1, 0]);
        assert_eq!(told(&[("c", 6), ("a", 7), ("b", 7), ("c", 7)]), [0, 0, 0, 1]);
        assert_eq!(told(&[("typing", 1), ("a", 7), ("b", 7), ("c", 7)]), [0; 4]);
        assert!(heard(&[("a", 7), ("b", 7), ("c", 7)]).is_whole());
    }

    #[test]
    fn only_events_of_messages_and_what_was_thrown_away_are_unasked() {
        let text = |text: &str| Event::Text(text.to_owned());
        for (event, count) in [
            (text(r#"{"type":"a","message":1}"#), 1),
            (text(r#"{"type":"c"}"#), 1),
            (text(r#"{"type":"hello"}"#), 0),
            (text(r#"{"kind":"a"}"#), 0),
            (text(r#"["a"]"#), 0),
            (text("keep-alive"), 0),
            (Event::Binary(vec![1]), 0),
            (Event::Dropped(7), 7),
            (Event::Nothing, 0),
        ] {
            assert_eq!(unasked(&config(), &event), count, "{event:?}");
        }
    }

    #[test]
    fn a_message_has_its_number_and_text() {
        let message = json!({ "id": "{id}", "parts": ["{text}", 1] });
        assert_eq!(filled(&message, 3), json!({ "id": "3", "parts": ["beat 3", 1] }));
    }
}

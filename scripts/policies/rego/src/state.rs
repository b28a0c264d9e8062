//! What is kept from one evaluation to the next, as bytes: what was denied stays so.

use std::collections::BTreeMap;

use holdpoint::policy::prelude::*;
use serde::Serialize;

use crate::answer::Denial;
use crate::config::Config;
use crate::numbers::Known;

/// How it is written: this byte, the state as JSON.
const VERSION: u8 = 2;
/// Messages of a row that are told.
const MOST_TOLD: usize = 5;

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Evaluations so far.
    pub(crate) ticks: u32,
    /// By row, what was denied first.
    pub(crate) denied: BTreeMap<String, Denied>,
    pub(crate) known: Known,
    /// Where each evaluation counts: which number lacked first that had been there, or that the rule was undefined, when, and why. What was denied
    /// then, nobody knows.
    pub(crate) lacked: Option<String>,
}

/// That a row is denied.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Denied {
    /// Milliseconds since 1970.
    pub(crate) since: i64,
    messages: Vec<String>,
    more: usize,
}

impl Denied {
    /// What is denied of a row at a moment.
    pub(crate) fn of(row: &str, all: &[Denial], now: Time) -> Option<Self> {
        let own = all.iter().filter(|denial| denial.row.as_ref().is_none_or(|named| named == row));
        let messages: Vec<String> = own.map(|denial| denial.message.clone()).collect();
        let more = messages.len().saturating_sub(MOST_TOLD);
        let told: Vec<String> = messages.into_iter().take(MOST_TOLD).collect();
        (!told.is_empty()).then_some(Self { since: now.0, messages: told, more })
    }

    pub(crate) fn said(&self) -> String {
        let more = if self.more > 0 { format!("; and {} more", self.more) } else { String::new() };
        format!("denied: {}{more}", self.messages.join("; "))
    }
}

impl State {
    /// Takes in what is denied at an evaluation that counts.
    pub(crate) fn take(&mut self, cx: &Context, config: &Config, all: &[Denial]) {
        self.ticks = self.ticks.saturating_add(1);
        if !config.each_tick && !cx.is_last() {
            return;
        }
        for row in &config.rows {
            if let Some(denied) = Denied::of(row, all, cx.now()) {
                self.denied.entry(row.clone()).or_insert(denied);
            }
        }
    }

    /// Reads what [`to_bytes`](Self::to_bytes) has written. No bytes are the state before the first evaluation.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let broken = || Error::new("the state is none of this policy; judge from the start");
        match bytes.split_first() {
            None => Ok(Self::default()),
            Some((&VERSION, state)) => serde_json::from_slice(state).map_err(|_| broken()),
            Some(_) => Err(broken()),
        }
    }

    /// The state as bytes.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
        Ok([&[VERSION][..], &serde_json::to_vec(self)?].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_what_is_no_state_is_refused() {
        let denials: Vec<Denial> = (0..7).map(|n| Denial { row: None, message: format!("m{n}") }).collect();
        let denied = Denied::of("A-1", &denials, Time(5)).unwrap();
        assert_eq!(denied.said(), "denied: m0; m1; m2; m3; m4; and 2 more");
        let known = BTreeMap::from([("up".to_owned(), [vec![("service".to_owned(), "auth".to_owned())]].into())]);
        let state = State {
            ticks: 3,
            denied: BTreeMap::from([("A-1".to_owned(), denied)]),
            known,
            lacked: Some("`up`".to_owned()),
        };
        let bytes = state.to_bytes().unwrap();
        assert_eq!(State::from_bytes(&bytes).unwrap(), state);
        assert_eq!(State::from_bytes(&[]).unwrap(), State::default());
        for broken in [&bytes[..1], &bytes[..bytes.len() - 1], &bytes[1..], b"\x02{}"] {
            assert!(State::from_bytes(broken).is_err(), "{broken:?}");
        }
    }
}

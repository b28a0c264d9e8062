//! What a user's exchanges came to, for whoever counts them.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use holdpoint_canary::{Form, Owner};

use crate::Unanswered;

/// Something that is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Exchanged(Exchanged),
    Shown(Shown),
}

/// One request and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// What it is counted under, e.g. `GET backend /api/me`. There are at most [`MOST_ROUTES`](super::routes::MOST_ROUTES) of a load.
    pub route: Arc<str>,
    /// Of the answer, if there was one.
    pub status: Option<u16>,
    /// Why there was none, or none that could be read.
    pub unanswered: Option<Unanswered>,
    /// What the user said of the answer, if it said anything. Once wrong, it stays so.
    pub good: Option<bool>,
    /// The user made it to go wrong.
    pub deliberate: bool,
    /// From before a connection was opened to the last byte of the answer.
    pub duration: Duration,
    pub sent_bytes: u64,
    pub received_bytes: u64,
    /// How often the user's own canary came back.
    pub own: u64,
}

/// A canary of another user in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub owner: Owner,
    pub form: Form,
    pub route: Arc<str>,
    /// The route shows everybody's texts on purpose.
    pub shared: bool,
}

/// What waits to be told. The newest exchange waits for its user's judgement.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    told: VecDeque<Told>,
    /// The user has gone on since the newest, so nothing more will be said about it.
    settled: bool,
}

/// What may wait. A user that is read as its exchanges happen never has more than a few.
const MOST_WAITING: usize = 1_024;

impl Waiting {
    pub(super) fn push(&mut self, told: Told) {
        if self.told.len() == MOST_WAITING {
            self.told.pop_front();
        }
        self.told.push_back(told);
        self.settled = false;
    }

    /// The user goes on to something else.
    pub(super) fn settle(&mut self) {
        self.settled = true;
    }

    /// Judges the newest exchange's answer. Says whether there is one that has not been told yet.
    pub(super) fn judge(&mut self, good: bool) -> bool {
        match self.told.back_mut() {
            Some(Told::Exchanged(exchange)) if !self.settled => {
                exchange.good = Some(good && exchange.good != Some(false));
                true
            }
            _ => false,
        }
    }

    /// The next that can be told.
    pub(super) fn pop(&mut self) -> Option<Told> {
        let last_is_open = !self.settled && self.told.len() == 1 && matches!(self.told[0], Told::Exchanged(_));
        if last_is_open { None } else { self.told.pop_front() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchanged(route: &str) -> Told {
        Told::Exchanged(Exchanged {
            route: route.into(),
            status: Some(200),
            unanswered: None,
            good: None,
            deliberate: false,
            duration: Duration::ZERO,
            sent_bytes: 0,
            received_bytes: 0,
            own: 0,
        })
    }

    #[test]
    fn the_newest_exchange_waits_for_what_its_user_says() {
        let mut waiting = Waiting::default();
        assert!(!waiting.judge(true), "there is nothing to judge");
        waiting.push(exchanged("a"));
        assert_eq!(waiting.pop(), None);
        assert!(waiting.judge(false) && waiting.judge(true));
        waiting.settle();
        assert!(!waiting.judge(true), "it is too late");
        let Some(Told::Exchanged(a)) = waiting.pop() else { panic!("it is told") };
        assert_eq!(a.good, Some(false), "what is wrong stays so");
        waiting.push(exchanged("b"));
        waiting.push(exchanged("c"));
        assert_eq!(waiting.pop(), Some(exchanged("b")));
        assert_eq!(waiting.pop(), None);
    }

    #[test]
    fn what_nobody_reads_is_bounded() {
        let mut waiting = Waiting::default();
        (0..MOST_WAITING + 10).for_each(|_| waiting.push(exchanged("a")));
        waiting.settle();
        assert_eq!(std::iter::from_fn(|| waiting.pop()).count(), MOST_WAITING);
    }
}

//! What a user's exchanges came to, for whoever counts them.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use holdpoint_canary::{Form, Owner};

use super::disturb::Harm;
use crate::Unanswered;

/// Something that is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Exchanged(Exchanged),
    Shown(Shown),
    Judged(Judged),
    /// The next exchange went wrong on purpose, and so.
    Harmed(Harm),
}

/// One request and what came of it; or what was sent over a socket, and what came then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchanged {
    /// What it is counted under, e.g. `GET backend /api/me`. There are at most [`MOST_ROUTES`](super::routes::MOST_ROUTES) of a load.
    pub route: Arc<str>,
    /// Of the answer, if there was one.
    pub status: Option<u16>,
    /// The status is one that whoever asks like this hopes for: below 400, or 101 where another protocol was asked for.
    pub as_expected: bool,
    /// Why there was none, or none that could be read.
    pub unanswered: Option<Unanswered>,
    /// What the user said of the answer, if it said anything. Once wrong, it stays so.
    pub good: Option<bool>,
    /// The user made it to go wrong.
    pub deliberate: bool,
    /// From before a connection was opened to the last byte of the answer; over a socket, to the last frame that the user received.
    pub duration: Duration,
    pub sent_bytes: u64,
    pub received_bytes: u64,
    /// How often the user's own canary came back.
    pub own: u64,
}

/// What a user said of its newest answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What it wanted.
    pub name: String,
    pub good: bool,
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

/// What waits to be told. The newest exchange waits for its user's judgement, and one over a socket for its answer too.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    told: VecDeque<Told>,
    newest: Option<Newest>,
}

/// The newest exchange, until its user goes on to something else.
#[derive(Debug)]
pub(super) struct Newest {
    pub(super) exchanged: Exchanged,
    /// The socket that it goes over, if it is no request.
    pub(super) over: Option<Over>,
}

/// An exchange over a socket, which lasts from what the user sends to the last that it receives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Over {
    pub(super) socket: u64,
    pub(super) answered: bool,
}

/// What may wait. A user that is read as its exchanges happen never has more than a few.
const MOST_WAITING: usize = 1_024;
/// Characters of the name of a check.
const LONGEST_NAME: usize = 100;

impl Waiting {
    /// A request was answered, or was not; or something was sent over a socket.
    pub(super) fn exchanged(&mut self, exchanged: Exchanged, over: Option<Over>) {
        self.settle();
        self.newest = Some(Newest { exchanged, over });
    }

    /// Somebody was shown something. It is told before the exchange that shows it.
    pub(super) fn shown(&mut self, shown: Shown) {
        self.push(Told::Shown(shown));
    }

    /// The next exchange went wrong on purpose.
    pub(super) fn harmed(&mut self, harm: Harm) {
        self.push(Told::Harmed(harm));
    }

    fn push(&mut self, told: Told) {
        if self.told.len() == MOST_WAITING {
            self.told.pop_front();
        }
        self.told.push_back(told);
    }

    /// The newest exchange has opened this socket, and goes on over it.
    pub(super) fn opened(&mut self, socket: u64) {
        if let Some(newest) = &mut self.newest {
            newest.over = Some(Over { socket, answered: true });
        }
    }

    /// The newest exchange, if it goes over this socket.
    pub(super) fn over(&mut self, socket: u64) -> Option<&mut Newest> {
        self.newest.as_mut().filter(|newest| newest.over.is_some_and(|over| over.socket == socket))
    }

    /// The user goes on to something else.
    pub(super) fn settle(&mut self) {
        let Some(Newest { mut exchanged, over }) = self.newest.take() else { return };
        // Whether anything had to come only the user knows.
        if over.is_some_and(|over| !over.answered) && exchanged.good == Some(false) {
            exchanged.unanswered.get_or_insert(Unanswered::Timeout);
        }
        self.push(Told::Exchanged(exchanged));
    }

    /// Judges the newest exchange's answer. Says whether there is one that has not been told yet. What is said of one that was made to go
    /// wrong is not told.
    pub(super) fn judge(&mut self, name: &str, good: bool) -> bool {
        let Some(Newest { exchanged, .. }) = &mut self.newest else { return false };
        exchanged.good = Some(good && exchanged.good != Some(false));
        if !exchanged.deliberate {
            let end = name.char_indices().nth(LONGEST_NAME).map_or(name.len(), |(end, _)| end);
            self.push(Told::Judged(Judged { name: name[..end].to_owned(), good }));
        }
        true
    }

    /// The next that can be told.
    pub(super) fn pop(&mut self) -> Option<Told> {
        self.told.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchanged(route: &str) -> Exchanged {
        Exchanged {
            route: route.into(),
            status: Some(200),
            as_expected: true,
            unanswered: None,
            good: None,
            deliberate: false,
            duration: Duration::ZERO,
            sent_bytes: 0,
            received_bytes: 0,
            own: 0,
        }
    }

    /// The next that is told, but for what the user has said.
    fn next(waiting: &mut Waiting) -> Option<Told> {
        std::iter::from_fn(|| waiting.pop()).find(|told| !matches!(told, Told::Judged(_)))
    }

    fn shown() -> Shown {
        Shown { owner: Owner { set: 0, user: 1 }, form: Form::Plain, route: "a".into(), shared: false }
    }

    #[test]
    fn the_newest_exchange_waits_for_what_its_user_says() {
        let mut waiting = Waiting::default();
        assert!(!waiting.judge("mine", true), "there is nothing to judge");
        waiting.exchanged(exchanged("a"), None);
        assert_eq!(next(&mut waiting), None);
        assert!(waiting.judge("mine", false) && waiting.judge("mine", true));
        waiting.settle();
        assert!(!waiting.judge("mine", true), "it is too late");
        let Some(Told::Exchanged(a)) = next(&mut waiting) else { panic!("it is told") };
        assert_eq!(a.good, Some(false), "what is wrong stays so");
        waiting.exchanged(exchanged("b"), None);
        waiting.exchanged(exchanged("c"), None);
        assert_eq!(next(&mut waiting), Some(Told::Exchanged(exchanged("b"))));
        assert_eq!(next(&mut waiting), None);
    }

    #[test]
    fn what_was_shown_is_told_at_once_and_before_its_exchange() {
        let mut waiting = Waiting::default();
        waiting.exchanged(exchanged("a"), Some(Over { socket: 7, answered: true }));
        waiting.shown(shown());
        assert!(waiting.judge("mine", true), "it is still the newest exchange that is judged");
        assert_eq!(next(&mut waiting), Some(Told::Shown(shown())));
        assert_eq!(next(&mut waiting), None);
        waiting.settle();
        assert!(matches!(next(&mut waiting), Some(Told::Exchanged(_))));
    }

    #[test]
    fn what_should_have_been_answered_and_was_not_is_late() {
        for (answered, good, late) in
            [(false, Some(false), true), (true, Some(false), false), (false, Some(true), false), (false, None, false)]
        {
            let mut waiting = Waiting::default();
            waiting.exchanged(exchanged("a"), Some(Over { socket: 7, answered: false }));
            assert!(waiting.over(8).is_none(), "it goes over another socket");
            if let Some(Newest { over: Some(over), .. }) = waiting.over(7) {
                over.answered = answered;
            }
            good.map(|good| waiting.judge("mine", good));
            waiting.settle();
            let Some(Told::Exchanged(told)) = next(&mut waiting) else { panic!("it is told") };
            assert_eq!(told.unanswered, late.then_some(Unanswered::Timeout));
        }
    }

    #[test]
    fn what_is_said_of_an_answer_is_told_unless_it_was_made_to_go_wrong() {
        for deliberate in [false, true] {
            let mut waiting = Waiting::default();
            waiting.exchanged(Exchanged { deliberate, ..exchanged("a") }, None);
            assert!(waiting.judge(&"é".repeat(1_000), false));
            let name = "é".repeat(LONGEST_NAME);
            let told = (!deliberate).then_some(Told::Judged(Judged { name, good: false }));
            assert_eq!(waiting.pop(), told);
        }
    }

    #[test]
    fn what_nobody_reads_is_bounded() {
        let mut waiting = Waiting::default();
        (0..MOST_WAITING + 10).for_each(|_| waiting.exchanged(exchanged("a"), None));
        waiting.settle();
        assert_eq!(std::iter::from_fn(|| next(&mut waiting)).count(), MOST_WAITING);
    }
}

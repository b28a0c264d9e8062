//! What goes over a connection of a user that speaks another protocol: searched, and told as exchanges.
//!
//! An exchange begins with what the user sends, and lasts to the last that it receives before it goes on to something else. What comes before
//! counts with the handshake, and what comes unasked later with the next one. How an answer is told from what comes anyway only the user knows; it judges the exchange as any other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use holdpoint_model::Body;
use tokio::time::Instant;

use super::{
    client::{Met, UserClient},
    disturb::{HarmedUser, Trigger},
    told::{Exchanged, Over},
};
use crate::Unanswered;

/// One socket of a user.
pub struct Talk {
    client: Arc<UserClient>,
    met: Met,
    /// Which of the user's it is.
    socket: u64,
    /// Makes what is sent go wrong, if its user is harmed.
    trigger: Option<Trigger>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When the newest exchange began.
    start: Option<Instant>,
    /// What came since the exchange before, and how often the user's own canary was in it.
    unasked: (u64, u64),
}

impl Talk {
    pub(super) fn new(client: Arc<UserClient>, met: Met, trigger: Option<Trigger>) -> Self {
        let mut state = client.state();
        let socket = state.next_socket;
        state.next_socket += 1;
        state.waiting.opened(socket);
        drop(state);
        Self { client, met, socket, trigger, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has come, all of it. It is searched now, whether the user ever asks for it or not.
    pub fn came(&self, content: &[u8]) {
        let mut scanner = self.client.scanner();
        scanner.feed(content);
        let seen = scanner.finish();
        let (mut talk, mut client) = (self.state(), self.client.state());
        let (bytes, own) = (content.len() as u64, client.shown(&self.met, &seen));
        let (all_bytes, all_own) = match client.waiting.over(self.socket) {
            Some(newest) => (&mut newest.exchanged.received_bytes, &mut newest.exchanged.own),
            None => {
                let (bytes, own) = &mut talk.unasked;
                (bytes, own)
            }
        };
        *all_bytes += bytes;
        *all_own += own;
    }

    /// The user sends something. What does not leave, because the socket has ended, can't go wrong on purpose.
    pub fn sends(&self, bytes: usize, leaves: bool) {
        let (mut talk, mut client) = (self.state(), self.client.state());
        talk.start = Some(Instant::now());
        // It counts among the user's requests.
        if let Some(trigger) = self.trigger.as_ref().filter(|_| leaves)
            && let Some(harming) = client.harmed.as_mut().and_then(HarmedUser::next)
        {
            trigger.arm(harming);
            client.waiting.settle();
            client.waiting.harmed(harming.harm);
        }
        let (received_bytes, own) = std::mem::take(&mut talk.unasked);
        let exchanged = Exchanged {
            route: self.met.route.clone(),
            status: None,
            as_expected: true,
            unanswered: None,
            good: None,
            deliberate: client.is_deliberate(),
            duration: std::time::Duration::ZERO,
            sent_bytes: bytes as u64,
            received_bytes,
            own,
        };
        client.waiting.exchanged(exchanged, Some(Over { socket: self.socket, answered: false }));
    }

    /// The user receives something that came at a time.
    pub fn receives(&self, at: Instant) {
        let start = self.state().start;
        if let (Some(start), Some(newest)) = (start, self.client.state().waiting.over(self.socket)) {
            newest.exchanged.duration = newest.exchanged.duration.max(at.saturating_duration_since(start));
            newest.over = Some(Over { socket: self.socket, answered: true });
        }
    }

    /// What the user has sent comes to nothing, as it learns now; or what it has opened is no socket.
    pub fn breaks(&self, why: Unanswered) {
        let start = self.state().start;
        if let Some(newest) = self.client.state().waiting.over(self.socket) {
            newest.exchanged.duration = start.map_or(newest.exchanged.duration, |start| start.elapsed());
            newest.exchanged.unanswered.get_or_insert(why);
        }
    }

    /// What came, without the user's credentials.
    pub fn scrubbed(&self, content: Body) -> Body {
        self.client.state().credentials.scrubbed(content.bytes()).map_or(content, Into::into)
    }
}

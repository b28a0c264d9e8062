//! One user: its instance, kept from one iteration to the next.

use std::{sync::Arc, time::Duration};

use holdpoint_canary::Form;
use holdpoint_cap_http::user::{Exchanged, Judged, Shown, Told, UserClient};
use holdpoint_cap_load::{Exchange, Failure, Leak, Observer, User, UserError};
use holdpoint_gate::Halt;
use holdpoint_model::grant::format_duration;
use wasmtime::{Store, Trap};

use super::{bindings, state::UserState, users::Common};
use crate::{limits, phase::bounded};

/// What of the module is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Start,
    Iterate,
    Stop,
}

impl Entry {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "its start",
            Self::Iterate => "an iteration",
            Self::Stop => "its farewell",
        }
    }
}

/// A virtual user. Dropping it ends its instance and its connections at once.
pub struct VirtualUser {
    store: Store<UserState>,
    exports: bindings::VirtualUser,
    client: Arc<UserClient>,
    users: Arc<Common>,
    number: u32,
    started: bool,
    /// A store whose call was cut off can't be used again.
    ended: bool,
}

impl VirtualUser {
    pub(super) fn new(
        store: Store<UserState>,
        exports: bindings::VirtualUser,
        client: Arc<UserClient>,
        users: Arc<Common>,
        number: u32,
    ) -> Self {
        Self { store, exports, client, users, number, started: false, ended: false }
    }

    /// Calls the module, and tells what happens while it runs.
    async fn call(&mut self, entry: Entry, limit: Duration, observer: &dyn Observer) -> Result<(), UserError> {
        if self.ended {
            return Err(UserError::Ended("it has ended before".into()));
        }
        let state = self.store.data_mut();
        state.guest.begin();
        state.compute.begin();
        let (client, users, number) = (&self.client, &self.users, self.number);
        let tell = || client.drain(|told| tell(observer, users, number, told));
        let (aside, exports, config) = (self.store.data().aside.clone(), &self.exports, &users.config.config);
        let store = &mut self.store;
        let calling = async {
            match entry {
                Entry::Start => exports.call_start(store, config).await,
                Entry::Iterate => exports.call_iterate(store).await,
                Entry::Stop => exports.call_stop(store).await.map(Ok),
            }
        };
        let called = tokio::time::timeout(limit, aside.drive(calling, tell)).await;
        client.settle();
        tell();
        let why = match called {
            Ok(Ok(Ok(()))) => return Ok(()),
            Ok(Ok(Err(refused))) => format!("{} said: {refused}", entry.name()),
            Ok(Err(error)) => self.trapped(&error),
            Err(_) => format!("{} was still running after {}", entry.name(), format_duration(limit)),
        };
        self.ended = true;
        Err(UserError::Ended(self.told(why)))
    }

    fn trapped(&self, error: &wasmtime::Error) -> String {
        if let Some(Halt::Flood(reason)) = error.downcast_ref::<Halt>() {
            return reason.clone();
        }
        let reason = error.downcast_ref::<Trap>().map_or_else(|| format!("{:#}", error.root_cause()), Trap::to_string);
        match limits::reached(&reason).as_deref().or(self.store.data().limits.refused()) {
            Some(reached) => format!("{reached}; {reason}"),
            None => reason,
        }
    }

    /// Why it ended, with what it said last, and without secrets.
    fn told(&self, mut why: String) -> String {
        let state = self.store.data();
        if let Some(note) = &state.note {
            why = format!("{why}; it said last: {note}");
        }
        state.guest.scrub(&mut why);
        bounded(why)
    }
}

impl User for VirtualUser {
    fn is_harmed(&self) -> bool {
        self.client.is_harmed()
    }

    async fn iterate(&mut self, _iteration: u64, observer: &dyn Observer) -> Result<(), UserError> {
        let limit = self.users.config.limits.iteration;
        if !self.started {
            self.started = true;
            self.call(Entry::Start, limit, observer).await?;
        }
        self.call(Entry::Iterate, limit, observer).await
    }

    async fn close(mut self, observer: &dyn Observer) -> Result<(), UserError> {
        if self.ended || !self.started {
            return Ok(());
        }
        let limit = self.users.config.limits.farewell;
        self.call(Entry::Stop, limit, observer).await
    }
}

fn tell(observer: &dyn Observer, users: &Common, user: u32, told: Told) {
    match told {
        Told::Harmed(harm) => observer.harmed(harm),
        Told::Shown(Shown { shared: true, route, .. }) => observer.shared(&route),
        Told::Shown(Shown { owner, form, route, .. }) => {
            observer.leak(Leak {
                owner: owner.user,
                owner_load: users.load_of(owner),
                shown_to: user,
                route: route.to_string(),
                form: written(form).to_owned(),
            });
        }
        Told::Judged(Judged { name, good }) => observer.check(&name, good),
        Told::Exchanged(exchanged) => {
            if exchanged.own > 0 {
                observer.own(user, exchanged.own);
            }
            observer.exchange(Exchange {
                user,
                route: &exchanged.route,
                status: exchanged.status,
                failure: failure(&exchanged),
                duration: exchanged.duration,
                sent_bytes: exchanged.sent_bytes,
                received_bytes: exchanged.received_bytes,
                deliberate: exchanged.deliberate,
            });
        }
    }
}

/// The user's own word counts more than the status: a 404 may be what it wanted to see. What it finds wrong is the content, unless the
/// status says it too.
fn failure(exchanged: &Exchanged) -> Option<Failure> {
    let Exchanged { unanswered, good, as_expected, .. } = exchanged;
    match (unanswered, good) {
        (Some(unanswered), _) => Some((*unanswered).into()),
        (None, Some(true)) => None,
        (None, _) if !as_expected => Some(Failure::Status),
        (None, Some(false)) => Some(Failure::Content),
        (None, None) => None,
    }
}

fn written(form: Form) -> &'static str {
    match form {
        Form::Plain => "plain",
        Form::CaseChanged => "case-changed",
        Form::Escaped => "escaped",
        Form::Base64 => "base64",
    }
}

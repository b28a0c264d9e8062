//! One socket and what goes over it.

use holdpoint::prelude::*;
use holdpoint::{CookieJar, Event, NoLogin, Socket, Time};

use crate::beat::{Heard, filled, unasked};
use crate::config::Config;

/// Opens sockets, each for the same account.
pub(crate) struct Opener<'a> {
    cx: &'a Context,
    config: &'a Config,
    service: Service,
    jar: CookieJar,
}

/// Why a socket is not open.
pub(crate) enum Closed {
    Call(CallError),
    /// The handshake was answered otherwise; the calls show it.
    Declined(String, Vec<u32>),
}

/// A socket that is open.
pub(crate) struct Line<'a> {
    cx: &'a Context,
    config: &'a Config,
    socket: Socket,
    pub(crate) opened: Time,
}

/// What came of a ping and a message.
#[derive(Debug)]
pub(crate) struct Beat {
    pub(crate) is_ponged: bool,
    pub(crate) heard: Heard,
    /// Events that came, though nothing was asked that they answer.
    pub(crate) unasked: u32,
    pub(crate) calls: Vec<u32>,
}

/// How a step went: on, or to the end of the socket.
pub(crate) enum Step<T> {
    Done(T),
    Ended(End),
}

/// Why a socket is gone, and the calls that show it.
pub(crate) struct End {
    pub(crate) why: String,
    pub(crate) calls: Vec<u32>,
}

impl<'a> Opener<'a> {
    pub(crate) fn new(cx: &'a Context, config: &'a Config, service: Service) -> Result<Self, NoLogin> {
        let jar = match &config.login {
            Some(login) => login.enter(cx)?.0,
            None => CookieJar::new(),
        };
        Ok(Self { cx, config, service, jar })
    }

    pub(crate) fn open(&self) -> Result<Line<'a>, Closed> {
        let opening = self.service.socket(&self.config.path).cookies(&self.jar);
        let opening = self.config.subprotocols.iter().fold(opening, |opening, name| opening.subprotocol(name));
        let handshake = self.cx.websocket().open(&opening).map_err(Closed::Call)?;
        match handshake.socket() {
            Some(socket) => Ok(Line { cx: self.cx, config: self.config, socket, opened: self.cx.now() }),
            None => Err(Closed::Declined(format!("the handshake answers {}", handshake.status()), handshake.calls())),
        }
    }
}

impl Closed {
    pub(crate) fn conclude(&self, check: Check<'_>) {
        match self {
            Self::Call(error) => check.from_error(error),
            Self::Declined(seen, calls) => check.fail(expected("101"), observed(seen), calls.clone()),
        }
    }

    /// What is no end of a socket but one of what was tried: nobody knows then.
    pub(crate) fn fatal(self) -> Result<String, CallError> {
        match self {
            Self::Call(error) => ended_by(error).map(|end| end.why),
            Self::Declined(seen, _) => Ok(seen),
        }
    }
}

impl Beat {
    fn new(config: &Config, number: u32) -> Self {
        Self { is_ponged: false, heard: Heard::new(config, number), unasked: 0, calls: Vec::new() }
    }
}

impl Line<'_> {
    /// Sends a ping and a message, and waits for what answers them.
    pub(crate) fn beat(&self, number: u32) -> Result<Step<Beat>, CallError> {
        let mut beat = Beat::new(self.config, number);
        let mut end = self.drain(&mut beat)?;
        if end.is_none() {
            end = self.ping(&mut beat)?;
        }
        if end.is_none() {
            end = self.say(number, &mut beat)?;
        }
        Ok(end.map_or(Step::Done(beat), Step::Ended))
    }

    /// Sends a message alone and waits for its events: for a socket that had no heartbeat.
    pub(crate) fn is_answered(&self, number: u32) -> Result<Step<bool>, CallError> {
        let mut beat = Beat::new(self.config, number);
        let mut end = self.drain(&mut beat)?;
        if end.is_none() {
            end = self.say(number, &mut beat)?;
        }
        Ok(end.map_or(Step::Done(beat.heard.is_whole()), Step::Ended))
    }

    /// Waits until it is time for the next beat, which is counted from when this one began, and counts what comes meanwhile and was not asked for.
    pub(crate) fn rest(&self, began: Time, count: &mut u32) -> Result<Option<End>, CallError> {
        loop {
            let left = self.config.heartbeat.0.saturating_sub(self.cx.now().since(began).0);
            if left == 0 {
                return Ok(None);
            }
            match self.receive(Millis(left))? {
                Step::Ended(end) => return Ok(Some(end)),
                Step::Done(event) => *count = count.saturating_add(unasked(self.config, &event)),
            }
        }
    }

    /// Says goodbye. Whether it is answered says nothing here.
    pub(crate) fn leave(self) {
        if let Err(error) = self.socket.close(1000, "") {
            self.cx.log(Level::Debug, format!("a socket was not closed: {error}"));
        }
    }

    /// Takes what came meanwhile; gives the end, if that is among it.
    fn drain(&self, beat: &mut Beat) -> Result<Option<End>, CallError> {
        loop {
            match self.receive(Millis(0))? {
                Step::Ended(end) => return Ok(Some(end)),
                Step::Done(Event::Nothing) => return Ok(None),
                // A pong that is late was missed when it was waited for.
                Step::Done(event) => self.count(&event, beat),
            }
        }
    }

    fn ping(&self, beat: &mut Beat) -> Result<Option<End>, CallError> {
        match self.socket.ping() {
            Ok(sent) => beat.calls.extend(sent.calls()),
            Err(error) => return ended_by(error).map(Some),
        }
        let start = self.cx.now();
        while let Some(wait) = self.left(start).filter(|_| !beat.is_ponged) {
            match self.receive(wait)? {
                Step::Ended(end) => return Ok(Some(end)),
                Step::Done(Event::Pong(_)) => beat.is_ponged = true,
                Step::Done(Event::Nothing) => break,
                Step::Done(event) => self.count(&event, beat),
            }
        }
        Ok(None)
    }

    fn say(&self, number: u32, beat: &mut Beat) -> Result<Option<End>, CallError> {
        match self.socket.send(filled(&self.config.message, number).to_string()) {
            Ok(sent) => beat.calls.extend(sent.calls()),
            Err(error) => return ended_by(error).map(Some),
        }
        let start = self.cx.now();
        while let Some(wait) = self.left(start).filter(|_| !beat.heard.is_whole()) {
            match self.receive(wait)? {
                Step::Ended(end) => return Ok(Some(end)),
                Step::Done(Event::Text(text)) => beat.heard.take(self.config, &text),
                Step::Done(Event::Nothing) => break,
                Step::Done(event) => self.count(&event, beat),
            }
        }
        Ok(None)
    }

    fn count(&self, event: &Event, beat: &mut Beat) {
        beat.unasked = beat.unasked.saturating_add(unasked(self.config, event));
    }

    fn receive(&self, wait: Millis) -> Result<Step<Event>, CallError> {
        let told = match self.socket.receive(wait) {
            Ok(told) => told,
            Err(error) => return ended_by(error).map(Step::Ended),
        };
        let calls = told.calls();
        Ok(match told.into_inner() {
            Event::Closed(end) => {
                let how = if end.clean { "the server closed it" } else { "it broke off" };
                let why = format!("{how}, {} {}", end.code, end.reason).trim_end().to_owned();
                Step::Ended(End { why, calls })
            }
            event => Step::Done(event),
        })
    }

    /// What is left of the time for an answer.
    fn left(&self, start: Time) -> Option<Millis> {
        let left = self.config.within.0.saturating_sub(self.cx.now().since(start).0);
        (left > 0).then_some(Millis(left))
    }
}

/// A failure of a call over a socket is its end. A denial, a bound or an interruption says nothing of it.
fn ended_by(error: CallError) -> Result<End, CallError> {
    match error.cause() {
        Cause::Failed(_) | Cause::Timeout(_) => Ok(End { why: error.to_string(), calls: error.calls() }),
        Cause::Denied(_) | Cause::InDoubt(_) | Cause::Interrupted(_) | Cause::Exhausted(_) => Err(error),
    }
}

//! What a script does at the other end of a socket.

use std::collections::VecDeque;

use super::answer::denial;
use crate::{Cause, Counters, Ending, Event, Frame, Handshake, Millis, Opening, Timings};

/// A server in a script: how it answers an opening, and what it does then, step by step.
#[derive(Clone, Debug)]
pub struct ScriptedSocket {
    outcome: Result<u16, Cause>,
    subprotocol: Option<String>,
    steps: VecDeque<Step>,
    pongs: bool,
}

#[derive(Clone, Debug)]
enum Step {
    /// It waits for this frame; any other is a mistake of the phase or of the script.
    Hears(Frame),
    Does(Millis, Event),
}

/// It opens.
pub fn opens() -> ScriptedSocket {
    ScriptedSocket { outcome: Ok(101), subprotocol: None, steps: VecDeque::new(), pongs: true }
}

/// It answers another status, and nothing is open.
pub fn declines(status: u16) -> ScriptedSocket {
    ScriptedSocket { outcome: Ok(status), ..opens() }
}

/// No grant covers it.
pub fn denied_socket() -> ScriptedSocket {
    ScriptedSocket { outcome: Err(Cause::Denied(denial("websocket"))), ..opens() }
}

/// Nothing listens there.
pub fn unreachable_socket() -> ScriptedSocket {
    ScriptedSocket { outcome: Err(Cause::Failed("connection refused".to_owned())), ..opens() }
}

impl ScriptedSocket {
    /// Chooses a subprotocol, if it is offered.
    #[must_use]
    pub fn subprotocol(mut self, name: &str) -> Self {
        self.subprotocol = Some(name.to_owned());
        self
    }

    /// Waits for a frame before it does what comes next.
    #[must_use]
    pub fn hears(mut self, frame: impl Into<Frame>) -> Self {
        self.steps.push_back(Step::Hears(frame.into()));
        self
    }

    /// Sends a frame at once.
    #[must_use]
    pub fn says(self, frame: impl Into<Frame>) -> Self {
        self.says_after(Millis(0), frame)
    }

    /// Sends a frame after a while.
    #[must_use]
    pub fn says_after(self, pause: Millis, frame: impl Into<Frame>) -> Self {
        let event = match frame.into() {
            Frame::Text(text) => Event::Text(text),
            Frame::Binary(bytes) => Event::Binary(bytes),
        };
        self.does(pause, event)
    }

    /// Sends a close frame.
    #[must_use]
    pub fn closes(self, code: u16, reason: &str) -> Self {
        self.does(Millis(0), Event::Closed(Ending { code, reason: reason.to_owned(), clean: true }))
    }

    /// Breaks the connection off.
    #[must_use]
    pub fn breaks_off(self) -> Self {
        let reason = "the connection broke off".to_owned();
        self.does(Millis(0), Event::Closed(Ending { code: 1006, reason, clean: false }))
    }

    /// Answers no ping.
    #[must_use]
    pub fn without_pongs(mut self) -> Self {
        self.pongs = false;
        self
    }

    fn does(mut self, pause: Millis, event: Event) -> Self {
        self.steps.push_back(Step::Does(pause, event));
        self
    }

    pub(super) fn play(&self, opening: &Opening, call: u32) -> Result<(Handshake, Option<Live>), Cause> {
        let status = self.outcome.clone()?;
        let handshake = Handshake {
            call,
            status,
            headers: Vec::new(),
            subprotocol: self.subprotocol.clone().filter(|name| opening.subprotocols.contains(name)),
            timings: Timings::default(),
            tls: None,
            peer: "127.0.0.1:443".to_owned(),
        };
        let live = Live { server: self.clone(), counters: Counters::default(), pongs: 0 };
        Ok((handshake, (status == 101).then_some(live)))
    }
}

/// A socket of a script that is open.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    server: ScriptedSocket,
    counters: Counters,
    /// Pongs that were not received yet.
    pongs: u32,
}

impl Live {
    /// The phase sends a frame.
    pub(super) fn hear(&mut self, frame: &Frame) {
        let steps = &mut self.server.steps;
        let Some(at) = steps.iter().position(|step| matches!(step, Step::Hears(_))) else {
            panic!("the phase sent {frame:?}, and the script hears no more frames");
        };
        match steps.remove(at) {
            Some(Step::Hears(expected)) if expected == *frame => {}
            step => panic!("the phase sent {frame:?}, and the script has {step:?}"),
        }
        self.counters.frames_sent += 1;
        self.counters.bytes_sent += size(frame);
    }

    /// What the phase receives, and how long that takes.
    pub(super) fn say(&mut self, wait: Millis) -> (Millis, Event) {
        if self.pongs > 0 {
            self.pongs -= 1;
            self.counters.pongs_received += 1;
            return (Millis(0), Event::Pong(1.0));
        }
        match self.server.steps.front_mut() {
            Some(Step::Does(pause, event)) if *pause <= wait => {
                let told = (*pause, event.clone());
                self.server.steps.pop_front();
                let bytes = match &told.1 {
                    Event::Text(text) => Some(text.len()),
                    Event::Binary(bytes) => Some(bytes.len()),
                    _ => None,
                };
                if let Some(bytes) = bytes {
                    self.counters.frames_received += 1;
                    self.counters.bytes_received += u32::try_from(bytes).map_or(f64::MAX, f64::from);
                }
                told
            }
            Some(Step::Does(pause, _)) => {
                pause.0 -= wait.0;
                (wait, Event::Nothing)
            }
            Some(Step::Hears(_)) | None => (wait, Event::Nothing),
        }
    }

    pub(super) fn ping(&mut self) {
        self.counters.pings_sent += 1;
        self.pongs += u32::from(self.server.pongs);
    }

    /// The server answers with the same code.
    pub(super) fn close(&mut self, code: u16, reason: &str) -> Ending {
        Ending { code, reason: reason.to_owned(), clean: true }
    }

    pub(super) fn counters(&self) -> Counters {
        self.counters
    }
}

fn size(frame: &Frame) -> f64 {
    let bytes = match frame {
        Frame::Text(text) => text.len(),
        Frame::Binary(bytes) => bytes.len(),
    };
    u32::try_from(bytes).map_or(f64::MAX, f64::from)
}

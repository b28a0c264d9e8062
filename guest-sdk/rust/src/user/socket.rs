//! Sockets of a user. A frame that is sent is an exchange, which lasts to the last frame that is received before the user goes on to
//! something else, and is judged as any other.

use crate::{CallError, Cause, Counters, Ending, Event, Frame, Handshake, Millis, host};

/// A socket that a user has opened with [`Me::open`](super::Me::open). It ends with the user.
#[derive(Debug, PartialEq, Eq)]
pub struct UserSocket {
    id: u32,
}

impl UserSocket {
    pub(super) fn of(handshake: &Handshake) -> Option<Self> {
        (handshake.status == 101).then_some(Self { id: handshake.call })
    }

    /// Sends a frame. It was handed to the network then; whether it was read is not known.
    pub fn send(&self, frame: impl Into<Frame>) -> Result<(), CallError> {
        host::send_frame(self.id, &frame.into()).map_err(failed)
    }

    /// What came next, waiting for it so long at most, and a minute at most.
    pub fn receive(&self, wait: Millis) -> Result<Event, CallError> {
        host::receive(self.id, wait.min(Millis(50_000))).map(|(event, _)| event).map_err(failed)
    }

    /// Sends a ping, whose answer is an event.
    pub fn ping(&self) -> Result<(), CallError> {
        host::ping(self.id).map_err(failed)
    }

    /// What has gone over it so far.
    pub fn count(&self) -> Result<Counters, CallError> {
        host::count(self.id).map_err(failed)
    }

    /// Closes it, and gives how it ended.
    pub fn close(self, code: u16, reason: &str) -> Result<Ending, CallError> {
        host::close_socket(self.id, code, reason).map_err(failed)
    }
}

fn failed(cause: Cause) -> CallError {
    CallError::new(cause, 0)
}

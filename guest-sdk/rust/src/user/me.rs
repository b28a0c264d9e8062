//! The one value through which a user knows who it is and reaches the world.

use super::UserSocket;
use crate::http::Answer;
use crate::{CallError, Handshake, Millis, Opening, Request, Service, Time, host};

/// The user itself.
#[derive(Debug)]
pub struct Me {
    number: u32,
    canary: String,
}

impl Me {
    pub(super) fn new() -> Self {
        Self { number: host::user_number(), canary: host::user_canary() }
    }

    /// Its number, counted from 0 over the whole load.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// 32 lowercase letters and digits that no other user has. Whatever the user writes should carry it.
    pub fn canary(&self) -> &str {
        &self.canary
    }

    /// The placeholder of its identity's token, for places where the host does not put it in by itself. None without an identity.
    pub fn identity(&self) -> Option<String> {
        host::user_identity()
    }

    /// A service of the bundle. Whether the user may ask it is decided when it does.
    pub fn service(&self, name: &str) -> Service {
        Service::new(name.to_owned())
    }

    /// Sends a request. The token of its identity and its cookies go with it; redirects are not followed, and nothing is sent twice.
    pub fn send(&self, request: Request) -> Answer {
        host::send(&request).map_err(|cause| CallError::new(cause, 0))
    }

    /// Opens a socket, with the token of its identity and its cookies: `me.open(&backend.socket("/ws/chat").subprotocol("chat.v1"))`.
    pub fn open(&self, opening: &Opening) -> Result<Handshake, CallError> {
        host::open_socket(opening).map_err(|cause| CallError::new(cause, 0))
    }

    /// The socket of a handshake, if it is open.
    pub fn socket(&self, handshake: &Handshake) -> Option<UserSocket> {
        UserSocket::of(handshake)
    }

    /// Judges the newest answer, or what came over a socket since the newest frame was sent, before anything else is asked: one that was found wrong counts as failed, one that was found good does not,
    /// whatever its status.
    pub fn check(&self, name: &str, good: bool) {
        host::user_check(name, good);
    }

    /// The next request, or frame, is made to go wrong. It counts neither as good nor as failed.
    pub fn deliberate(&self) {
        host::user_deliberate();
    }

    /// A random number below a bound, which is at least 1.
    pub fn random(&self, below: u32) -> u32 {
        let wide = u64::from(host::user_random()) * u64::from(below.max(1));
        (wide >> 32) as u32
    }

    /// The time of the machine.
    pub fn now(&self) -> Time {
        Time(host::now())
    }

    /// Waits, as somebody does who reads.
    pub fn sleep(&self, duration: Millis) -> Result<(), CallError> {
        host::sleep(duration).map_err(|cause| CallError::new(cause, 0))
    }

    /// A line for whoever asks why the user has ended. Only the last one is kept.
    pub fn note(&self, text: &str) {
        host::user_note(text);
    }
}

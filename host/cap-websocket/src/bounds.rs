//! How much one guest may have open and waiting.

/// The bounds of a guest's sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// Who has them, in the text of a refusal.
    pub(crate) who: &'static str,
    /// Sockets at once, with those that have ended and whose end was not received.
    pub(crate) sockets: usize,
    /// Frames of one socket that wait to be received.
    pub(crate) frames: u32,
    /// Their bytes.
    pub(crate) bytes: usize,
    /// Bytes that are read at once.
    pub(crate) at_once: usize,
}

impl Bounds {
    /// Of phases, of which there are a few.
    pub(crate) const PHASE: Self =
        Self { who: "the phase", sockets: 16, frames: 256, bytes: 2 << 20, at_once: 64 << 10 };
    /// Of virtual users, of which there are thousands.
    pub(crate) const USER: Self = Self { who: "the user", sockets: 4, frames: 64, bytes: 1 << 20, at_once: 4 << 10 };
}

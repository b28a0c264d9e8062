//! Virtual users against servers on loopback: what they exchange, what they are shown, and how those end that mean harm.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod disturbed;
mod double;
mod driver;
mod echo;
mod harmed_frames;
mod hostile;
mod identities;
mod leaks;
mod scene;
mod sockets;

//! Questions through a gate, to servers that answer well and badly.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod phase;
mod server;

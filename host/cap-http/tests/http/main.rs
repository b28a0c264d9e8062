//! The HTTP backend behind the gate, against servers on loopback.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod broken;
mod phase;
mod plain;
mod secrets;
mod server;
mod settle;
mod tls;

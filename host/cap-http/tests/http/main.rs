//! The HTTP backend behind the gate, against servers on loopback.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_tls;
mod bounds;
mod broken;
mod hops;
mod hostile_bodies;
mod hostile_heads;
mod id_tokens;
mod names;
mod old_tls;
mod phase;
mod plain;
mod raw;
mod repeated;
mod secrets;
mod server;
mod settle;
mod slow;
mod tls;
mod tls_stub;

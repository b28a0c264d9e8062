//! Calls through a gate, to stores that nobody here has written, and to what is none.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clickhouse;
mod doubt;
mod nothing;
mod phase;
mod postgresql;
mod redis;

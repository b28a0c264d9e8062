//! Real programs, started through the gate: what they get, how they end, and what they can't reach.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "what the tests of this crate share is outside of test functions"
)]

mod confined;
mod ends;
mod phase;
mod resumed;
mod running;

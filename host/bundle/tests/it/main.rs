//! From texts to what may run: bundles, and what operators allow them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bundles;
mod loads;
mod notify;
mod operators;
mod plans;
mod policies;
mod questions;
mod schemas;
mod sockets;
mod stages;
mod stores;
mod support;
mod tools;
mod users;

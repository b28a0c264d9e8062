//! The engine: runs guests on wasmtime, each in a store of its own, with nothing linked but the gate.
//!
//! Only this crate knows wasmtime. It judges nothing and records nothing; it turns what a guest asks into calls of the
//! [gate](holdpoint_gate), and how a guest ends into a [`PhaseEnd`](holdpoint_model::PhaseEnd).
//!
//! `state.rs` and `linker.rs` are the only files that list all capabilities together.

mod bindings;
mod cache;
mod engine;
mod host;
mod limits;
mod linker;
mod phase;
pub mod policy;
mod state;
pub mod user;
mod wasi;

pub use cache::Cache;
pub use engine::{EngineError, PhaseEngine};
pub use phase::{Fault, PhaseModule};
pub use state::{Backends, Setup};

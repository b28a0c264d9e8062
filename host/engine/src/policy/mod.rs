//! Policies: judges of evidence that can do nothing else.
//!
//! They run on an engine of their own, which counts fuel and has no clock: the same evidence, configuration and state give the same findings
//! and take the same fuel, on every machine. Nothing is linked but `evidence`. A policy that imports anything else, WASI included, is refused
//! before it has run; one that computes, allocates, asks or says more than it may is ended, and the error names the bound.
//!
//! Each evaluation has an instance of its own. What a policy remembers is the state that it returns.

mod bindings;
mod engine;
mod error;
mod evidence;
mod imports;
mod limits;
mod module;
mod taken;

pub use engine::PolicyEngine;
pub use error::PolicyError;
pub use imports::forbidden;
pub use limits::PolicyLimits;
pub use module::{Evaluated, PolicyModule};

//! Real programs, with bounds and without, with namespaces and without: what they get, and that nothing of them is left.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ends;
mod free;
mod given;
mod gone;
mod machine;

//! Policies against the engine: what they may import, what they may take, and that they judge the same twice.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod imports;
mod same;
mod scene;

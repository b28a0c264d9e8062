//! What is written, given to the tools that it is for.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod promtool;

//! The backend with a program that stands for gcloud: what it is given, and what becomes of what it does. The real one is driven
//! by the tests in `tests/e2e`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod commands;
mod identity;
mod machine;
mod settled;

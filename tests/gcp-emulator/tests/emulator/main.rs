//! The emulator from outside: the real gcloud, and small clients of its own where gcloud would try for half a minute.
//! Where gcloud is not installed its tests are left out, and say so; with `CI=true` they fail.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod binary;
mod client;
mod clouds;
mod deploy;
mod faults;
mod front;
mod gcloud;
mod login;
mod others;
mod protocol;
mod services;

//! Waiting, and the time of day.
//!
//! A guest's clock stands still while the guest computes, so `now` is no call. A wait is one: it is recorded with the moment at which
//! it ends, and after an interruption of the host only what remains is waited for.
//!
//! ```
//! use holdpoint_cap_clock::{Clock, Sleep};
//! use holdpoint_gate::Capability as _;
//!
//! let wait = Sleep { from: 1_000.0, until: 3_500.0 };
//! assert_eq!(Clock::summary(&wait), "sleep 2500 ms");
//! ```
//!
//! This crate owns the machine's time of day: [`SystemClock`] is the only place that asks for it. A run lives by a [`RunClock`], which in a
//! rehearsal is many times as fast while everybody sleeps. Waits that are longer than the phase may run are refused.

mod backend;
mod capability;
mod pace;
mod run_clock;
mod system;
#[cfg(test)]
mod tests;

pub use backend::SleepBackend;
pub use capability::{Clock, Sleep};
pub use run_clock::{Awake, RunClock};
pub use system::SystemClock;

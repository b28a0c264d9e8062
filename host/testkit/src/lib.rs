//! What tests of the host share: a clock that is told the time, and a capability whose backend does as it is told.
//!
//! Nothing that ships depends on this crate.

mod clock;
mod echo;
mod forgetful;

pub use clock::SimulatedClock;
pub use echo::{Ask, Echo, EchoBackend, EchoGrants, Mood, Said};
pub use forgetful::Forgetful;

//! What tests of the host share: a clock that is told the time, a capability whose backend does as it is told, and a look at the
//! processes of the machine. And real servers, which know nothing of Holdpoint: stores of data, and a system that stands on one.
//!
//! Nothing that ships depends on this crate.

mod clock;
mod echo;
mod forgetful;
mod kinto;
mod processes;
mod stores;

pub use clock::SimulatedClock;
pub use echo::{Ask, Echo, EchoBackend, EchoGrants, Mood, Said};
pub use forgetful::Forgetful;
pub use kinto::Kinto;
pub use processes::{alive, marker, until_alive};
pub use stores::{Clickhouse, Condition, Detour, Postgresql, Redis};

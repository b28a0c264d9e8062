//! The gate: the one narrow place through which a guest reaches the world.
//!
//! A call of a guest becomes an answer in this order: from the journal if it is there → grant → class → budget → record → act →
//! scrub → record. The gate decides ([`Guest::call`]), a [`Recorder`] remembers, a [`Backend`] acts.
//!
//! A backend acts only on a [`Permit`], a permit owns the request that was granted and recorded, and only this crate makes one. So
//! code that goes around the gate does not compile:
//!
//! ```compile_fail
//! # use holdpoint_gate::{Capability, Permit};
//! fn forge<C: Capability>(request: C::Request) -> Permit<C> {
//!     Permit { request } // private fields
//! }
//! ```
//!
//! Virtual users call in numbers that no journal takes. They come through the same gate, [unrecorded](Unrecorded).
//!
//! The gate knows no capability, no database and no WebAssembly. It does no IO of its own.

mod budget;
mod capability;
mod clock;
mod entry;
mod guest;
mod message;
mod permit;
mod recorder;
mod request;
mod restore;
mod room;
mod scrub;
mod unrecorded;
mod virtual_time;

pub use budget::{BATCH_BYTES, Budget, Limits};
pub use capability::{Backend, BackendError, Capability, Handle, Settlement};
pub use clock::Clock;
pub use guest::{Gate, Guest, Rules};
pub use message::{Encoded, EncodedAnswer, Message, MessageError};
pub use permit::{Doubt, Opened, Permit};
pub use recorder::{Act, Acted, Admission, Boxed, Divergence, Entry, Halt, Performed, Recorder, StatementEntry};
pub use room::{NoRoom, Room};
pub use scrub::{Destination, Replacement, Scrubbed, Scrubber, Unrevealed, Unscrubbed, Vault};
pub use unrecorded::Unrecorded;

//! What a double under load counts and gets wrong: traffic by route, and faults that strike one answer in so many.
//! Bounded whatever the load; an answer takes a few atomic steps and one short lock.

mod crossing;
mod damage;
mod strikes;
mod traffic;

pub use crossing::{Crossing, Leak, LeakForm};
pub(crate) use crossing::{Crossings, Own};
pub(crate) use damage::damaged;
pub use damage::{Ageing, ChatFault, Struck};
pub(crate) use strikes::{Every, Strikes};
pub use traffic::Served;
pub(crate) use traffic::{Route, Traffic};

//! Faults on purpose: some users of a load misbehave, and their connections are disturbed, by a plan that a seed gives.
//!
//! What happens to which request of which user is decided by a [pure function](Disturbance::harm) of the seed and their numbers. It is done where
//! the user's bytes leave and come, by a stream around the connection. A harmed request has a connection of its own, so that nothing of it stays
//! behind for the next one.

mod harm;
mod harmed;
mod stream;

pub(crate) use harm::Harming;
pub use harm::{Disturbance, Harm};
pub(super) use harmed::HarmedUser;
pub(crate) use stream::{Disturbed, Resettable, Trigger};

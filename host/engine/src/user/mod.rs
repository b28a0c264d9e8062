//! Virtual users: thousands of instances of one module, each with a store, a client, a number and a canary of its own.
//!
//! They run on an engine of their own, whose pool has room for as many as a load was granted: one memory and few tables a user, where a
//! phase may have more. A user is kept from iteration to iteration. Nothing that it does is recorded; its calls go through the gate
//! [unrecorded](holdpoint_gate::Unrecorded), and what its exchanges come to is told to an [`Observer`](holdpoint_cap_load::Observer).
//!
//! A user that computes, allocates, calls or waits beyond its bounds ends. Others share nothing with it but the processors, of which it
//! had no more than its bound.

mod aside;
mod bindings;
mod compute;
mod engine;
mod host;
mod limits;
mod random;
mod state;
mod users;
mod virtual_user;

pub use engine::{UserEngine, UserModule};
pub use limits::UserLimits;
pub(crate) use state::UserState;
pub use users::{UsersConfig, VirtualUsers};
pub use virtual_user::VirtualUser;

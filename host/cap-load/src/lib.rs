//! Load: users who do the same over and over, at a pace that a plan gives.
//!
//! What a user does is not known here: a request that is repeated, or a module of its own instance. [`Users`] makes them, [`User`] is one.

mod user;

pub use user::{Exchange, Failure, Leak, Observer, User, UserError, Users};

//! What the backend keeps for each user: agents, states, a counter, files, and how often each may ask. Bounded in users, in things of a user and in
//! bytes of all. Knows no routes.

mod budget;
mod limits;
mod pots;
mod shelf;
mod users;

pub(crate) use limits::Limits;
pub(crate) use pots::{Pot, Pots};
pub(crate) use shelf::{Agent, File, MOST_AGENTS, MOST_FILES, MOST_STATES, Shelf};
pub(crate) use users::{Full, Users};

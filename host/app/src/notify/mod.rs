//! Telling people outside of a run what happens in it, by webhooks and by tools of the team. A notification that fails changes nothing.
//!
//! What is to be told follows from the journal alone (`notices`), each notification is a row before it is sent and another when that has
//! ended (`courier`), and how long a failure is tried again is bounded (`patience`).

mod carrier;
mod courier;
mod notices;
mod patience;

pub(crate) use courier::{Courier, deliver, has_open};

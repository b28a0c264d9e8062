//! Judging: what the policies of a run make of its evidence, tick by tick.
//!
//! The journal is read in its order. At a tick every policy that has not judged it yet is evaluated over what stands before the tick, with the
//! state that its evaluation before returned. So it makes no difference whether a tick has just been taken, or was taken before a crash, or
//! in a run of last month.

mod bench;
mod live;
mod policy;
#[cfg(test)]
mod tests;

pub(crate) use bench::{Bench, Judged, ticks};
pub(crate) use live::Judges;
pub(crate) use policy::{Failed, Judge, Seat, engine, seats};

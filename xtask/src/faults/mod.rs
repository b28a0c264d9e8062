//! `cargo xtask faults`: every fault of the catalogue, each beside a clean run of the phases that find it. A check that has never failed proves nothing.
//! Scopes are shared out between lanes, which look side by side.

mod clean;
mod command;
mod compare;
mod found;
mod lanes;
mod look;
mod runs;
mod scan;
mod share;
mod whole;

pub(crate) use clean::{Tally, alarms, clean};
pub(crate) use command::{Arguments, quick, run};
pub(crate) use lanes::{Stop, side_by_side};
pub(crate) use runs::performed;

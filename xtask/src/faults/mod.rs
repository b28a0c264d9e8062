//! `cargo xtask faults`: every fault of the catalogue, each beside a clean run of the phases that find it. A check that has never failed proves nothing.

mod command;
mod compare;
mod found;
mod runs;
mod scan;

pub(crate) use command::{Arguments, quick, run};
pub(crate) use runs::clean;

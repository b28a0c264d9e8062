//! `cargo xtask bench`: figures, beside a peer where there is one, in lines that a machine can compare over time.

mod back_test;
mod clean;
mod cold_start;
mod command;
mod day;
mod figure;
mod folder;
mod inner;
mod load;
mod policy;
mod round;
mod usage;

pub(crate) use clean::clean;
pub(crate) use command::{Arguments, run};

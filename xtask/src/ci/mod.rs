//! `cargo xtask ci`: all that has to hold before a change goes in, part by part, with the time of each.

mod command;
mod deny;
mod parts;

pub(crate) use command::{Arguments, run};

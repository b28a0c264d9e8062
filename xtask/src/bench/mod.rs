//! `cargo xtask bench`: figures, beside a peer where there is one, in lines that a machine can compare over time.

mod cold_start;
mod command;
mod figure;
mod inner;
mod load;
mod policy;

pub(crate) use command::{Arguments, run};

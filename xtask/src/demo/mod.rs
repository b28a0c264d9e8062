//! The demonstration: the unmodified shipped bundle, run by the built command line against a double of the staging system on
//! loopback, with or without a fault.
//!
//! A fault changes servers, the files under judgement or the environment of the command line, never the bundle, the modules or the
//! operator's file; their digests are printed so that anybody can see it.

mod child;
mod command;
mod ports;
mod run;
mod seed;

pub(crate) use command::{Arguments, run};
pub(crate) use ports::PORTS;
pub(crate) use run::{Demo, Outcome, Stdout, build};

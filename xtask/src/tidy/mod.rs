//! `cargo xtask tidy`: the rules of the source tree that no compiler checks. Each rule is a function over data in a file of its own.

mod command;
mod edges;
mod features;
mod guests;
mod heavy;
mod lengths;
mod links;
mod manifests;
mod sources;
mod text;

pub(crate) use command::run;

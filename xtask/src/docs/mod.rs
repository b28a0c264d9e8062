//! `cargo xtask docs`: the reference in docs/reference, made from what the program prints of itself, from the schemas and from the
//! contract. Nothing in it is written by hand, and `cargo xtask ci` refuses one that is not what would be made now.

mod cli;
mod command;
mod exit_codes;
mod markdown;
mod schema;
mod tables;
mod wit;

pub(crate) use command::{check, run};

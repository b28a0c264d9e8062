//! Fuzzing: builds the targets of `fuzz/` with cargo-fuzz and runs them for a while (docs/fuzzing.md).

mod command;
mod figures;
mod targets;
mod toolchain;

pub(crate) use command::{Arguments, run};

//! Trying the fixtures of a module: the real engine and the real gate, and answers from a script or from a recorded run. No network.

mod case;
mod command;
mod find;
mod policy;
mod recorded;
mod write;

pub use command::{Came, Case, TestChoices, Tested, test, test_text};
pub use write::fixture_of;

//! Why tools can't be served.

use std::io;

/// A backend that can't be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("tool `{name}`: {what}: {why}")]
    Tool { name: String, what: &'static str, why: String },
    #[error("no folder for what tools write can be made: {0}")]
    Scratch(io::Error),
}

//! Virtual users beside other load generators, towards the same nginx: processor time of a request and memory of a user, of whole
//! processes, as the operating system counts them, and the time until all had begun, as the server saw it.

mod begun;
mod compare;
mod ours;
mod peers;
mod target;
mod wire;

use std::time::Duration;

use super::usage::{self, Usage};

pub(super) use compare::{Work, figures};
pub(super) use wire::Wire;

/// What one program has done and used.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Ran {
    requests: u64,
    usage: Usage,
    /// From the first user's first answer to the last one's; none if not all came that far.
    begun: Option<Duration>,
}

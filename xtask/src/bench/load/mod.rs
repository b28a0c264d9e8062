//! Virtual users beside other load generators, towards the same nginx: processor time of a request and memory of a user, of whole
//! processes, as the operating system counts them, and the time until all had begun, as the server saw it. Times that are told
//! beside those of others, and users beside those who mean harm, at a pace that the server keeps.

mod begun;
mod compare;
mod hostile;
mod ours;
mod paced;
mod peers;
mod percentiles;
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

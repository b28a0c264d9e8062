//! Acts on what the host keeps for a guest: handles that are never given back, and buffers that the host would have to make.

use crate::{
    Came,
    wasi::wasi::{cli::stdout, clocks::monotonic_clock, random::random},
};

/// More than any host should keep.
const MANY: usize = 1_000_000;

/// Opens standard output again and again.
pub(crate) fn output_streams() -> Came {
    let streams: Vec<_> = (0..MANY).map(|_| stdout::get_stdout()).collect();
    Came::Through(format!("{} output streams", streams.len()))
}

/// Sets timers and never lets them go.
pub(crate) fn pollables() -> Came {
    let timers: Vec<_> = (0..MANY).map(|_| monotonic_clock::subscribe_duration(u64::MAX)).collect();
    Came::Through(format!("{} timers", timers.len()))
}

/// Asks for many random bytes at once.
pub(crate) fn random(bytes: u64) -> Came {
    Came::Through(format!("{} random bytes", random::get_random_bytes(bytes).len()))
}

//! Clocks: both tell the guest's own time, and a timer is only a moment until it is waited for.

use holdpoint_model::Timestamp;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{
    DynPollable, Pollable,
    bindings::clocks::{monotonic_clock, wall_clock},
    subscribe,
};

use crate::state::PhaseState;

impl wall_clock::Host for PhaseState {
    fn now(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        let now = self.guest.now().0;
        let nanoseconds = (now.rem_euclid(1_000.0) * 1e6) as u32;
        Ok(wall_clock::Datetime { seconds: (now / 1_000.0) as u64, nanoseconds: nanoseconds.min(999_999_999) })
    }

    fn resolution(&mut self) -> wasmtime::Result<wall_clock::Datetime> {
        Ok(wall_clock::Datetime { seconds: 0, nanoseconds: 1_000 })
    }
}

impl monotonic_clock::Host for PhaseState {
    fn now(&mut self) -> wasmtime::Result<monotonic_clock::Instant> {
        Ok(nanos(self.guest.now()))
    }

    fn resolution(&mut self) -> wasmtime::Result<monotonic_clock::Duration> {
        Ok(1_000)
    }

    fn subscribe_instant(&mut self, when: monotonic_clock::Instant) -> wasmtime::Result<Resource<DynPollable>> {
        self.timer(Timestamp(when as f64 / 1e6))
    }

    fn subscribe_duration(&mut self, duration: monotonic_clock::Duration) -> wasmtime::Result<Resource<DynPollable>> {
        let now = self.guest.now().0;
        self.timer(Timestamp(now + duration as f64 / 1e6))
    }
}

/// Nanoseconds since 1970. A millisecond number has room for them until the year 2262.
fn nanos(time: Timestamp) -> u64 {
    (time.0 * 1e6) as u64
}

impl PhaseState {
    /// Makes a pollable and remembers when it is due. `wasi:io/poll` looks here, and never at the pollable itself.
    fn timer(&mut self, due: Timestamp) -> wasmtime::Result<Resource<DynPollable>> {
        let timer = self.table.push(Timer)?;
        let pollable = subscribe(&mut self.table, timer)?;
        self.timers.insert(pollable.rep(), due);
        Ok(pollable)
    }
}

/// What a timer's pollable stands for. It is never asked.
struct Timer;

#[wasmtime_wasi::async_trait]
impl Pollable for Timer {
    async fn ready(&mut self) {}
}

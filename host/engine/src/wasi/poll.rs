//! Polling. Everything but a timer is ready at once, for a guest's streams never wait; when only timers are left, the wait for the
//! first of them is one call through the gate, durable like any sleep.

use std::collections::HashMap;

use holdpoint_model::Timestamp;
use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi_io::bindings::wasi::io::poll;

use crate::state::PhaseState;

pub(crate) fn add_to_linker(linker: &mut Linker<PhaseState>) -> wasmtime::Result<()> {
    poll::add_to_linker::<_, HasSelf<PhaseState>>(linker, |state| state)
}

/// Which of some pollables are ready, given the timers; or how long to wait for the first.
fn look(pollables: &[u32], timers: &HashMap<u32, Timestamp>, now: Timestamp) -> Result<Vec<u32>, Timestamp> {
    let due = |pollable: &u32| timers.get(pollable).copied().filter(|due| due.0 > now.0);
    let ready: Vec<u32> = (0..).zip(pollables).filter(|(_, p)| due(p).is_none()).map(|(index, _)| index).collect();
    if !ready.is_empty() {
        return Ok(ready);
    }
    let first = pollables.iter().filter_map(due).min_by(|a, b| a.0.total_cmp(&b.0));
    Err(first.unwrap_or(now))
}

impl poll::Host for PhaseState {
    async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> wasmtime::Result<Vec<u32>> {
        if pollables.is_empty() {
            wasmtime::bail!("an empty list of pollables would never be ready");
        }
        let pollables: Vec<u32> = pollables.iter().map(Resource::rep).collect();
        loop {
            let now = self.guest.now();
            match look(&pollables, &self.timers, now) {
                Ok(ready) => return Ok(ready),
                // WASI's poll has no way to refuse. The refusal is recorded, and the guest can't go on as if it had waited.
                Err(until) => self.sleep(now.0, until.0).await?.map_err(|e| wasmtime::format_err!("waiting: {e}"))?,
            }
        }
    }
}

impl poll::HostPollable for PhaseState {
    async fn ready(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<bool> {
        let now = self.guest.now();
        Ok(look(&[pollable.rep()], &self.timers, now).is_ok())
    }

    async fn block(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        self.poll(vec![pollable]).await.map(drop)
    }

    fn drop(&mut self, pollable: Resource<DynPollable>) -> wasmtime::Result<()> {
        self.timers.remove(&pollable.rep());
        poll::HostPollable::drop(&mut self.table, pollable)
    }
}

use poll::Host as _;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_ready_and_timers_when_due() {
        let timers = HashMap::from([(1, Timestamp(100.0)), (2, Timestamp(50.0))]);
        assert_eq!(look(&[7], &timers, Timestamp(0.0)), Ok(vec![0]));
        assert_eq!(look(&[1, 7], &timers, Timestamp(0.0)), Ok(vec![1]));
        assert_eq!(look(&[1, 2], &timers, Timestamp(60.0)), Ok(vec![1]));
        assert_eq!(look(&[1, 2], &timers, Timestamp(0.0)), Err(Timestamp(50.0)));
    }
}

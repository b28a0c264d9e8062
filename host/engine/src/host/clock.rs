//! `holdpoint:clock`.

use holdpoint_cap_clock::{Clock, Sleep};

use crate::{
    bindings::holdpoint::{clock::clock, types::types::CallError},
    state::{PhaseState, halted},
};

impl PhaseState {
    /// Waits as the guest's own clock counts. The same for `holdpoint:clock` and `wasi:io/poll`.
    pub(crate) async fn sleep(&mut self, from: f64, until: f64) -> wasmtime::Result<Result<(), CallError>> {
        self.flush(false).await?;
        let clock = self.backends.clock.clone();
        let slept = self.guest.call::<Clock, _>(&clock, &self.setup.grants, Sleep { from, until }).await;
        Ok(slept.map_err(halted)?.map_err(CallError::from))
    }
}

impl clock::Host for PhaseState {
    async fn now(&mut self) -> wasmtime::Result<f64> {
        Ok(self.guest.now().0)
    }

    async fn sleep(&mut self, milliseconds: u32) -> wasmtime::Result<Result<(), CallError>> {
        let from = self.guest.now().0;
        Self::sleep(self, from, from + f64::from(milliseconds)).await
    }

    async fn sleep_until(&mut self, time: f64) -> wasmtime::Result<Result<(), CallError>> {
        let from = self.guest.now().0;
        Self::sleep(self, from, time).await
    }
}

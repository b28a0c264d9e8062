//! Waits by the gate's clock. It keeps nothing: a wait that was interrupted is asked again and waits for the rest.

use std::{sync::Arc, time::Duration};

use holdpoint_gate::{Backend, BackendError, Permit};
use holdpoint_model::Timestamp;

use crate::Clock;

/// The longest stretch without a look at the clock: the time of day may be set while a guest waits.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Waits for guests.
pub struct SleepBackend {
    clock: Arc<dyn holdpoint_gate::Clock>,
}

impl SleepBackend {
    /// Waits by this clock.
    pub fn new(clock: Arc<dyn holdpoint_gate::Clock>) -> Self {
        Self { clock }
    }
}

impl Backend<Clock> for SleepBackend {
    async fn act(&self, permit: Permit<Clock>) -> Result<(), BackendError> {
        let until = Timestamp(permit.request().until);
        loop {
            let rest = until.since(self.clock.now());
            if rest.is_nan() || rest <= 0.0 {
                return Ok(());
            }
            let rest = Duration::try_from_secs_f64(rest / 1_000.0).unwrap_or(LOOK_AGAIN);
            tokio::time::sleep(rest.min(LOOK_AGAIN)).await;
        }
    }
}

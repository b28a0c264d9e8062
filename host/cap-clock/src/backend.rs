//! Waits by the clock of the run. It keeps nothing: a wait that was interrupted is asked again and waits for the rest.

use std::sync::Arc;

use holdpoint_gate::{Backend, BackendError, Clock as _, Permit};
use holdpoint_model::Timestamp;

use crate::{Clock, RunClock};

/// After how many milliseconds it is looked again whether something still goes on.
const LOOK_AGAIN: f64 = 1_000.0;

/// Whether something of a guest goes on while it sleeps.
type Busy = Box<dyn Fn() -> bool + Send + Sync>;

/// Waits for guests.
pub struct SleepBackend {
    clock: Arc<RunClock>,
    busy: Busy,
}

impl SleepBackend {
    /// Waits by this clock.
    pub fn new(clock: Arc<RunClock>) -> Self {
        Self { clock, busy: Box::new(|| false) }
    }

    /// A guest that sleeps while this is so is not idle: a rehearsal stays real.
    pub fn busy_while(self, busy: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self { busy: Box::new(busy), ..self }
    }
}

impl Backend<Clock> for SleepBackend {
    async fn act(&self, permit: Permit<Clock>) -> Result<(), BackendError> {
        let until = Timestamp(permit.request().until);
        while (self.busy)() {
            let look = Timestamp(until.0.min(self.clock.now().0 + LOOK_AGAIN));
            self.clock.until(look).await;
            if until.since(look) <= 0.0 {
                return Ok(());
            }
        }
        self.clock.asleep_until(until).await;
        Ok(())
    }
}

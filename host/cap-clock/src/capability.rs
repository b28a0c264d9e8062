//! What a guest may ask of the clock: to be woken at a moment. Judged from the request alone.

use std::time::Duration;

use holdpoint_gate::{Capability, Message};
use holdpoint_model::{
    Class, Denial,
    grant::{Grants, Limits},
};
use serde::{Deserialize, Serialize};

/// The capability `clock`.
pub enum Clock {}

/// A wait, version 1 of the record. Times are milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sleep {
    /// The guest's time when it asked. With it the length of the wait follows from the record.
    pub from: f64,
    /// When the wait ends. A moment that has passed ends it at once.
    pub until: f64,
}

impl Message for Sleep {}

impl Sleep {
    /// How long the guest wants to wait, or that this is no length of time.
    fn wait(&self) -> Option<Duration> {
        let millis = self.until - self.from;
        if !self.from.is_finite() || !self.until.is_finite() {
            return None;
        }
        Duration::try_from_secs_f64(millis.max(0.0) / 1_000.0).ok()
    }
}

impl Capability for Clock {
    const NAME: &'static str = "clock";
    const VERSION: u32 = 1;
    type Request = Sleep;
    type Response = ();
    type Grants = Grants;

    fn authorize(grants: &Grants, request: &Sleep) -> Result<Class, Denial> {
        let Some(wait) = request.wait() else {
            return Err(Denial {
                wanted: "clock sleep".into(),
                reason: format!("{} is not a moment that will come", request.until),
                remedy: "sleep until a time in milliseconds since 1970".into(),
            });
        };
        // Denials show whole milliseconds.
        grants.sleep(Duration::from_millis(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)))?;
        Ok(Class::Read)
    }

    fn summary(request: &Sleep) -> String {
        match request.wait() {
            Some(wait) => format!("sleep {} ms", wait.as_millis()),
            None => "sleep".into(),
        }
    }

    /// The phase's deadline ends a wait, not the gate: only what no phase can reach is cut here.
    fn limit(_request: &Sleep) -> Duration {
        Limits::ABSOLUTE.deadline + Duration::from_secs(60)
    }
}

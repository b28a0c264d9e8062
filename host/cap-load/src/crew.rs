//! Users of the bundle as the work of a load. What they are made of, an instance of a module, is not known here.

use std::{future::Future, pin::Pin};

use holdpoint_gate::BackendError;

use crate::{
    PlannedDisturbance, Users,
    ledger::{Kept, Ledger},
    plan::Checked,
    room::Room,
    running::{Bounds, Running},
};

/// A load that was started, or why it was not.
pub type Starting<'a> = Pin<Box<dyn Future<Output = Result<Started, BackendError>> + Send + 'a>>;

/// Makes users of the bundle.
pub trait Crews: Send + Sync + 'static {
    /// Makes the users that are wanted, and starts the load with them.
    fn start<'a>(&'a self, wanted: Wanted<'a>, load: Ready) -> Starting<'a>;
}

/// The users that a load wants.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The id of a `[[user]]`.
    pub id: &'a str,
    /// A JSON object whose fields take the place of those of their configuration; empty if these stay as they are.
    pub config: &'a str,
    /// What this load is called, as no other of the run is, e.g. `request-isolation-3`.
    pub load: &'a str,
    /// How many there are side by side at most.
    pub users: u32,
    /// What is to go wrong on purpose.
    pub disturbance: Option<&'a PlannedDisturbance>,
    /// Which host this is that goes on with the load, counted from 1.
    pub incarnation: u32,
}

/// A load that lacks nothing but its users.
pub struct Ready {
    pub(crate) checked: Checked,
    pub(crate) bounds: Bounds,
    pub(crate) ledger: Option<Ledger>,
    pub(crate) kept: Option<Kept>,
}

/// A load that goes on.
pub struct Started(pub(crate) Running);

impl Ready {
    /// Starts it, if this machine has room for so many users. The error is for the phase.
    pub fn start<U: Users>(self, users: U) -> Result<Started, BackendError> {
        let Self { checked, bounds, ledger, kept } = self;
        Room::now().fits(checked.ask.users, users.cost()).map_err(BackendError::Exhausted)?;
        let running = Running::start(users, checked, bounds, ledger, kept);
        running
            .map(Started)
            .map_err(|error| BackendError::NotSent(format!("the counts of a load can't be kept: {error}")))
    }
}

/// How many numbers users of a load may have, who are at most so many side by side: one that ends is followed by another.
pub fn numbers(users: u32) -> u32 {
    users.saturating_mul(2)
}

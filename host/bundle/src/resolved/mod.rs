//! A bundle with its variables filled, its modules pinned by digest, and everything that it asks for stated.

mod bundle;
mod inputs;
mod notify;
mod order;
mod phases;
mod policies;
mod rollback;
mod services;
mod stages;
mod users;

pub(crate) use bundle::Modules;
pub use bundle::{EnvironmentFacts, Resolved, ResolvedPhase, Service};
pub use policies::ResolvedPolicy;
pub use rollback::{Rollback, RollbackMode};
pub use users::{IdentitySource, ResolvedUser};

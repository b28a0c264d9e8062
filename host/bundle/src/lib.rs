//! From the texts of a bundle to something that the engine may run.
//!
//! Three stages, each a type, and a later function takes only the later type:
//! - *authored*: `bundle.toml` as it is written, every mistake found with its line and column;
//! - [`Resolved`]: variables filled, modules pinned by digest and looked into, phases ordered, asks stated;
//! - [`Verified`]: every ask contained in what the operator's file allows, every service with a place. Only this is run.
//!   [`Allowed`] is the same while Cloud Run has not been asked yet where its services are.
//!
//! Everything follows from [`Sources`], so that a run stores exactly those and is resolved again on resume and replay. Only
//! [`BundleFolder`] reads files. Nothing here runs a module, reaches the network, or narrows an ask silently: what is not allowed is
//! refused with the line that would allow it.

mod authored;
mod built;
mod builtin;
mod checklist;
mod diagnostic;
mod folder;
mod inspection;
mod interpolate;
mod late;
mod module;
mod operator;
mod plan;
mod reading;
mod refused;
mod resolved;
pub mod schema;
mod sources;
mod stores;
mod verified;
mod words;

pub use authored::phase::config_text;
pub use built::{BuiltError, BuiltModule};
pub use builtin::Builtin;
pub use checklist::parse_checklist;
pub use diagnostic::{Diagnostic, Diagnostics};
pub use folder::{BundleFolder, FolderError, bounded};
pub use inspection::{ImportKind, Inspection, ModuleChange, Producer};
pub use late::{Allowed, Late, LateService};
pub use module::{ModuleError, ModuleFacts};
pub use operator::{
    Entry, GcloudBinding, Operator, SecretBinding, SecretSource, StoreBinding, StoreKey, ToolBinding, ToolLayer,
    ToolNetwork, allow,
};
pub use plan::{
    Plan, PlannedGrant, PlannedPhase, PlannedPolicy, PlannedRow, PlannedSecret, PlannedService, PlannedUsers,
};
pub use refused::Refused;
pub use resolved::{
    EnvironmentFacts, IdentitySource, Resolved, ResolvedPhase, ResolvedPolicy, ResolvedUser, Rollback, RollbackMode,
    Service,
};
pub use sources::{OperatorSource, Sources, Text};
pub use stores::PlacedStore;
pub use verified::{PlacedService, Verified, VerifiedPhase, VerifiedUser, is_disruptive};
pub use words::{Ask, asks, asks_in_words};

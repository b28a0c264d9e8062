//! Commands of gcloud, given by the host for a phase.
//!
//! A guest names the words of a command, its arguments and its flags; the host makes the argument list:
//!
//! ```
//! use holdpoint_cap_gcloud::{Gcloud, Invocation};
//! use holdpoint_gate::Capability as _;
//! use holdpoint_model::{PhaseId, grant::Grants};
//!
//! let list = Invocation::new("run services list");
//! let denial = Gcloud::authorize(&Grants::none(PhaseId::parse("deploy")?), &list).unwrap_err();
//! assert!(denial.remedy.contains("gcloud = [{ command = \"run services list\" }]"));
//! let smuggled = Invocation::new("run services describe").argument("--account=other@example.com");
//! assert!(Gcloud::authorize(&Grants::none(PhaseId::parse("deploy")?), &smuggled).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Project, region, account, output format and revision names are the host's. A command runs in an environment that is made from
//! nothing, with a short-lived token in a file. It ends with all that it has started when its time is over, and when its host is gone. An effect that was
//! interrupted is settled by reading back where the platform can tell: the name of a new revision follows from the idempotency key, traffic is
//! compared with what was wanted, and dashboards, alert policies and builds carry a mark of the effect that made them.
//!
//! One word is no command of gcloud's: to `identity` the host says whom commands act as. It never says the token.
//!
//! It refuses to name a file of this machine: the only file is standard input.

mod argv;
mod backend;
mod build;
mod capability;
mod config;
mod failure;
mod folder;
mod identity;
mod list;
mod mark;
mod process;
mod record;
mod settle;
mod who;

pub use backend::GcloudBackend;
pub use capability::Gcloud;
pub use config::GcloudConfig;
pub use failure::Failure;
pub use list::{Deployed, DeployedService, Unlisted, services};
pub use record::{Completed, Flag, Invocation};
pub use who::{Identity, IdentityKind};

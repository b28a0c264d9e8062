//! Starting the team's own tools, each pinned by the operator under a name.
//!
//! A phase names a tool and adds arguments; what the name stands for is not its business:
//!
//! ```
//! use holdpoint_cap_exec::{Exec, Request};
//! use holdpoint_gate::Capability as _;
//! use holdpoint_model::{PhaseId, grant::Grants};
//!
//! let grants = Grants::none(PhaseId::parse("unit-tests")?);
//! let request = Request::Start { tool: "pytest".into(), args: vec!["-q".into()], stdin: b"".as_slice().into() };
//! let denial = Exec::authorize(&grants, &request).unwrap_err();
//! assert!(denial.remedy.contains("exec = [{ tools = [\"pytest\"] }]"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! There is no shell: arguments reach the program one by one. A tool gets no environment, no network and no file but what its pin
//! gives it and what every program of the system needs. It is bounded in time, output, memory and processes, and it ends with the
//! host, whatever ends that ([`holdpoint_supervise`]). What the kernel could not do of this stands in the answer to the start
//! ([`Confinement`]).
//!
//! It refuses to start what is not pinned, what is not the pinned program any more, and what the kernel can't confine as far as the
//! pin requires. Placeholders of secrets are not filled in; the operator gives a tool its environment.

mod backend;
mod capability;
mod error;
mod job;
mod output;
pub mod parse;
mod plan;
mod record;
mod tool;

pub use backend::{ExecBackend, Machine};
pub use capability::Exec;
pub use error::Error;
pub use holdpoint_supervise::{Confinement, Layer, Network};
pub use record::{Exit, Request, Response};
pub use tool::Tool;

//! Reading files below granted directories.
//!
//! A path begins with the name of a granted directory, which says nothing about where that lies on this machine:
//!
//! ```
//! use holdpoint_cap_files::{Files, Request};
//! use holdpoint_gate::Capability as _;
//! use holdpoint_model::{PhaseId, grant::Grants};
//!
//! let grants = Grants::none(PhaseId::parse("config")?);
//! let denial = Files::authorize(&grants, &Request::Read { path: "config/staging.yaml".into() }).unwrap_err();
//! assert!(denial.remedy.contains("files = [{ directory = \"config\""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It never writes. It refuses paths with two readings before anything is opened, and whatever leaves a granted directory by a
//! symbolic link when it is opened. Devices and pipes are not read.

mod backend;
mod capability;
mod directory;
mod error;
mod path;
mod record;

#[cfg(test)]
mod tests;

pub use backend::FilesBackend;
pub use capability::Files;
pub use error::Error;
pub use record::{Entry, Kind, Request, Response};

//! The vault of a run: secrets by name, and what servers hand out while it runs.
//!
//! A guest holds placeholders. The vault puts a value in when a request leaves for a service that the operator has bound the secret
//! to, and takes every value out of whatever comes back, however it is written there.
//!
//! ```
//! use holdpoint_cap_secret::{RunVault, SecretBinding, SecretValue};
//! use holdpoint_gate::{Destination, Scrubber as _, Vault as _};
//! use holdpoint_model::{PhaseId, RunId, ServiceName, grant::SecretName};
//!
//! let backend = ServiceName::parse("backend")?;
//! let key = SecretBinding {
//!     name: SecretName::parse("API_KEY")?,
//!     value: Some(SecretValue::new("k-5f1c0ffee")),
//!     public: false,
//!     services: vec![backend.clone()],
//!     header: "authorization".into(),
//!     format: Some("Bearer {}".into()),
//! };
//! let vault = RunVault::new(&RunId::parse("01JDC")?, vec![key], None)?;
//! let placeholder = vault.placeholder("API_KEY").expect("it is bound");
//!
//! let guest = PhaseId::parse("health")?;
//! let to = Destination { guest: &guest, service: Some(&backend), host: "b.example", header: Some("authorization") };
//! assert_eq!(vault.reveal(&placeholder, &to)?, "Bearer k-5f1c0ffee");
//! let echoed = vault.scrub(b"you sent k-5f1c0ffee").expect("it is found");
//! assert_eq!(echoed.bytes, format!("you sent {placeholder}").as_bytes());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It refuses secrets of fewer than 8 bytes, which can't be told from other text, and it never writes a named secret anywhere. Session
//! tokens are written to one private file, so that a run goes on after a crash, and the file ends with the run.

mod backend;
mod binding;
mod capability;
mod error;
mod find;
mod needle;
mod placeholder;
mod search;
mod sessions;
mod vault;
mod view;

#[cfg(test)]
mod tests;

pub use binding::{SecretBinding, SecretValue};
pub use capability::{Counterpart, Request, Response, Secrets};
pub use error::Error;
pub use search::{Leak, Search};
pub use vault::RunVault;

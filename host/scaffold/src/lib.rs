//! New phases, policies, users and bundles, from the templates in `guest-sdk/templates`.
//!
//! Everything is worked out first, as a [`Draft`]; then it is written. Nothing that exists is overwritten: where something is added to
//! a workspace, its files are edited, and their comments stay. Templates and SDK are part of the program, so that the program alone
//! is enough to begin. Nothing is built here and no other program is started.

mod bundle;
mod deployed;
mod draft;
mod error;
mod member;
mod name;
mod phase;
mod place;
mod policy;
mod sdk;
mod template;
mod user;
mod workspace;

pub use bundle::bundle;
pub use deployed::{Deployed, deployed};
pub use draft::{Draft, Written};
pub use error::Error;
pub use phase::phase;
pub use policy::policy;
pub use user::user;

use std::path::PathBuf;

/// What somebody wants to begin.
#[derive(Debug, Clone)]
pub struct Choices {
    pub name: String,
    /// The new folder, if it is not named as what it holds.
    pub path: Option<PathBuf>,
    /// Where the SDK is, if the one within the program is not wanted.
    pub sdk: Option<PathBuf>,
}

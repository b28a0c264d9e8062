//! Who calls: tokens, the endpoints that give them, and the metadata server of a machine in the cloud.

mod account;
mod endpoints;
mod metadata;
mod tokens;

pub use account::ServiceAccount;
pub(crate) use endpoints::{answer, impersonate};
pub(crate) use metadata::answer as answer_metadata;
pub(crate) use tokens::Tokens;

//! What end-to-end tests share: the built command line, built guests, bundles made for one test, and how a run came out.
//!
//! Nothing here judges. Tests run `target/debug/holdpoint` as people do; `cargo xtask test` builds it and the guests first.

pub mod acting;
mod binary;
pub mod browser;
pub mod crash;
pub mod gcp;
pub mod hostile;
pub mod logic;
pub mod nginx;
mod outcome;
pub mod process;
pub mod prometheus;
pub mod python;
pub mod registry;
pub mod release;
pub mod rows;
mod scene;
mod search;
pub mod server;
pub mod sockets;
pub mod staging;
mod toml;
pub mod watching;

pub use binary::{Holdpoint, guests, kinto, sabotaged, with_modules};
pub use outcome::Outcome;
pub use scene::{PYTEST, Phase, Scene, checklist, connect_to};
pub use search::holding;
pub use toml::inline;

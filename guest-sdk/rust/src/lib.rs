//! Holdpoint for phases written in Rust: what a phase may ask of the world, and how it says what it found. For virtual users see
//! [`VirtualUser`], for policies the module [`mod@policy`].
//!
//! A phase is a function. It gets a [`Context`], through which everything outside is reached, and its configuration; it makes
//! [checks](Check), and it ends. It holds no sockets, files or clocks of its own: every call is granted and recorded by the host.
//!
//! ```
//! //! Every declared endpoint answers 200, in time.
//! use holdpoint::prelude::*;
//!
//! #[derive(Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Config {
//!     endpoints: Vec<String>,
//!     #[serde(default = "two_seconds")]
//!     within: Millis,
//!     #[serde(default)] retries: u32,
//! }
//!
//! fn two_seconds() -> Millis {
//!     Millis(2_000)
//! }
//!
//! #[holdpoint::phase]
//! fn run(cx: &Context, config: Config) -> Result<()> {
//!     let probes = cx.services().flat_map(|s| config.endpoints.iter().map(move |path| s.get(path).retries(config.retries)));
//!     for (probe, answer) in cx.http().send_all(probes) {
//!         let check = cx.check(["P3.1", "CRIT-2"], format!("{probe} is healthy"));
//!         match answer {
//!             Ok(r) if r.status() != 200 => check.fail(expected("200"), observed(r.status()), &r),
//!             Ok(r) if r.total() > config.within => check.fail(expected(config.within), observed(r.total()), &r),
//!             Ok(r) => check.pass(observed(r.total()), &r),
//!             Err(e) => check.from_error(e), // a time-out fails, a denial is a mistake in the bundle
//!         }
//!     }
//!     Ok(())
//! }
//!
//! # fn main() {
//! // As a unit test, without a host: the answers are a script.
//! let t = holdpoint::test(run)
//!     .service("backend")
//!     .config(json!({ "endpoints": ["/health"] }))
//!     .answer(get("/health"), ok(json!({ "status": "healthy" })).after(Millis(2_500)));
//! t.expect("P3.1", Fail, "2500 ms");
//! # }
//! ```
//!
//! A component imports only the interfaces that its phase really uses, so its grants stay as small as its work.

mod call;
mod check;
mod context;
mod cookies;
mod error;
mod exec;
mod files;
mod gcloud;
mod host;
mod http;
mod identity;
mod login;
mod request;
mod response;
mod secrets;
mod time;
mod websocket;

pub mod cloud_run;
pub mod data;
#[doc(hidden)]
pub mod entry;
pub mod load;
pub mod metrics;
pub mod policy;
pub mod prelude;
pub mod scrape;
pub mod shapes;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
pub mod user;
pub mod words;

#[cfg(target_family = "wasm")]
#[doc(hidden)]
#[allow(
    unsafe_code,
    unreachable_pub,
    clippy::all,
    clippy::unwrap_used,
    clippy::allow_attributes_without_reason,
    reason = "generated from wit/, which is the source to judge"
)]
pub mod bindings;

pub use call::{CallError, Cause, Denial, Evidence};
pub use check::{Check, Expected, Observed, Verdict, expected, observed};
pub use context::{Context, Level};
pub use cookies::CookieJar;
pub use error::{Error, Result};
pub use exec::{Confinement, Exec, Exit, Finished, ReportFormat, TestCase, TestOutcome, Tool};
pub use files::{Content, Entry, Files, Kind, Listing};
pub use gcloud::{Command, Completed, Failure, Gcloud};
pub use holdpoint_macros::{phase, policy, user};
pub use holdpoint_rules::{self as rules, Millis, isolation, upper_limit};
pub use http::{Answer, Http};
pub use identity::{Identity, IdentityKind};
pub use login::{Login, NoLogin};
pub use request::{Request, Service, Target};
pub use response::{Hop, Replacement, Response, Timings, Tls};
pub use secrets::{Counterpart, Placeholder, SecretFacts, Secrets};
#[cfg(not(target_family = "wasm"))]
pub use testing::{fixtures, test};
pub use time::Time;
pub use user::{Me, UserSocket, VirtualUser, granted};
pub use websocket::{Counters, Ending, Event, Frame, Handshake, Opening, Socket, Told, Websocket};

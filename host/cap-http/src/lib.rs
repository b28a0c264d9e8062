//! HTTP requests of phases, with what a validation wants to know about each: timings, TLS, what was replaced.
//!
//! A guest names a service of the bundle or a URL whose host a grant names. Whether it may is judged from the request alone:
//!
//! ```
//! use holdpoint_cap_http::{Http, Request, Target};
//! use holdpoint_gate::Capability as _;
//! use holdpoint_model::{Class, PhaseId, ServiceName, grant::{Grants, HttpGrant, Method}};
//!
//! let grants = Grants {
//!     http: vec![HttpGrant {
//!         services: vec![ServiceName::parse("backend")?],
//!         hosts: vec![],
//!         methods: vec![Method::parse("GET")?],
//!         paths: None,
//!         class: None,
//!         auth: None,
//!         secret: vec![],
//!         read_back: None,
//!     }],
//!     ..Grants::none(PhaseId::parse("health")?)
//! };
//! let health = Request::get(Target::Service { service: "backend".into(), path: "/health".into() });
//! assert_eq!(Http::summary(&health), "GET backend /health");
//! assert_eq!(Http::authorize(&grants, &health), Ok(Class::Read));
//! assert!(Http::authorize(&grants, &Request::get(Target::Url("https://example.com/".into()))).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! It resolves a name once, checks the addresses and connects to just those; addresses of this machine, of private networks and of
//! metadata services are refused unless the operator's `connect-to` leads there. It follows no redirects ([`redirect::next`] says where
//! one leads, and that is a request of its own), inherits no proxy settings, and shares no connections between phases. Capabilities that
//! begin with a request ([`Upgrader`]), or speak no HTTP at all ([`Dialer`]), reach the network by the same way.

mod address;
mod ask;
mod backend;
mod capability;
mod config;
mod connection;
mod dial;
mod encoding;
mod exchange;
mod frames;
// Tests compile it as well, so that a change that breaks a fuzz target is seen at once.
#[cfg(any(fuzzing, test))]
pub mod fuzzing;
mod message;
mod meter;
mod network;
mod pool;
mod record;
pub mod redirect;
mod repeated;
mod resolve;
mod route;
mod sender;
mod session;
mod tasks;
mod tls;
mod token;
mod unanswered;
mod upgrade;
pub mod user;

pub use address::guarded;
pub use ask::{Misshapen, check as shape};
pub use backend::HttpBackend;
pub use capability::{Http, shown};
pub use config::{Error, HttpConfig};
pub use dial::{DialConfig, Dialer, Undialed};
pub use network::{Network, SystemNetwork};
pub use record::{DEFAULT_TIMEOUT_MS, Header, Replacement, Request, Response, Target, Timings, TlsFacts};
pub use repeated::{Exchanged, Repeated, RepeatedConnection};
pub use token::{IdToken, IdTokens, NoIdTokens};
pub use unanswered::Unanswered;
pub use upgrade::{Stream, Upgrade, UpgradeConfig, Upgrader};

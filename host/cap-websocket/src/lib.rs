//! WebSockets of phases: opened by a request, then frames one by one.
//!
//! A guest names a service of the bundle or a URL whose host a grant names. Whether it may is judged from the request alone:
//!
//! ```
//! use holdpoint_cap_websocket::{Opening, Request, Target, Websocket};
//! use holdpoint_gate::Capability as _;
//! use holdpoint_model::{Class, PhaseId, ServiceName, grant::{Grants, WebsocketGrant}};
//!
//! let grants = Grants {
//!     websocket: vec![WebsocketGrant {
//!         services: vec![ServiceName::parse("backend")?],
//!         hosts: vec![],
//!         paths: None,
//!         class: None,
//!     }],
//!     ..Grants::none(PhaseId::parse("chat")?)
//! };
//! let open = |target| Request::Open(Opening::of(target));
//! let chat = open(Target::Service { service: "backend".into(), path: "/ws".into() });
//! assert_eq!(Websocket::summary(&chat), "open backend /ws");
//! assert_eq!(Websocket::authorize(&grants, &chat), Ok(Class::Repeatable));
//! assert!(Websocket::authorize(&grants, &open(Target::Url("wss://example.com/ws".into()))).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The handshake goes the way of any request of `cap-http`: its checked addresses, its TLS, its bounds, its vault. A socket belongs to one
//! phase and one host process: it is never opened a second time by itself. Extensions are not offered, fragments are put together, pings
//! are answered, and what comes is kept up to a bound ([`Event::Dropped`] says what was not). Those of virtual users ([`UserSockets`]) are opened
//! by the user's own client, which searches everything that comes.

mod ask;
mod backend;
mod bounds;
mod capability;
mod handshake;
mod inbox;
mod record;
mod socket;
mod sockets;
mod user;

pub use backend::WebsocketBackend;
pub use capability::Websocket;
pub use holdpoint_cap_http::{Header, Target, Timings, TlsFacts};
pub use record::{Counters, DEFAULT_TIMEOUT_MS, Ending, Event, Handshake, Opening, Request, Response};
pub use user::UserSockets;

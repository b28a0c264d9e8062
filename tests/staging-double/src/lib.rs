//! A double of the staging system that the deployment guide puts live: backend, auth and
//! frontend as real HTTP servers on loopback, an issuer for test logins beside them, the
//! configuration files and the environment that go with them, and a catalogue of faults that
//! can be switched on at start and while it runs.
//!
//! It stands where the real system would stand and knows nothing of Holdpoint: no journal,
//! no grants, no verdicts. It never listens on anything but 127.0.0.1, and opens connections only to
//! the stores that it is given ([`Options::stores`]): with them its health answers say how they really are.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use holdpoint_staging_double::{Double, Fault, Options, Service};
//!
//! let double = Double::start(Options::default()).await?;
//! println!("backend at {}", double.url(Service::Backend));
//!
//! let fault = Fault::named("dependency-down").expect("the catalogue has it");
//! let setting = fault.settle(42);
//! println!("{setting}");
//! double.switch(setting).await?;
//! double.clear().await?;
//! double.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! The backend also offers what virtual users exercise: `/api/me`, `/api/agents`, `/api/state`, `/api/counter`,
//! `/api/pots`, `/api/files`, the chat at `/ws/chat`, `/metrics`, and a description of it all at `/openapi.json`. A user is whoever [`minted`] has signed a
//! token for. Faults that only a load meets are in [`Fault::under_load`], those that a day shows in [`Fault::over_a_day`], those that somebody who means
//! harm would find in [`Fault::of_security`], those of its logic in [`Fault::in_logic`], those of the page that people open in [`Fault::in_frontend`], those
//! of what is taken and not given back in [`Fault::of_resources`], and those of what a team writes before production in [`Fault::of_next_steps`]; what was
//! served and what leaked is counted, and listed by
//! [`Double::served`], [`Double::crossings`] and the routes `/__double/served` and `/__double/crossings`.
//!
//! Routes under `/__double/` switch faults from a shell. A phase that calls one is cheating.

mod api;
mod catalogue;
mod change;
mod crowd;
mod day_catalogue;
pub mod documents;
mod double;
mod draw;
mod effects;
mod environment;
mod fault;
pub mod files;
mod frontend_catalogue;
mod health;
mod load;
mod load_catalogue;
mod logic_catalogue;
mod login;
mod next_catalogue;
mod options;
mod pool;
mod pool_catalogue;
mod resources;
mod routes;
mod security_catalogue;
mod seen;
mod server;
mod service;
pub mod source;
mod stores;
mod switchboard;
mod tls;

pub use change::{Breach, Mishandled, Told, Unchecked, WrongCors, WrongLimit};
pub use change::{
    Change, DocsFault, FileFault, HalfDone, Laxness, LogoutLeaves, NoPkce, NoState, OpenRedirect, PoolFault,
    SessionKept, SmallPool, StateAccepted, Unsound, WrongBody,
};
pub use change::{PageFault, PagePart, Thrown};
pub use crowd::Crowd;
pub use documents::Rewrite;
pub use double::Double;
pub use effects::{Effect, Outcome};
pub use environment::{Variable, environment};
pub use fault::{Adjustment, Drawn, Fault, FaultSetting};
pub use files::Alteration;
pub use load::{Ageing, ChatFault, Crossing, Leak, LeakForm, Served, Struck};
pub use login::{GOOGLE_CLIENT as CLIENT_ID, REDIRECT_URI, TEST_SIGNING_KEY, minted};
pub use options::Options;
pub use resources::Resource;
pub use seen::Seen;
pub use service::{PerService, Service};
pub use source::Edit;
pub use stores::{Store, Stores};

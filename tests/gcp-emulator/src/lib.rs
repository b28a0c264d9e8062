//! An emulator of Google Cloud, as far as `gcloud` needs it to work with Cloud Run: services, revisions and traffic,
//! tokens from keys, identity federation and the metadata server, and the small parts of Service Usage, Resource
//! Manager, Monitoring, Logging and Cloud Build that go with them. It keeps state, and a catalogue of faults can be
//! switched on.
//!
//! It stands where Google would stand and knows nothing of Holdpoint. Clients reach it through an HTTP proxy that is
//! itself every host it leads to, with certificates of its own authority; to any other host it leads nowhere. It
//! never listens on anything but 127.0.0.1, and opens connections to the backends of services alone. What it answers
//! is a double's: it shows that a client is driven correctly, not that Google would accept a call.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use holdpoint_gcp_emulator::{Emulator, InitialService, Named, Options};
//!
//! let services = vec![InitialService::new("backend", "us-docker.pkg.dev/netra/app/backend@sha256:0a")];
//! let emulator = Emulator::start(Options { services, ..Options::default() }).await?;
//! let variables = emulator.environment("work".as_ref())?; // with PATH, all that gcloud is to have
//!
//! emulator.set_fault(Named::find("half-applied").expect("the catalogue has it").fault());
//! // … gcloud run services update-traffic backend --to-latest …
//! assert_eq!(emulator.log().iter().filter(|seen| seen.effect.is_some()).count(), 1);
//! # drop(variables);
//! emulator.stop().await;
//! # Ok(())
//! # }
//! ```

mod apis;
mod catalogue;
mod clock;
mod cloud;
mod draw;
mod emulator;
mod environment;
mod exchange;
mod fault;
mod login;
mod options;
mod router;
mod run;
mod seen;
mod server;
mod shared;
mod tls;

pub use catalogue::Named;
pub use emulator::Emulator;
pub use environment::Login;
pub use fault::{Fault, Pattern, What, When};
pub use login::ServiceAccount;
pub use options::{InitialService, Options};
pub use router::Backend;
pub use seen::Seen;

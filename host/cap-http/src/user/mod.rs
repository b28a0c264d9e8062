//! HTTP of virtual users: one client a user, with connections, TLS sessions, cookies and credentials that it shares with nobody.
//!
//! It acts on permits like the client of a phase, by the same grants and towards the same checked addresses. Everything that comes back is
//! searched for the canaries of others while it is read; what each exchange came to is told through [`UserClient::drain`].
//!
//! It looks up a name once for all users, keeps one connection to each place and asks one thing at a time. It records nothing, and it
//! gives its user no credential: the token of an identity and the cookies of a server go from here to the server alone.

mod client;
mod cookies;
mod credentials;
mod crowd;
mod disturb;
mod exchange;
mod routes;
mod talk;
#[cfg(test)]
mod tests;
mod told;
mod upgrade;

pub use client::UserClient;
pub use credentials::IDENTITY;
pub use crowd::{Crowd, CrowdConfig};
pub use disturb::{Disturbance, Harm};
pub(crate) use disturb::{Disturbed, Harming, Resettable, Trigger};
pub use talk::Talk;
pub use told::{Exchanged, Judged, Shown, Told};
pub use upgrade::{Asking, Place};

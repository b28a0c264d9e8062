//! Virtual users: what one user of a load does, again and again, beside thousands of others.
//!
//! ```
//! //! Writes a note of its own and reads it back.
//! use holdpoint::prelude::*;
//! use holdpoint::{Me, VirtualUser};
//!
//! #[derive(Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Config {}
//!
//! struct Writer;
//!
//! #[holdpoint::user]
//! impl VirtualUser for Writer {
//!     type Config = Config;
//!
//!     fn start(_me: &Me, _config: Config) -> Result<Self> {
//!         Ok(Self)
//!     }
//!
//!     fn iterate(&mut self, me: &Me) -> Result<()> {
//!         let backend = me.service("backend");
//!         me.send(backend.request("PUT", "/api/state/note").json(&json!({ "value": me.canary() })))?;
//!         let note = me.send(backend.get("/api/state/note"))?;
//!         me.check("the note is mine", note.text().contains(me.canary()));
//!         Ok(())
//!     }
//! }
//!
//! # fn main() {
//! // As a unit test, without a host: the answers are a script.
//! use holdpoint::testing::{CANARY, request, user};
//! let t = user::<Writer>()
//!     .answer(request("PUT", "/api/state/note"), ok(json!({})))
//!     .answer(get("/api/state/note"), ok(json!({ "value": CANARY })));
//! t.iterate(2).expect_good("the note is mine", 2);
//! # }
//! ```
//!
//! A user is an instance of its own and stays one from its first iteration to its last, so what it keeps is its alone. It writes its
//! [canary](Me::canary) wherever it writes something; the host looks for it in what all others receive.

#[doc(hidden)]
pub mod entry;
mod me;
mod socket;

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

pub use me::Me;
pub use socket::UserSocket;

use serde::de::DeserializeOwned;

use crate::{CallError, Result};

/// An answer, or none where the system gave none, which the host counts. What the bundle does not grant reaches nobody and is counted nowhere, so it
/// is an error: `let Some(profile) = granted(me.send(request))? else { return Ok(()) };`
pub fn granted<T>(answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_denied() => Err(error),
        Err(_) => Ok(None),
    }
}

/// What one user of a load does. Made into a module by `#[holdpoint::user]`.
pub trait VirtualUser: Sized + 'static {
    /// The user's `config` in the bundle.
    type Config: DeserializeOwned;

    /// Begins, once, before the first iteration. An error ends the user.
    fn start(me: &Me, config: Self::Config) -> Result<Self>;

    /// Does what the user does, once. An error ends the user; an answer that was wrong is a [check](Me::check) that was not good.
    fn iterate(&mut self, me: &Me) -> Result<()>;

    /// Says farewell: takes away what it has made.
    fn stop(&mut self, me: &Me) {
        let _ = me;
    }
}

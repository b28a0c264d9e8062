//! A session lives from its login to its logout and no longer: what was renewed or ended is refused (BIZ-3, CRIT-4).
//!
//! ```toml
//! [phase.config]
//! session = "/auth/session"           # says who is logged in, and refuses whoever is not
//! refresh = "/auth/refresh"           # with POST; without it BIZ-3 is inconclusive, whatever a logout shows
//! logout = "/auth/logout"             # with POST
//! session-cookie = "netra_session"
//! refresh-cookie = "netra_refresh"    # what renews a session; the session itself if it is left out
//! [phase.config.login]
//! service = "auth"
//! start = "/auth/test"
//! issuer = "issuer"
//! ```
//! A test account logs in twice: one session is renewed, the other is ended. Each is then asked for with what should be dead, by its own cookie alone, so
//! that nothing renews it on the way. Without a service that vouches for a test account nothing is exercised.

mod config;
mod judge;

use holdpoint::prelude::*;

use config::Config;

const SESSIONS: &str = "BIZ-3";
const LOGIN: &str = "CRIT-4";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    judge::all(cx, &config);
    Ok(())
}

#[cfg(test)]
mod tests;

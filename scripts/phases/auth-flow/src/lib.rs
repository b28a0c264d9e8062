//! A login starts as OAuth wants it (P3.3), and where a test issuer is there, it is driven to its end (CRIT-4).
//!
//! ```toml
//! [phase.config]
//! service = "auth"
//! [phase.config.start]
//! path = "/auth/google"
//! endpoint = "https://accounts.google.com/o/oauth2/v2/auth"
//! client-id = "…"
//! redirect-uris = ["https://…/auth/callback"]
//! scopes = ["openid", "email"]
//! [phase.config.login]
//! start = "/auth/test"
//! issuer = "issuer"
//! session = "/auth/session"
//! logout = "/auth/logout"
//! ```
//! P3.3: `path` is asked with GET, and nothing is followed. It answers 302 to `endpoint` with the client, an allowed place to come
//! back to, a state and a proof key that are fresh for every login. `parameters` of the start must not decide where people are sent.
//!
//! CRIT-4: Google can't be driven without a browser. `issuer` names a service that vouches for a test account at once. If it is not
//! among those that this run reaches, the row is not exercised. Each hop of the login is a request of its own, to a service: this
//! phase never goes where an answer points without comparing it. A callback and a logout are effects. If the host was interrupted in
//! one, the login is begun anew; it is never sent twice.

mod authorization;
mod config;
mod hostile;
mod login;
mod origins;
mod session;
mod start;

use holdpoint::prelude::*;

use config::Config;

/// The start of a login.
const START: &str = "P3.3";
/// A login from its start to its end.
const LOGIN: &str = "CRIT-4";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    let config = config.validated()?;
    let auth = cx.service(&config.service)?;
    start::judge(cx, &auth, &config);
    hostile::judge_start(cx, &auth, &config);
    session::judge(cx, &auth, &config)
}

#[cfg(test)]
mod tests;

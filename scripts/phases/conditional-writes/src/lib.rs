//! A write that says what it is based on is taken only if that still stands, so nobody overwrites what somebody else has just written (WRITE-1).
//!
//! ```toml
//! [phase.config]
//! service = "backend"
//! path = "/api/documents/holdpoint"      # with PUT and GET; its answers carry an `etag`
//! json = { text = "{marker}" }           # what is written; `{marker}` is another text each time
//! token = "STAGING_USER_TOKEN"           # a secret, bound by the operator to `authorization`
//! writers = 10                           # who write at once, all based on the same version
//! refusals = [412]                       # by one of these
//! [phase.grants]
//! secrets = ["STAGING_USER_TOKEN"]
//! http = [
//!     { services = ["backend"], methods = ["GET"] },
//!     { services = ["backend"], methods = ["PUT"], paths = ["/api/documents/holdpoint"], class = "repeatable" },
//! ]
//! ```
//! Something is written, and so many writers send `if-match` with its `etag` side by side: one of them is taken, all others are refused, and what is read
//! then is the winner's. A write with that `etag` is refused afterwards, and so is one with `if-none-match: *`, which only makes what is not there. What
//! was written last stays.

mod config;
mod race;

use holdpoint::prelude::*;

use config::Config;

const ROW: &str = "WRITE-1";

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let service = cx.service(&config.service)?;
    match cx.secrets().held(&config.token) {
        Ok(token) => race::judge(cx, &config, &service, &token),
        Err(why) => cx.check([ROW], race::NAME).inconclusive(observed(format!("not exercised: {why}")), ()),
    }
    Ok(())
}

#[cfg(test)]
mod tests;

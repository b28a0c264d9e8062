//! A write that says what it is based on is taken only if that still stands, so nobody overwrites what somebody else has just written: not late
//! (WRITE-1), and not at the same time (WRITE-2).
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
//! http = [{ services = ["backend"], methods = ["GET", "PUT"], paths = ["/api/documents/holdpoint"], class = "repeatable" }]
//! ```
//! Late is a write with `if-match` and an `etag` that is gone, and one with `if-none-match: *`, which only makes what is not there. Of the writers who send
//! `if-match` side by side one is taken, all others are refused, and what is read then is the winner's. What was written last stays.

mod config;
mod late;
mod race;
mod writers;

use holdpoint::prelude::*;

use config::Config;
use writers::Writers;

#[holdpoint::phase]
fn run(cx: &Context, config: Config) -> Result<()> {
    config.check()?;
    let service = cx.service(&config.service)?;
    let token = match cx.secrets().held(&config.token) {
        Ok(token) => token,
        Err(why) => {
            cx.check(["WRITE-1", "WRITE-2"], "writes with conditions")
                .inconclusive(observed(format!("not exercised: {why}")), ());
            return Ok(());
        }
    };
    let writers = Writers::new(cx, &config, &service, &token);
    late::judge(&writers);
    race::judge(&writers);
    Ok(())
}

#[cfg(test)]
mod tests;
